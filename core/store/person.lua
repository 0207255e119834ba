#!lua flags=allow-oom
-- What is kept about a person beside their sessions. ARGV: tag of the person, then one of
-- 'enter', when their question came in (ms), a session, time to live in ms: the index names the session;
-- 'set', when …, time to live in ms, then fields of the profile and their values ('' takes one out);
-- 'greet', when …, time to live in ms, a job: returns the first job that asked;
-- 'why', when …, time to live in ms, why something was refused to them last, sealed;
-- 'speak', when …, time to live in ms, a thread of their chat of two that was spoken in now, sealed;
-- 'code', when …, time to live in ms, the tag of a code that opens a question of theirs;
-- these return 0 when the person was erased since, and keep nothing. And
-- 'erase': forget all this; returns the sessions to erase, and returns them again until
-- 'erased': all of them are.
local who = ARGV[1]
local profile, index, erasing = key('person', who), key('sessions', who), key('erasing', who)
local acts = {}

function acts.enter()
  redis.call('SADD', index, ARGV[4])
  redis.call('PEXPIRE', index, ARGV[5])
end

function acts.set()
  for i = 5, #ARGV, 2 do
    if ARGV[i + 1] == '' then
      redis.call('HDEL', profile, ARGV[i])
    else
      redis.call('HSET', profile, ARGV[i], ARGV[i + 1])
    end
  end
  redis.call('PEXPIRE', profile, ARGV[4])
end

function acts.greet()
  redis.call('HSETNX', profile, 'greeted', ARGV[5])
  redis.call('PEXPIRE', profile, ARGV[4])
  return redis.call('HGET', profile, 'greeted')
end

function acts.why()
  redis.call('SET', key('why', who), ARGV[5], 'PX', ARGV[4])
end

function acts.speak()
  local threads = key('threads', who)
  redis.call('LPUSH', threads, ARGV[5])
  redis.call('LTRIM', threads, 0, 15)
  redis.call('PEXPIRE', threads, ARGV[4])
end

function acts.code()
  redis.call('SADD', key('codes', who), ARGV[5])
  redis.call('PEXPIRE', key('codes', who), ARGV[4])
end

if ARGV[2] == 'erase' then
  redis.call('DEL', profile, key('why', who), key('footprint', who), key('threads', who), key('codes', who))
  redis.call('SUNIONSTORE', erasing, erasing, index)
  redis.call('DEL', index)
  return redis.call('SMEMBERS', erasing)
end
if ARGV[2] == 'erased' then return redis.call('DEL', erasing) end
if erased(who, ARGV[3]) then return 0 end
return acts[ARGV[2]]() or 1
