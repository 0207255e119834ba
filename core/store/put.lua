#!lua flags=allow-oom
-- Renew a lease and write fields of the job. Returns the job's mark ('' for none), or -1: lease lost.
-- ARGV: conversation, fence, lease in ms, then fields and values.
local c = ARGV[1]
if not held(c, ARGV[2]) then return -1 end
redis.call('ZADD', key('leases'), now + tonumber(ARGV[3]), c)
local mark = redis.call('HGET', key('job', c), 'mark') or ''
for i = 4, #ARGV, 2 do
  -- The final text of a question that was edited or deleted meanwhile is not one.
  if ARGV[i] ~= 'final' or mark == '' or mark == 'stopped' then
    redis.call('HSET', key('job', c), ARGV[i], ARGV[i + 1])
  end
end
return mark
