#!lua
-- Store events in the mailboxes of their conversations, each once.
-- ARGV: dedupe time in ms, cap of a mailbox, cap of one person's entries in it, then for each event: its tag, the conversation, and the entry's
-- turn, group, priority, target, who, payload, record, origin, number, tag of an order that it answers too. Returns a list of what `admit` returns.
local outcomes = {}
for i = 4, #ARGV, 12 do outcomes[#outcomes + 1] = admit(ARGV, i, ARGV[1], ARGV[2], ARGV[3]) end
return outcomes
