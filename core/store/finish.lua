#!lua flags=allow-oom
-- End a job for good: done, or dead. Returns -1: lease lost; the mark that the holder must heed first; or how many
-- conversations are ready by it: this one, one that was parked.
-- ARGV: conversation, fence, mark that was heeded ('any' ends the job whatever its mark), sealed reason
-- ('' when done), record that a dead letter adopts when it is sent again, sealed reference, its time to live in ms, the tag that it
-- lies under, tags of the messages that it is found by: under each of them is '>' and that tag.
local c = ARGV[1]
local job, mailbox = key('job', c), key('mailbox', c)
if not held(c, ARGV[2]) then return -1 end
local mark = redis.call('HGET', job, 'mark')
if mark and mark ~= 'stopped' and mark ~= ARGV[3] and ARGV[3] ~= 'any' then return mark end
local n = tonumber(redis.call('HGET', job, 'n'))
if ARGV[4] ~= '' then
  local entries = {}
  for i, packed in ipairs(redis.call('LRANGE', mailbox, 0, n - 1)) do
    local entry = cmsgpack.unpack(packed)
    if i == 1 and ARGV[5] ~= '' then entry[RECORD] = ARGV[5] end
    if not erased(entry[WHO], entry[SINCE]) then
      entries[#entries + 1] = cmsgpack.pack(entry)
      redis.call('SET', key('letter', entry[TARGET]), ARGV[2], 'PX', ARGV[7])
    end
  end
  if #entries > 0 then
    redis.call('HSET', key('dead'), ARGV[2], cmsgpack.pack({
      c, now, redis.call('HGET', job, 'attempt') + (redis.call('HGET', job, 'deaths') or 0), ARGV[4], entries}))
    redis.call('ZADD', key('dead', 'at'), now, ARGV[2])
  end
end
for i = 8, #ARGV do
  redis.call('SET', key('ref', ARGV[i]), i == 8 and ARGV[6] or '>' .. ARGV[8], 'PX', ARGV[7])
end
redis.call('LTRIM', mailbox, n, -1)
local parked = unlease(c)
redis.call('DEL', job)
local more = ready(c)
return (parked and 1 or 0) + (more and 1 or 0)
