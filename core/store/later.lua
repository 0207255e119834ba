#!lua
-- Store an event that is to come at a time: once, and in the mailbox of its conversation when it is due (`claim`).
-- ARGV: the conversation, due in ms since 1970, dedupe time in ms, cap of a mailbox, cap of one person's entries in it, then the entry as for `enqueue`. Returns a list as `enqueue` does.
local id = ARGV[6]
local words = {}
for i = 3, #ARGV do words[i - 2] = ARGV[i] end
if redis.call('HSETNX', key('later', 'entries'), id, cmsgpack.pack(words)) == 0 then return {'duplicate'} end
redis.call('ZADD', key('later'), ARGV[2], id)
return {'stored'}
