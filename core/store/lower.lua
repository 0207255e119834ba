#!lua flags=allow-oom
-- Lower the level of a session to what it is without weak findings (its floor), unless it changed meanwhile.
-- ARGV: session, its level and its floor as they were read, as they are to be, sealed names of the turns that count
-- without weak findings from now on. Returns 1 when it was done.
local session = key('session', ARGV[1])
if redis.call('HGET', session, 'level') ~= ARGV[2] or redis.call('HGET', session, 'floor') ~= ARGV[3] then return 0 end
redis.call('HSET', session, 'level', ARGV[4], 'floor', ARGV[5], 'lowered', ARGV[6])
return 1
