#!lua
-- Put sealed values on the shelf of a conversation. ARGV: conversation, time to live in ms, then for each value its name, the
-- variant that it is of what the name stands for, and itself.
local names = key('shelf', ARGV[1])
for i = 3, #ARGV, 3 do
  local place = key('shelved', ARGV[i])
  redis.call('HSET', place, ARGV[i + 1], ARGV[i + 2])
  redis.call('PEXPIRE', place, ARGV[2])
  redis.call('ZADD', names, now + tonumber(ARGV[2]), ARGV[i])
end
redis.call('ZREMRANGEBYSCORE', names, '-inf', now)
redis.call('PEXPIRE', names, ARGV[2])
