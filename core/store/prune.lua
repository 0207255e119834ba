#!lua flags=allow-oom
-- Take out of a session: a turn with its materials, all of a person's, or everything; or only what waits of a turn.
-- ARGV: session, 'turn' or 'held' and its key, 'person' and the tag, or 'all' and ''.
local session, what, which = key('session', ARGV[1]), ARGV[2], ARGV[3]

local function goes(field)
  local kind = string.sub(field, 1, 2)
  if what == 'all' then return true end
  if kind ~= 't:' and kind ~= 'm:' then return false end
  if what == 'held' then return false end
  if what == 'turn' then return field == 't:' .. which or string.sub(field, 1, #which + 3) == 'm:' .. which .. ':' end
  return string.sub(redis.call('HGET', session, field), 1, #which) == which
end

local gone = {}
for _, field in ipairs(redis.call('HKEYS', session)) do
  if goes(field) then
    gone[field] = true
    redis.call('HDEL', session, field)
  end
end
for name, prefix in pairs({turns = 't:', materials = 'm:'}) do
  local kept = {}
  for k in string.gmatch(redis.call('HGET', session, name) or '', '%S+') do
    if not gone[prefix .. k] then kept[#kept + 1] = k end
  end
  if redis.call('HEXISTS', session, name) == 1 then redis.call('HSET', session, name, table.concat(kept, ' ')) end
end
local held = redis.call('GET', key('held', ARGV[1])) or ''
if what == 'all' or (what == 'person' and string.sub(held, 1, #which) == which)
  or ((what == 'turn' or what == 'held') and string.sub(held, 33, 32 + #which) == which) then
  redis.call('DEL', key('held', ARGV[1]))
end
if what == 'person' then redis.call('HDEL', session, 'in:' .. which) end
return 1
