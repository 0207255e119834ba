-- Stands in every script after its first line, which says whether it may run when the server's memory is full:
-- what ends work may, what brings work may not. `base` is the key prefix of the partition; `now` the server's time in milliseconds.
local base = KEYS[1]
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)

local function key(...) return base .. ':' .. table.concat({...}, ':') end

-- An entry of a mailbox is packed as a list, in this order:
-- turn key, group, priority, tag of the message, tag of the person, time of arrival, payload, record.
local TURN, GROUP, PRIORITY, TARGET, WHO, SINCE, PAYLOAD, RECORD = 1, 2, 3, 4, 5, 6, 7, 8

-- Does `fence` still hold the conversation?
local function held(c, fence)
  local until_ = redis.call('ZSCORE', key('leases'), c)
  return until_ and tonumber(until_) > now and redis.call('HGET', key('job', c), 'fence') == fence
end

-- Put a conversation that nobody holds at the tail of the ready list of its first entry's priority.
local function ready(c)
  local head = redis.call('LINDEX', key('mailbox', c), 0)
  if head then redis.call('RPUSH', key('ready', cmsgpack.unpack(head)[PRIORITY]), c) end
  return head
end

