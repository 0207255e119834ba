#!lua flags=allow-oom
-- Raise the level of a session; it never falls. ARGV: session, level, level without weak findings, 1 when a person
-- chose it, time to live in ms.
local session = key('session', ARGV[1])
if tonumber(ARGV[2]) > tonumber(redis.call('HGET', session, 'level') or '0') then
  redis.call('HSET', session, 'level', ARGV[2])
end
if tonumber(ARGV[3]) > tonumber(redis.call('HGET', session, 'floor') or '-1') then
  redis.call('HSET', session, 'floor', ARGV[3])
end
if ARGV[4] == '1' then redis.call('HSET', session, 'chosen', '1') end
redis.call('PEXPIRE', session, ARGV[5])
return redis.call('HGET', session, 'level')
