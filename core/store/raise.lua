#!lua flags=allow-oom
-- Raise the level of a session, which never falls, and set fields of it. ARGV: session, level, level without weak
-- findings, masking where nobody decided it, time to live in ms, then fields and values. Returns the level.
-- What is kept in clear ends with a keyed hash: '2:9f…'.
local session = key('session', ARGV[1])
highest(session, 'level', ARGV[2])
highest(session, 'floor', ARGV[3])
redis.call('HSETNX', session, 'masking', ARGV[4])
redis.call('HDEL', session, 'before') -- a raise before this one is no longer to be undone
for i = 6, #ARGV, 2 do redis.call('HSET', session, ARGV[i], ARGV[i + 1]) end
redis.call('PEXPIRE', session, ARGV[5])
return redis.call('HGET', session, 'level')
