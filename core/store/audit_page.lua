#!lua flags=no-writes
-- Read on in the audit trail. ARGV: the number that was read last, the id of the stream after which to go on, how many.
-- Returns the last number of the next pack and the pack ('' where it is gone); or '' twice, and records that no pack holds.
local found = redis.call('ZRANGE', key('audit-packs'), '(' .. ARGV[1], '+inf', 'BYSCORE', 'LIMIT', 0, 1)
if found[1] then return {found[1], redis.call('GET', key('audit-pack', found[1])) or '', {}} end
return {'', '', redis.call('XRANGE', key('audit'), ARGV[2], '+', 'COUNT', ARGV[3])}
