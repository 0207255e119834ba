#!lua flags=allow-oom
-- Lease conversations that are ready, and freeze the list of events of each one's job.
-- ARGV: how many, lease in ms, most events of a job, the holder's name.
-- Returns the milliseconds until a delay or lease ends (-1: none), then for each claimed conversation
-- {conversation, fence, resumed, fields and values of the job, payloads}.
local limit, lease, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

for _, timers in ipairs({key('delayed'), key('leases')}) do
  for _, c in ipairs(redis.call('ZRANGEBYSCORE', timers, '-inf', now, 'LIMIT', 0, 200)) do
    redis.call('ZREM', timers, c)
    ready(c)
  end
end

-- What was to come now comes; where a mailbox is full, in a minute.
for _, id in ipairs(redis.call('ZRANGEBYSCORE', key('later'), '-inf', now, 'LIMIT', 0, 200)) do
  local words = cmsgpack.unpack(redis.call('HGET', key('later', 'entries'), id))
  if admit(words, 3, words[1], tonumber(words[2])) == 'full' then
    redis.call('ZADD', key('later'), now + 60000, id)
  else
    redis.call('ZREM', key('later'), id)
    redis.call('HDEL', key('later', 'entries'), id)
  end
end

-- Every fourth conversation comes from the low priority first: a strict order would starve it.
local function pop(fence)
  local first = fence % 4 == 0 and '1' or '0'
  return redis.call('LPOP', key('ready', first)) or redis.call('LPOP', key('ready', first == '0' and '1' or '0'))
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
  local n = tonumber(redis.call('HGET', job, 'n')) or freeze(job, entries)
  local dirty = redis.call('HGET', job, 'dirty') or '0'
  if redis.call('HGET', job, 'mark') == 'edited' then redis.call('HDEL', job, 'mark') end
  redis.call('HINCRBY', job, 'attempt', 1)
  redis.call('HSET', job, 'fence', fence, 'dirty', 1, 'holder', ARGV[4])
  redis.call('HSETNX', job, 'first', fence)
  redis.call('ZADD', key('leases'), now + lease, c)
  local payloads = {}
  for i = 1, n do payloads[i] = entries[i][PAYLOAD] end
  return {c, fence, tonumber(dirty), redis.call('HGETALL', job), payloads}
end

local claimed = {}
while #claimed < limit do
  local waiting = redis.call('LLEN', key('ready', '0')) + redis.call('LLEN', key('ready', '1'))
  if waiting == 0 then break end
  local fence = redis.call('INCR', key('fence'))
  claimed[#claimed + 1] = take(pop(fence), fence)
end

local due = -1
for _, timers in ipairs({key('delayed'), key('leases'), key('later')}) do
  local first = redis.call('ZRANGE', timers, 0, 0, 'WITHSCORES')[2]
  if first and (due < 0 or tonumber(first) - now < due) then due = math.max(0, tonumber(first) - now) end
end
return {due, claimed}
