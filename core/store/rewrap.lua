#!lua flags=allow-oom
-- Put a value that was sealed anew in the place of what it was, if that has not changed meanwhile.
-- ARGV: what names the partition (or nothing), name of the key after the partition's prefix, 'string', 'hash' or 'list', field of the hash, before, after. Returns 1 when it was put.
local place, kind, field, before, after = key(ARGV[2]), ARGV[3], ARGV[4], ARGV[5], ARGV[6]
if redis.call('TYPE', place).ok ~= kind then return 0 end
if kind == 'string' then
  if redis.call('GET', place) ~= before then return 0 end
  redis.call('SET', place, after, 'KEEPTTL')
elseif kind == 'hash' then
  if redis.call('HGET', place, field) ~= before then return 0 end
  redis.call('HSET', place, field, after)
else
  local at = redis.call('LPOS', place, before)
  if not at then return 0 end
  redis.call('LSET', place, at, after)
end
return 1
