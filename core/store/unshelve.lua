#!lua flags=allow-oom
-- Clear the shelf of a conversation. ARGV: conversation.
local names = key('shelf', ARGV[1])
for _, name in ipairs(redis.call('ZRANGE', names, 0, -1)) do redis.call('DEL', key('shelved', name)) end
redis.call('DEL', names)
