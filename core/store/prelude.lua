-- Stands in every script after its first line, which says whether it may run when the server's memory is full:
-- what ends work may, what brings work may not. `base` is the key prefix of the partition; `now` the server's time in milliseconds.
local base = KEYS[1]
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)

local function key(...) return base .. ':' .. table.concat({...}, ':') end

-- An entry of a mailbox is packed as a list, in this order:
-- turn key, group, priority, tag of the message, tag of the person, time of arrival, payload, record.
local TURN, GROUP, PRIORITY, TARGET, WHO, SINCE, PAYLOAD, RECORD = 1, 2, 3, 4, 5, 6, 7, 8

local function full(mailbox, who, cap, share)
  local length = redis.call('LLEN', mailbox)
  if length < share then return false end
  local theirs = 0
  for _, packed in ipairs(redis.call('LRANGE', mailbox, 0, -1)) do
    if cmsgpack.unpack(packed)[WHO] == who then theirs = theirs + 1 end
  end
  return length >= cap or theirs >= share
end

-- How long a message's origin is remembered after the last one of its key, in ms: 30 days.
local REMEMBERED = 2592000000

-- Was what this event says said before, under another event's tag? `origin` is the tag of the key that it was
-- encrypted with ('' where there is none), `number` its number under that key. Some 15 bytes are kept of each message.
local function replayed(origin, number, tag)
  if (origin or '') == '' then return false end
  local first = redis.call('HGET', key('origin', origin), number)
  return first and first ~= string.sub(tag, 1, 8)
end

local function remember(origin, number, tag)
  if (origin or '') == '' then return end
  redis.call('HSET', key('origin', origin), number, string.sub(tag, 1, 8))
  redis.call('PEXPIRE', key('origin', origin), REMEMBERED)
end

-- Put an entry at the tail of its conversation's mailbox, once: ARGV-like words from `from` on are its tag, the
-- conversation, turn, group, priority, target, who, payload, record, origin, its number there, and the tag of an
-- order that was seen with it ('' for none). Returns 'stored', 'duplicate', 'replayed' or 'full'.
-- `cap` is the most entries of a mailbox, `share` the most of one person in it.
local function admit(words, from, ttl, cap, share)
  local seen, c = key('seen', words[from]), words[from + 1]
  local mailbox = key('mailbox', c)
  local order = (words[from + 11] or '') ~= '' and key('seen', words[from + 11])
  if redis.call('EXISTS', seen) == 1 or order and redis.call('EXISTS', order) == 1 then return 'duplicate' end
  if redis.call('EXISTS', key('withdrawn', words[from + 5])) == 1 then return 'duplicate' end
  if replayed(words[from + 9], words[from + 10], words[from]) then return 'replayed' end
  if full(mailbox, words[from + 6], tonumber(cap), tonumber(share)) then return 'full' end
  redis.call('SET', seen, '', 'PX', ttl)
  if order then redis.call('SET', order, '', 'PX', ttl) end
  remember(words[from + 9], words[from + 10], words[from])
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

-- Of a person's conversations that were parked, the one that waits longest is ready. Once too often is no harm:
-- `claim` parks it again.
local function unpark(who)
  local c = redis.call('LPOP', key('parked', who))
  return c and ready(c)
end

-- End the lease of a conversation: the person whose job it was may have another one. Is one ready now?
local function unlease(c)
  redis.call('ZREM', key('leases'), c)
  local who = redis.call('HGET', key('job', c), 'who')
  if not who then return nil end
  if redis.call('HINCRBY', key('busy'), who, -1) <= 0 then redis.call('HDEL', key('busy'), who) end
  return unpark(who)
end

-- Was the person erased after what came in at `since` (ms)? It may be answered, and is kept no more.
local function erased(who, since)
  local gone = redis.call('GET', key('gone', who))
  return gone and tonumber(gone) >= tonumber(since)
end

-- Set a level of a session unless it is higher already. What is kept ends with a keyed hash: '2:9f…'.
local function highest(session, field, level)
  local function rank(value) return tonumber(string.match(value or '', '^%d+')) or -1 end
  if rank(level) > rank(redis.call('HGET', session, field) or nil) then redis.call('HSET', session, field, level) end
end

