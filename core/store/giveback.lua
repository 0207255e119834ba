#!lua flags=allow-oom
-- Let go of a conversation whose job is to be claimed again. Returns 0, or -1: lease lost.
-- ARGV: conversation, fence, delay in ms, 1 when this was an attempt, 1 when nothing visible happened in any:
-- not of a job that has its final text, which may have been posted though nobody knows of it; the mark that the
-- job had when it was claimed: what the control lane said since is heeded now, whatever the delay.
local c = ARGV[1]
local job = key('job', c)
if not held(c, ARGV[2]) then return -1 end
unlease(c)
redis.call('HDEL', job, 'holder', 'steps')
if ARGV[4] == '0' then redis.call('HINCRBY', job, 'attempt', -1) end
if ARGV[5] == '1' and redis.call('HEXISTS', job, 'final') == 0 then redis.call('HDEL', job, 'dirty') end
local told = ARGV[6] and (redis.call('HGET', job, 'mark') or '') ~= ARGV[6]
if tonumber(ARGV[3]) > 0 and not told then
  redis.call('ZADD', key('delayed'), now + tonumber(ARGV[3]), c)
else
  ready(c)
end
return 0
