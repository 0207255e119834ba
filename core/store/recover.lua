#!lua flags=allow-oom
-- End the leases of a holder that is no more, so that its jobs are claimed at once. Returns how many they were.
-- ARGV: the holder.
local freed = 0
for _, c in ipairs(redis.call('ZRANGE', key('leases'), 0, -1)) do
  if redis.call('HGET', key('job', c), 'holder') == ARGV[1] then
    unlease(c)
    ready(c)
    freed = freed + 1
  end
end
return freed
