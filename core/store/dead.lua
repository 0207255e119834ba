#!lua flags=allow-oom
-- Dead letters. ARGV: 'list'; 'retry' or 'drop' and an id; 'forget' and the tag of a person.
-- A letter is packed as {conversation, time in ms, attempts, sealed reason, packed entries}.
local letters = key('dead')

local function list()
  local found = {}
  for i, word in ipairs(redis.call('HGETALL', letters)) do
    if i % 2 == 1 then
      found[#found + 1] = {word}
    else
      local letter, row = cmsgpack.unpack(word), found[#found]
      local payloads = {}
      for n, entry in ipairs(letter[5]) do payloads[n] = cmsgpack.unpack(entry)[PAYLOAD] end
      row[2], row[3], row[4], row[5], row[6] = letter[1], letter[2], letter[3], letter[4], payloads
    end
  end
  return found
end

local function retry(packed)
  local letter = cmsgpack.unpack(packed)
  local c = letter[1]
  local idle = redis.call('EXISTS', key('mailbox', c)) == 0
  for _, entry in ipairs(letter[5]) do redis.call('RPUSH', key('mailbox', c), entry) end
  if idle then ready(c) end
  redis.call('PUBLISH', 'relais:wake', '')
end

local function forget(who)
  local ids = redis.call('HKEYS', letters)
  for _, id in ipairs(ids) do
    for _, entry in ipairs(cmsgpack.unpack(redis.call('HGET', letters, id))[5]) do
      if cmsgpack.unpack(entry)[WHO] == who then redis.call('HDEL', letters, id); break end
    end
  end
  return 0
end

if ARGV[1] == 'list' then return list() end
if ARGV[1] == 'forget' then return forget(ARGV[2]) end
local packed = redis.call('HGET', letters, ARGV[2])
if not packed then return 0 end
if ARGV[1] == 'retry' then retry(packed) end
redis.call('HDEL', letters, ARGV[2])
return 1
