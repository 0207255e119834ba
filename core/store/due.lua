#!lua flags=allow-oom
-- Note, in a full store too, that the server's log is to be written anew. ARGV: what was noted, once it was
-- written; what was erased meanwhile is still to come.
local due = key('rewrite', 'due')
if not ARGV[1] then
  redis.call('SET', due, clock[1] .. '.' .. clock[2])
elseif redis.call('GET', due) == ARGV[1] then
  redis.call('DEL', due)
end
