-- Stands in every script after its first line, which says whether it may run when the server's memory is full:
-- what ends work may, what brings work may not. `base` is the key prefix of the partition; `now` the server's time in milliseconds.
local base = KEYS[1]
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)

local function key(...) return base .. ':' .. table.concat({...}, ':') end

-- An entry of a mailbox is packed as a list, in this order:
-- turn key, group, priority, tag of the message, tag of the person, time of arrival, payload, record.
local TURN, GROUP, PRIORITY, TARGET, WHO, SINCE, PAYLOAD, RECORD = 1, 2, 3, 4, 5, 6, 7, 8

-- Put an entry at the tail of its conversation's mailbox, once: ARGV-like words from `from` on are its tag, the
-- conversation, turn, group, priority, target, who, payload, record. Returns 'stored', 'duplicate' or 'full'.
local function admit(words, from, ttl, cap)
  local seen, c = key('seen', words[from]), words[from + 1]
  local mailbox = key('mailbox', c)
  if redis.call('EXISTS', seen) == 1 then return 'duplicate' end
  if redis.call('LLEN', mailbox) >= cap then return 'full' end
  redis.call('SET', seen, '', 'PX', ttl)
  local length = redis.call('RPUSH', mailbox, cmsgpack.pack({
    words[from + 2], words[from + 3], words[from + 4], words[from + 5], words[from + 6], now, words[from + 7],
    words[from + 8]}))
  -- A conversation with entries already is ready, delayed or leased.
  if length == 1 then redis.call('RPUSH', key('ready', words[from + 4]), c) end
  return 'stored'
end

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

