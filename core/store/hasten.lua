#!lua flags=allow-oom
-- A conversation that is delayed becomes ready. ARGV: conversation. Returns whether it was delayed.
local c = ARGV[1]
local delayed = redis.call('ZREM', key('delayed'), c)
if delayed == 1 then ready(c) end
return delayed
