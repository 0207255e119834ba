#!lua
-- Remember a turn and its materials in a session: once, whatever is repeated, unless its author was erased since.
-- ARGV: session, tag of the author, when their question came in (ms), key of the turn, sealed turn, level, level without
-- weak findings, bot, who wrote the answer, masking where nobody decided it, most turns, most bytes of turns, most bytes
-- of materials, time to live in ms, '1' where the materials of the turn stay as they are, then sealed materials.
-- Returns 'kept' or 'erased'.
-- A value is the tag of its author followed by what is sealed.
local session, who, turn = key('session', ARGV[1]), ARGV[2], ARGV[4]
if erased(who, ARGV[3]) then return 'erased' end

local function order(name)
  local keys = {}
  for k in string.gmatch(redis.call('HGET', session, name) or '', '%S+') do keys[#keys + 1] = k end
  return keys
end

-- Keep the newest fields that fit; `keys` are oldest first, at least the last stays.
local function trim(keys, prefix, most, bytes)
  local kept, size = {}, 0
  for i = #keys, 1, -1 do
    size = size + redis.call('HSTRLEN', session, prefix .. keys[i])
    if #kept > 0 and (#kept >= most or size > bytes) then
      for old = i, 1, -1 do redis.call('HDEL', session, prefix .. keys[old]) end
      break
    end
    table.insert(kept, 1, keys[i])
  end
  return table.concat(kept, ' ')
end

local turns = order('turns')
if redis.call('HEXISTS', session, 't:' .. turn) == 0 then turns[#turns + 1] = turn end
redis.call('HSET', session, 't:' .. turn, who .. ARGV[5], 'in:' .. who, '1')
redis.call('HSET', session, 'turns', trim(turns, 't:', tonumber(ARGV[11]), tonumber(ARGV[12])))
redis.call('HSET', session, 'bot', ARGV[8], 'writers', ARGV[9])
highest(session, 'level', ARGV[6])
highest(session, 'floor', ARGV[7])
redis.call('HDEL', session, 'before') -- something was said at the level that somebody chose
redis.call('HSETNX', session, 'masking', ARGV[10])

local materials = {}
for _, k in ipairs(order('materials')) do -- a question that is edited brings its materials again
  if ARGV[15] == '0' and string.sub(k, 1, #turn + 1) == turn .. ':' then
    redis.call('HDEL', session, 'm:' .. k)
  else
    materials[#materials + 1] = k
  end
end
for i = 16, #ARGV do
  local k = turn .. ':' .. (i - 16)
  materials[#materials + 1] = k
  redis.call('HSET', session, 'm:' .. k, who .. ARGV[i])
end
if #materials > 0 then
  redis.call('HSET', session, 'materials', trim(materials, 'm:', 100, tonumber(ARGV[13])))
end
redis.call('PEXPIRE', session, ARGV[14])
return 'kept'
