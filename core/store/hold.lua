#!lua
-- Keep a question of a session that waits for a word of its author, unless they were erased meanwhile.
-- ARGV: session, tag of the author, the author's erasure known at load, key of the turn, sealed question,
-- time to live in ms. Returns 'kept' or 'erased'. The value is the tag of the author, the key of the turn, and what is sealed.
if (redis.call('HGET', key('session', ARGV[1]), 'gone:' .. ARGV[2]) or '') ~= ARGV[3] then return 'erased' end
redis.call('SET', key('held', ARGV[1]), ARGV[2] .. ARGV[4] .. ARGV[5], 'PX', ARGV[6])
return 'kept'
