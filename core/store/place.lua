#!lua flags=allow-oom
-- Record that a part of a job's answer is on the platform, and renew the lease. Of several messages with one key
-- the first that is named here or by an echo stays. Returns its id, or -1: lease lost.
-- ARGV: conversation, fence, lease in ms, number of the part, tag of the key, id of the message, time to live in ms.
local c, post = ARGV[1], key('post', ARGV[5])
if not held(c, ARGV[2]) then return -1 end
redis.call('SET', post, ARGV[6], 'NX', 'PX', ARGV[7])
local id = redis.call('GET', post)
redis.call('ZADD', key('leases'), now + tonumber(ARGV[3]), c)
redis.call('HSET', key('job', c), 'p:' .. ARGV[4], id)
return id
