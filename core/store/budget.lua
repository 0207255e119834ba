#!lua
-- A token bucket that learns. ARGV: scope, tokens per second, burst, then 'final', 'first' or 'growing'; or
-- 'refused' and the milliseconds until the platform takes messages again.
-- Returns milliseconds to wait before asking again; 0: go now, a token is taken.
-- `factor` is the share of the declared rate that the platform really gives, as its refusals taught.
local bucket = key('budget', ARGV[1])
local declared, burst, what = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local LOWER, LEAST, RECOVERY = 0.7, 0.1, 600000 -- from the least share back to the whole in ten minutes

local known = redis.call('HMGET', bucket, 'tokens', 'at', 'factor', 'not_before')
local at = math.min(tonumber(known[2]) or now, now)
local factor = math.min(1, (tonumber(known[3]) or 1) + (now - at) / RECOVERY)
local rate = declared * factor / 1000
local tokens = math.min(burst, (tonumber(known[1]) or burst) + (now - at) * rate)
local not_before = tonumber(known[4]) or 0

local function keep()
  redis.call('HSET', bucket, 'tokens', tokens, 'at', now, 'factor', factor, 'not_before', not_before)
  redis.call('PEXPIRE', bucket, math.ceil(math.max(RECOVERY, burst / rate, not_before - now)))
end

if what == 'refused' then
  -- Refusals of messages that were under way together teach once.
  if now >= not_before then factor = math.max(LEAST, factor * LOWER) end
  not_before = math.max(not_before, now + tonumber(ARGV[5]))
  tokens = 1 - (not_before - now) * declared * factor / 1000 -- one when it is over
  keep()
  return 0
end

-- What must stay for those that are more important: a first post leaves two (or a fifth) for finals, a
-- growing edit half of the burst.
local reserve = 0
if what == 'first' then reserve = math.min(2, burst / 5) end
if what == 'growing' then reserve = burst / 2 end
reserve = math.min(reserve, burst - 1)
local wait = math.max(not_before - now, (1 + reserve - tokens) / rate)
if wait > 0 then return math.ceil(wait) end
tokens = tokens - 1
keep()
return 0
