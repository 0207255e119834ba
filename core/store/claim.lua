#!lua flags=allow-oom
-- Lease conversations that are ready, and freeze the list of events of each one's job.
-- ARGV: how many, lease in ms, most events of a job, the holder's name, how many of the low priority, most jobs
-- of one person at a time.
-- Returns the milliseconds until a delay or lease ends (-1: none), then for each claimed conversation
-- {conversation, fence, resumed, fields and values of the job, payloads, priority, when its first entry came, was its
-- person erased since, deaths of holders at a named step of any job of the partition within an hour}.
local limit, lease, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local low, share = tonumber(ARGV[5]), tonumber(ARGV[6])
local HOUR = 3600000

for _, c in ipairs(redis.call('ZRANGEBYSCORE', key('delayed'), '-inf', now, 'LIMIT', 0, 200)) do
  redis.call('ZREM', key('delayed'), c)
  ready(c)
end
for _, c in ipairs(redis.call('ZRANGEBYSCORE', key('leases'), '-inf', now, 'LIMIT', 0, 200)) do
  unlease(c)
  ready(c)
end

-- What was to come now comes; where a mailbox is full, in a minute.
for _, id in ipairs(redis.call('ZRANGEBYSCORE', key('later'), '-inf', now, 'LIMIT', 0, 200)) do
  local words = cmsgpack.unpack(redis.call('HGET', key('later', 'entries'), id))
  if admit(words, 4, words[1], words[2], words[3]) == 'full' then
    redis.call('ZADD', key('later'), now + 60000, id)
  else
    redis.call('ZREM', key('later'), id)
    redis.call('HDEL', key('later', 'entries'), id)
  end
end

-- Every fourth conversation comes from the low priority first: a strict order would starve it.
local function pop(fence)
  local c = (fence % 4 == 0 and low > 0 and redis.call('LPOP', key('ready', '1'))) or redis.call('LPOP', key('ready', '0'))
  return c or (low > 0 and redis.call('LPOP', key('ready', '1')))
end

-- How many entries at the head form one job: those of the first one's group, unless they adopt an answer.
local function together(entries)
  local group = entries[1][GROUP]
  local n = 1
  if group == '' then return n end
  while n < most and entries[n + 1] and entries[n + 1][GROUP] == group and entries[n + 1][RECORD] == '' do n = n + 1 end
  return n
end

local function freeze(job, entries)
  local n = together(entries)
  redis.call('HSET', job, 'n', n, 'turn', entries[1][TURN])
  if entries[1][RECORD] ~= '' then redis.call('HSET', job, 'seed', entries[1][RECORD]) end
  return n
end

local function take(c, fence)
  local job, entries = key('job', c), {}
  for i, packed in ipairs(redis.call('LRANGE', key('mailbox', c), 0, most - 1)) do
    entries[i] = cmsgpack.unpack(packed)
  end
  local who, priority, since = entries[1][WHO], entries[1][PRIORITY], entries[1][SINCE]
  if tonumber(redis.call('HGET', key('busy'), who) or '0') >= share then
    redis.call('RPUSH', key('parked', who), c) -- until a job of this person ends
    return nil
  end
  if priority == '1' then low = low - 1 end
  redis.call('HINCRBY', key('busy'), who, 1)
  local n = tonumber(redis.call('HGET', job, 'n')) or freeze(job, entries)
  local dirty = redis.call('HGET', job, 'dirty') or '0'
  if redis.call('HGET', job, 'mark') == 'edited' then redis.call('HDEL', job, 'mark') end
  if redis.call('HEXISTS', job, 'holder') == 1 then -- it neither ended the job nor gave it back
    local steps = redis.call('HGET', job, 'steps') or ''
    if steps ~= 'queued' then redis.call('HINCRBY', job, 'deaths', 1) end -- else nothing of it was at work
    for step in string.gmatch(steps, '%a+') do redis.call('HINCRBY', job, 'died:' .. step, 1) end
    if steps ~= 'queued' and steps ~= '' then
      redis.call('HINCRBY', job, 'named', 1)
      redis.call('ZREMRANGEBYSCORE', key('died'), '-inf', now - HOUR)
      redis.call('ZADD', key('died'), now, fence)
      redis.call('PEXPIRE', key('died'), HOUR)
    end
  else
    redis.call('HINCRBY', job, 'attempt', 1)
  end
  local steps = redis.call('HEXISTS', job, 'deaths') == 1 and 'queued' or ''
  redis.call('HSET', job, 'fence', fence, 'dirty', 1, 'holder', ARGV[4], 'who', who, 'steps', steps)
  redis.call('HSETNX', job, 'first', fence)
  redis.call('ZADD', key('leases'), now + lease, c)
  local payloads = {}
  for i = 1, n do payloads[i] = entries[i][PAYLOAD] end
  local gone = erased(who, since) and 1 or 0
  return {c, fence, tonumber(dirty), redis.call('HGETALL', job), payloads, tonumber(priority), since, gone}
end

local claimed = {}
while #claimed < limit do
  local fence = redis.call('INCR', key('fence'))
  local c = pop(fence)
  if not c then break end
  claimed[#claimed + 1] = take(c, fence)
end

local died = #claimed > 0 and redis.call('ZCOUNT', key('died'), now - HOUR, '+inf')
for _, each in ipairs(claimed) do each[9] = died end

local due = -1
for _, timers in ipairs({key('delayed'), key('leases'), key('later')}) do
  local first = redis.call('ZRANGE', timers, 0, 0, 'WITHSCORES')[2]
  if first and (due < 0 or tonumber(first) - now < due) then due = math.max(0, tonumber(first) - now) end
end
return {due, claimed}
