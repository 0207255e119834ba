#!lua flags=allow-oom
-- What a person uses. ARGV: tag of the person, then
-- 'turn', turns a minute (0: without limit), key of the turn: returns {ms that it must wait, 1 when the person is to be told, tokens
-- of today}; it is one more turn when it need not wait;
-- 'tokens', how many: so many more today.
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

local reply = 1
if ARGV[2] == 'turn' then
  reply = turn(tonumber(ARGV[3]), ARGV[4])
  redis.call('HSET', quota, 'tokens', used)
else
  redis.call('HSET', quota, 'tokens', used + tonumber(ARGV[3]))
end
redis.call('PEXPIRE', quota, 2 * 86400000)
return reply
