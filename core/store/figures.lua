#!lua flags=allow-oom
-- Count for the figures of a service. ARGV: day, week, month, tag of the person ('': nobody), how many groups, the groups that the
-- person is counted in, then field, how many more, ...
-- Counts are kept by day; people (HyperLogLog) by day, week and month, since those of two days cannot be added up.
local KEPT = {day = 400 * 86400, week = 60 * 7 * 86400, month = 800 * 86400}
local spans = {day = ARGV[1], week = ARGV[2], month = ARGV[3]}
local groups = tonumber(ARGV[5])
if ARGV[4] ~= '' then
  for kind, name in pairs(spans) do
    for i = 6, 5 + groups do
      local place = key('figures', 'people', name, ARGV[i])
      redis.call('PFADD', place, ARGV[4])
      redis.call('EXPIRE', place, KEPT[kind])
    end
  end
end
local counts = key('figures', ARGV[1])
for i = 6 + groups, #ARGV, 2 do redis.call('HINCRBY', counts, ARGV[i], ARGV[i + 1]) end
redis.call('EXPIRE', counts, KEPT.day)
return 1
