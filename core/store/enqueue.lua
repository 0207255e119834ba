#!lua
-- Store events in the mailboxes of their conversations, each once.
-- ARGV: a conversation of the partition, dedupe time in ms, cap of a mailbox, cap of one person's entries in it, then for each event: its tag, the conversation, and the entry's
-- turn, group, priority, target, who, payload, record, origin, number, tag of an order that it answers too. Returns a list of what `admit` returns.
local outcomes = {}
for i = 5, #ARGV, 12 do outcomes[#outcomes + 1] = admit(ARGV, i, ARGV[2], ARGV[3], ARGV[4]) end
return outcomes
