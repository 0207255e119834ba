#!lua flags=allow-oom
-- What waits in this partition: {ready, delayed, leased, dead, ms that the oldest ready entry waits}. Dead letters that are
-- older than ARGV[1] ms are forgotten.
local old = now - tonumber(ARGV[1])
for _, letter in ipairs(redis.call('ZRANGEBYSCORE', key('dead', 'at'), '-inf', old, 'LIMIT', 0, 200)) do
  redis.call('HDEL', key('dead'), letter)
  redis.call('ZREM', key('dead', 'at'), letter)
end
local oldest = 0
for _, priority in ipairs({'0', '1'}) do
  local c = redis.call('LINDEX', key('ready', priority), 0)
  local head = c and redis.call('LINDEX', key('mailbox', c), 0)
  if head then oldest = math.max(oldest, now - cmsgpack.unpack(head)[SINCE]) end
end
return {
  redis.call('LLEN', key('ready', '0')) + redis.call('LLEN', key('ready', '1')),
  redis.call('ZCARD', key('delayed')), redis.call('ZCARD', key('leases')), redis.call('HLEN', key('dead')), oldest}
