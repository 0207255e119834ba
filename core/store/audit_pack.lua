#!lua flags=allow-oom
-- Put a pack in the place of the records that it holds, unless another replica did. ARGV: the number of its last record,
-- the pack, the ids in the stream of its first and of its last record. Returns 1 when it was put.
local trail = key('audit')
local first = redis.call('XRANGE', trail, '-', '+', 'COUNT', 1)[1]
if not first or first[1] ~= ARGV[3] then return 0 end
local ms, seq = string.match(ARGV[4], '^(%d+)-(%d+)$')
redis.call('SET', key('audit-pack', ARGV[1]), ARGV[2])
redis.call('ZADD', key('audit-packs'), ARGV[1], ARGV[1])
redis.call('XTRIM', trail, 'MINID', ms .. '-' .. string.format('%d', tonumber(seq) + 1))
return 1
