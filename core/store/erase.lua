#!lua flags=allow-oom
-- Leave a tombstone: nothing that came of the person up to then is kept in this partition from now on.
-- ARGV: tag of the person, when they were erased (ms; 0: now), time to live in ms. Returns when it is now. With a
-- fourth, once all is erased: note it for journals, which know it for so many ms. A full store takes this, too.
local gone, at = key('gone', ARGV[1]), tonumber(ARGV[2])
if at == 0 then at = now end
at = math.max(at, tonumber(redis.call('GET', gone) or '0'))
local entries = redis.call('HGETALL', key('later', 'entries')) -- what is to come: the tag of the person is the tenth word
for i = 1, #entries, 2 do
  if cmsgpack.unpack(entries[i + 1])[10] == ARGV[1] then
    redis.call('ZREM', key('later'), entries[i])
    redis.call('HDEL', key('later', 'entries'), entries[i])
  end
end
redis.call('SET', gone, string.format('%d', at), 'PX', ARGV[3])
for _, c in ipairs(redis.call('ZRANGE', key('delayed'), 0, -1)) do -- private words that wait for them: to be said no more
  local head = string.sub(c, -6) == '.aside' and redis.call('LINDEX', key('mailbox', c), 0)
  if head and cmsgpack.unpack(head)[WHO] == ARGV[1] then
    redis.call('ZREM', key('delayed'), c)
    ready(c)
    redis.call('PUBLISH', 'relais:wake', '')
  end
end
if ARGV[4] then
  redis.call('ZADD', key('erasures'), 'GT', at, ARGV[1])
  redis.call('ZREMRANGEBYSCORE', key('erasures'), '-inf', at - tonumber(ARGV[4]))
end
return at
