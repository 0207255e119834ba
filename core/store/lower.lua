#!lua flags=allow-oom
-- Lower the level of a session to what it is without weak findings (its floor). ARGV: session. Returns the level.
local session = key('session', ARGV[1])
local level = redis.call('HGET', session, 'level') or '0'
local floor = redis.call('HGET', session, 'floor') or level
if redis.call('EXISTS', session) == 1 then redis.call('HSET', session, 'level', floor) end
return floor
