#!lua
-- Keep a question of a session that waits for a word of its author, unless they were erased since.
-- ARGV: session, tag of the author, when their question came in (ms), key of the turn, sealed question,
-- time to live in ms. Returns 'kept' or 'erased'. The value is the tag of the author, the key of the turn, and what is sealed.
if erased(ARGV[2], ARGV[3]) then return 'erased' end
redis.call('SET', key('held', ARGV[1]), ARGV[2] .. ARGV[4] .. ARGV[5], 'PX', ARGV[6])
return 'kept'
