#!lua flags=allow-oom
-- What a person uses, or a program that writes as one. ARGV: tag of the person, then
-- 'turn', turns a minute (0: without limit), key of the turn, conversation, when it came in (ms), 'program' for a sender known to be
-- one, 'answer' for what may be an answer to us: returns {ms that it must wait, 1 when the person is to be told, tokens of today,
-- of programs that answer each other: 0 go on, 1 say that it ends here, 2 say nothing}; it is one more turn when it need not wait;
-- 'answered', conversation, how many tokens: so many more today; then, where the footprint is known, when the question came in (ms),
-- the month, and energy and gases, each low and high: so much more in this month, unless the person was erased since.
local quota = key('quota', ARGV[1])
local day = math.floor(now / 86400000)
local known = redis.call('HMGET', quota, 'day', 'tokens', 'turns', 'at', 'told', 'until')
local used = tonumber(known[1]) == day and tonumber(known[2]) or 0
redis.call('HSET', quota, 'day', day)

local function turn(limit, key_)
  if limit == 0 then return {0, 0, used} end
  local left = math.min(limit, (tonumber(known[3]) or limit) + math.max(0, now - (tonumber(known[4]) or now)) * limit / 60000)
  local wait, tell = 0, 0
  if left >= 1 then
    left = left - 1
  else
    wait = math.ceil((1 - left) * 60000 / limit)
    -- Once a minute; again when the replica that was to tell it did not.
    if now >= (tonumber(known[6]) or 0) or known[5] == key_ then
      tell = 1
      redis.call('HSET', quota, 'told', key_, 'until', now + 60000)
    end
  end
  redis.call('HSET', quota, 'turns', left, 'at', now)
  return {wait, tell, used}
end

-- What comes within a second of our answer, three times in a row, no person wrote; and four turns are enough for programs. An answer is
-- noted a moment after it is seen.
local NOTED, AT_ONCE, IN_A_ROW, TURNS, FORGOTTEN = -50, 1000, 3, 4, 600000
local function loop(key_, place, since, how)
  local known = redis.call('HMGET', quota, 'answered', 'place', 'streak', 'looped', 'verdict')
  if known[4] == key_ then return tonumber(known[5]) end
  local after = known[2] == place and since - (tonumber(known[1]) or -math.huge) or math.huge
  local program = how == 'program' and TURNS or how == 'answer' and after >= NOTED and after < AT_ONCE and IN_A_ROW
  local streak = 0
  if program then streak = (after < FORGOTTEN and tonumber(known[3]) or 0) + 1 end
  local verdict = (not program or streak < program) and 0 or streak == program and 1 or 2
  redis.call('HSET', quota, 'streak', streak, 'looped', key_, 'verdict', verdict)
  return verdict
end

local reply = 1
if ARGV[2] == 'turn' then
  reply = turn(tonumber(ARGV[3]), ARGV[4])
  reply[4] = reply[1] == 0 and loop(ARGV[4], ARGV[5], tonumber(ARGV[6]), ARGV[7]) or 0
  redis.call('HSET', quota, 'tokens', used)
else
  redis.call('HSET', quota, 'tokens', used + tonumber(ARGV[4]), 'answered', now, 'place', ARGV[3])
  if ARGV[6] and not erased(ARGV[1], ARGV[5]) then
    local taken = key('footprint', ARGV[1])
    redis.call('HINCRBY', taken, ARGV[6] .. '|count', 1)
    for i, name in ipairs({'wh|low', 'wh|high', 'gco2e|low', 'gco2e|high'}) do
      redis.call('HINCRBY', taken, ARGV[6] .. '|' .. name, ARGV[6 + i])
      redis.call('HSET', taken, 'last|' .. name, ARGV[6 + i])
    end
    redis.call('PEXPIRE', taken, 400 * 86400000)
  end
end
redis.call('PEXPIRE', quota, 2 * 86400000)
return reply
