#!lua flags=allow-oom
-- The index of a person's sessions. ARGV: tag of the person, then one of
-- 'enter', a session, time to live in ms: add the session; returns when the person was last erased ('' never);
-- 'erase', time to live in ms of the tombstone: forget the profile; returns the sessions to erase. A session that
-- is entered from now on is not among them. They are returned again until
-- 'erased': all of them are.
local profile, index, erasing = key('person', ARGV[1]), key('sessions', ARGV[1]), key('erasing', ARGV[1])

local function enter()
  redis.call('SADD', index, ARGV[3])
  redis.call('PEXPIRE', index, ARGV[4])
  return redis.call('HGET', profile, 'gone') or ''
end

local function erase()
  redis.call('DEL', profile, key('why', ARGV[1]))
  redis.call('HSET', profile, 'gone', now)
  redis.call('PEXPIRE', profile, ARGV[3])
  redis.call('SUNIONSTORE', erasing, erasing, index)
  redis.call('DEL', index)
  return redis.call('SMEMBERS', erasing)
end

if ARGV[2] == 'enter' then return enter() end
if ARGV[2] == 'erase' then return erase() end
return redis.call('DEL', erasing)
