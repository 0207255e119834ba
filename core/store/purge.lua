#!lua flags=allow-oom
-- Decide a job whose questions may not be kept: write its final text, and let what they said be forgotten.
-- ARGV: conversation, fence, lease in ms, sealed final text, then for each question the sealed payload that takes its place.
-- Returns the job's mark ('' for none), or -1: lease lost. A question that was edited meanwhile has another text already.
local c = ARGV[1]
local job, mailbox = key('job', c), key('mailbox', c)
if not held(c, ARGV[2]) then return -1 end
redis.call('ZADD', key('leases'), now + tonumber(ARGV[3]), c)
local mark = redis.call('HGET', job, 'mark') or ''
if mark == 'edited' then return mark end
-- Of several questions one may have been deleted meanwhile: what stands behind the job's is not touched.
for i = 5, math.min(#ARGV, 4 + tonumber(redis.call('HGET', job, 'n'))) do
  local packed = redis.call('LINDEX', mailbox, i - 5)
  if packed then
    local entry = cmsgpack.unpack(packed)
    entry[PAYLOAD] = ARGV[i]
    redis.call('LSET', mailbox, i - 5, cmsgpack.pack(entry))
  end
end
if mark == '' or mark == 'stopped' then redis.call('HSET', job, 'final', ARGV[4]) end
return mark
