#!lua flags=allow-oom
-- Append a decision to the audit trail and link it to the one before. ARGV: record, its authentication. Returns its number.
local trail, head = key('audit'), key('audit-head')
local before = redis.call('HGET', head, 'link') or ''
local link = redis.sha1hex(before .. ARGV[1] .. ARGV[2])
local n = redis.call('HINCRBY', head, 'n', 1)
redis.call('HSET', head, 'link', link)
redis.call('XADD', trail, '*', 'n', n, 'record', ARGV[1], 'mac', ARGV[2], 'before', before, 'link', link)
return n
