#!lua flags=allow-oom
-- Take or keep the name of a replica. Returns '' or who else has it, then the names of all replicas that live.
-- ARGV: name, who wants it, for how long in ms (0: let go of it), id of the master key that it seals with.
local place = key('replica', ARGV[1])
local holder = redis.call('GET', place)
if holder and holder ~= ARGV[2] then return {holder} end
if ARGV[3] == '0' then
  redis.call('DEL', place, key('ring', ARGV[1]))
  redis.call('ZREM', key('replicas'), ARGV[1])
else
  redis.call('SET', place, ARGV[2], 'PX', ARGV[3])
  redis.call('SET', key('ring', ARGV[1]), ARGV[4], 'PX', ARGV[3])
  redis.call('ZADD', key('replicas'), now + tonumber(ARGV[3]), ARGV[1])
end
redis.call('ZREMRANGEBYSCORE', key('replicas'), '-inf', now)
return {'', unpack(redis.call('ZRANGE', key('replicas'), 0, -1))}
