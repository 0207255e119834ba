#!lua
-- Store events in the mailboxes of their conversations, each once.
-- ARGV: dedupe time in ms, cap of a mailbox, then for each event: its tag, the conversation, and the entry's
-- turn, group, priority, target, who, payload, record. Returns a list of 'stored', 'duplicate', 'full'.
local ttl, cap = ARGV[1], tonumber(ARGV[2])
local outcomes = {}
for i = 3, #ARGV, 9 do
  local seen, c = key('seen', ARGV[i]), ARGV[i + 1]
  local mailbox = key('mailbox', c)
  if redis.call('EXISTS', seen) == 1 then
    outcomes[#outcomes + 1] = 'duplicate'
  elseif redis.call('LLEN', mailbox) >= cap then
    outcomes[#outcomes + 1] = 'full'
  else
    redis.call('SET', seen, '', 'PX', ttl)
    local length = redis.call('RPUSH', mailbox, cmsgpack.pack({
      ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5], ARGV[i + 6], now, ARGV[i + 7], ARGV[i + 8]}))
    -- A conversation with entries already is ready, delayed or leased.
    if length == 1 then redis.call('RPUSH', key('ready', ARGV[i + 4]), c) end
    outcomes[#outcomes + 1] = 'stored'
  end
end
return outcomes
