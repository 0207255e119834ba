#!lua flags=allow-oom
-- The control lane: stop, replace or remove a question that waits or runs.
-- ARGV: conversation, tag of the message ('' = whatever runs), tag of the person ('' = anyone), how, new payload
-- ('' for none), tag of the order's own event ('' for none), dedupe time in ms, origin of the order and its number there.
-- Returns 'duplicate', 'replayed', 'absent', 'queued', or 'running'.
local c, target, who, how, payload = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local job, mailbox = key('job', c), key('mailbox', c)
-- How long a message that was deleted is not taken in, in ms: another replica may still be reading it, or be given it again.
local WITHDRAWN = 3600000
local seen = ARGV[6] ~= '' and key('seen', ARGV[6])
if seen and redis.call('EXISTS', seen) == 1 then return 'duplicate' end
if seen and replayed(ARGV[8], ARGV[9], ARGV[6]) then return 'replayed' end

local frozen = tonumber(redis.call('HGET', job, 'n')) or 0
local at, entry
for i, packed in ipairs(redis.call('LRANGE', mailbox, 0, -1)) do
  local e = cmsgpack.unpack(packed)
  local meant = e[TARGET] == target or (target == '' and i <= frozen)
  if meant and (who == '' or e[WHO] == who) then
    at, entry = i, e
    if target == '' then break end -- of private words of one exchange, those that wait are removed before one that is said
  end
end
if how == 'deleted' then redis.call('SET', key('withdrawn', target), '', 'PX', WITHDRAWN) end
-- What was given up of a message that says something else now, or is gone, is not sent again.
local function forget_letter()
  local id = redis.call('GET', key('letter', target))
  local packed = id and redis.call('HGET', key('dead'), id)
  if not packed then return end
  local letter, left = cmsgpack.unpack(packed), {}
  for _, each in ipairs(letter[5]) do
    if cmsgpack.unpack(each)[TARGET] ~= target then left[#left + 1] = each end
  end
  letter[5] = left
  if #left > 0 then
    redis.call('HSET', key('dead'), id, cmsgpack.pack(letter))
  else
    redis.call('HDEL', key('dead'), id)
  end
end

if not at then
  if target ~= '' and how ~= 'stopped' then forget_letter() end
  return 'absent'
end
if seen then
  redis.call('SET', seen, '', 'PX', ARGV[7])
  remember(ARGV[8], ARGV[9], ARGV[6])
end

local function remove()
  redis.call('LSET', mailbox, at - 1, '')
  redis.call('LREM', mailbox, 1, '')
  -- Parked for the person of the entry that was its first: it is for that of the next now.
  local parked = at == 1 and redis.call('LREM', key('parked', entry[WHO]), 0, c) > 0
  if redis.call('LLEN', mailbox) == 0 then -- nothing waits, and nothing runs: that would wait, too
    redis.call('LREM', key('ready', '0'), 0, c)
    redis.call('LREM', key('ready', '1'), 0, c)
  elseif parked then
    ready(c)
  end
  if at == 1 then unpark(entry[WHO]) end -- it may have been this conversation's turn, for which others are parked
end

if how == 'edited' then
  entry[PAYLOAD] = payload
  redis.call('LSET', mailbox, at - 1, cmsgpack.pack(entry))
end
if at > frozen then
  if how ~= 'edited' then remove() end
  return 'queued'
end
if how == 'deleted' and frozen > 1 then -- the job's other questions are still to be answered
  remove()
  redis.call('HINCRBY', job, 'n', -1)
  how = 'edited'
end
local rank = {edited = 1, stopped = 2, deleted = 3}
if rank[how] >= (rank[redis.call('HGET', job, 'mark')] or 0) then
  redis.call('HSET', job, 'mark', how)
  if how ~= 'stopped' then redis.call('HDEL', job, 'final', 'note:given-up') end
  redis.call('PUBLISH', 'relais:marks', redis.call('HGET', job, 'turn') .. ' ' .. how)
  if redis.call('ZREM', key('delayed'), c) == 1 then -- it waits: whoever claims it now heeds the mark
    ready(c)
    redis.call('PUBLISH', 'relais:wake', '')
  end
end
return 'running'
