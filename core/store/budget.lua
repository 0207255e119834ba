#!lua flags=allow-oom
-- A token bucket that learns. ARGV: scope, tokens per second, burst, tokens per second in the minute after a
-- refusal (0: as always), then 'final', 'first' or 'growing', or 'due' and a ticket ('': none): a final that
-- never goes beyond the estimate; or 'refused', the milliseconds until the platform takes messages again,
-- 'exact' where the rate is known and not to be learnt, and the ticket of who was refused ('': none).
-- Returns milliseconds to wait before asking again; 0: go now, a token is taken.
-- Who is due waits in `line`, by the time at which each ticket was first shown: it goes when there is a token
-- for it beyond those of all who are before it; who was refused is the first again. A ticket leaves the line when
-- its holder went, or did not come again some time after the moment that it was told (`told`): it left, or its
-- replica was killed.
-- `factor` is what the platform really gives, as a share of the declared rate: refusals lower it, and a final
-- that went beyond the estimate (`probe`) and was not refused raises it.
local bucket = key('budget', ARGV[1])
local declared, burst, careful, what = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local line, told, ABSENT = key('line', ARGV[1]), key('told', ARGV[1]), 5000
local LOWER, LEAST, RECOVERY = 0.7, 0.1, 600000 -- from the least share back to the whole in ten minutes
local SETTLED, CALM, FASTEST = 1500, 60000, 100 -- ms, ms, messages per second

local known = redis.call('HMGET', bucket, 'tokens', 'at', 'factor', 'not_before', 'probe', 'calm')
local at = math.min(tonumber(known[2]) or now, now)
local factor = tonumber(known[3]) or 1
if factor < 1 then factor = math.min(1, factor + (now - at) / RECOVERY) end
local not_before, probe, calm = tonumber(known[4]) or 0, tonumber(known[5]) or 0, tonumber(known[6]) or 0
if careful > 0 and now < calm then declared, burst = careful, math.min(burst, 2) end
local tokens = math.min(burst, (tonumber(known[1]) or burst) + (now - at) * declared * factor / 1000)

local function keep()
  redis.call('HSET', bucket, 'tokens', tokens, 'at', now, 'factor', factor, 'not_before', not_before,
    'probe', probe, 'calm', calm)
  redis.call('PEXPIRE', bucket, math.ceil(math.max(RECOVERY, burst / declared / factor * 1000, not_before - now)))
end

-- Keep a place in the line for who comes again after `wait`: the last place, or one at this score.
local function stand(ticket, score, wait)
  local late = math.ceil(wait) + ABSENT
  redis.call('ZADD', line, 'NX', score or tonumber(clock[1]) * 1000000 + tonumber(clock[2]), ticket)
  redis.call('ZADD', told, now + late, ticket)
  for _, place in ipairs({line, told}) do
    redis.call('PEXPIRE', place, math.max(late, redis.call('PTTL', place)))
  end
end

if what == 'refused' then
  -- Refusals of messages that were under way together teach once.
  if now >= not_before and ARGV[7] ~= 'exact' then
    factor = factor > 1 and math.max(1, factor / 4) or math.max(LEAST, factor * LOWER)
  end
  not_before = math.max(not_before, now + tonumber(ARGV[6]))
  if careful > 0 then declared, burst = careful, math.min(burst, 2) end
  tokens = 1 - (not_before - now) * declared * factor / 1000 -- one when it is over
  probe, calm = 0, (careful > 0 and not_before or now) + CALM
  keep()
  if ARGV[8] ~= '' then
    local first = redis.call('ZRANGE', line, 0, 0, 'WITHSCORES')[2]
    stand(ARGV[8], first and tonumber(first) - 1, not_before - now)
  end
  return 0
end

if probe > 0 and now - probe >= SETTLED then -- nobody refused: the platform gives more than was thought
  factor = math.min(math.max(1, factor) * 2, math.max(1, FASTEST / declared))
  tokens, probe = math.max(tokens, burst / 2), 0
end

-- What must stay for those that are more important: a first post leaves two (or a fifth) for finals, a
-- growing edit half of the burst.
local rate = declared * factor / 1000
local reserve = 0
if what == 'first' then reserve = math.min(2, burst / 5) end
if what == 'growing' then reserve = burst / 2 end
reserve = math.min(reserve, burst - 1)
local ahead = 0
if what == 'due' then
  for _, gone in ipairs(redis.call('ZRANGEBYSCORE', told, '-inf', now)) do
    redis.call('ZREM', told, gone)
    redis.call('ZREM', line, gone)
  end
  ahead = redis.call('ZRANK', line, ARGV[6]) or redis.call('ZCARD', line)
end
local wait = math.max(not_before - now, (1 + reserve + ahead - tokens) / rate)
if wait > 0 and what == 'final' and now >= not_before and now >= calm and probe == 0 then
  wait, probe = 0, now -- go beyond the estimate: at worst the platform refuses once, and teaches
end
if what == 'due' and ARGV[6] ~= '' then
  if wait > 0 then
    stand(ARGV[6], nil, wait)
  else
    redis.call('ZREM', line, ARGV[6])
    redis.call('ZREM', told, ARGV[6])
  end
end
if wait <= 0 then tokens = tokens - 1 end
if wait <= 0 or probe == 0 then keep() end
return wait > 0 and math.ceil(wait) or 0
