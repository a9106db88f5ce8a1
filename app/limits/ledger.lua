-- The rules of ledger.py as account.py has them, for one user, atomically.
--
-- KEYS  1 account: a hash of numbers    2 holds: a hash, place -> a hold as `pack` writes it
--       3 ends: places by their ends    4 usage: the count's details    5 done: places by expiry
-- ARGV  1 operation    2 the instant, empty for Redis' own    3 seconds that all this outlives the
--       last hold    then what the operation takes
--
-- Whatever is not as it was written here raises GARBLED; redis_ledger.py then clears the account.

local ACCOUNT, HOLDS, ENDS, USAGE, DONE = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local GRACE = tonumber(ARGV[3])
local SHARED = '*'
local MAX_CHUNK = 200

local function number(text)
  local value = tonumber(text)
  if not value or value ~= value or math.abs(value) > 1e18 then error('GARBLED') end
  return value
end

local function whole(value) return string.format('%.0f', value) end
local function instant(value) return string.format('%.6f', value) end

local now
if ARGV[2] == '' then
  local time = redis.call('TIME')
  now = tonumber(time[1]) + tonumber(time[2]) / 1000000
else
  now = tonumber(ARGV[2])
end

-- The account -------------------------------------------------------------------------------------

local NAMES = {'bytes', 'began', 'fresh', 'recount', 'stale', 'held', 'netted', 'busy'}
local account = {held = 0, netted = 0, busy = 0}
for i, text in ipairs(redis.call('HMGET', ACCOUNT, unpack(NAMES))) do
  if text then account[NAMES[i]] = number(text) end
end
if account.began and not (account.bytes and account.fresh and account.recount and account.stale) then
  error('GARBLED')
end
local holds = redis.call('HLEN', HOLDS)
if holds ~= redis.call('ZCARD', ENDS) or (holds == 0 and account.held ~= 0) then error('GARBLED') end

local function save()
  local pairs_of = {}
  for _, name in ipairs(NAMES) do
    if account[name] then
      pairs_of[#pairs_of + 1] = name
      pairs_of[#pairs_of + 1] = instant(account[name])
    end
  end
  redis.call('HSET', ACCOUNT, unpack(pairs_of))
  local last = redis.call('ZREVRANGE', ENDS, 0, 0, 'WITHSCORES')[2]
  local until_ = math.max(account.fresh or now, last and tonumber(last) or now, now)
  local seconds = math.ceil(until_ - now) + GRACE
  for _, key in ipairs(KEYS) do
    if redis.call('TTL', key) < seconds then redis.call('EXPIRE', key, seconds) end
  end
end

local function taken() return (account.bytes or 0) + account.held - account.netted end
local function outdate() if account.began then account.stale = 1 end end
local function is_uncounted() return not account.began or account.fresh < now end
local function may_recount() return account.recount <= now and 1 or 0 end

-- Holds -------------------------------------------------------------------------------------------

local FORM = '^(%d+) (%d+%.%d+) (%d+) (%-?%d+%.%d+) ([01])([01])([01])([01]) (%S+)$'

local function bit(value) return value and '1' or '0' end

local function pack(hold)
  return string.format('%.0f %.6f %.0f %.6f %s%s%s%s %s', hold.size, hold.till, hold.netted,
    hold.of_count, bit(hold.completing), bit(hold.judged), bit(hold.unproven), bit(hold.work),
    hold.mark)
end

local function read(text)
  local size, till, netted, of_count, completing, judged, unproven, work, mark =
    string.match(text, FORM)
  if not size then error('GARBLED') end
  return {size = number(size), till = number(till), netted = number(netted),
          of_count = number(of_count), completing = completing == '1', judged = judged == '1',
          unproven = unproven == '1', work = work == '1', mark = mark}
end

local function get(place)
  local text = redis.call('HGET', HOLDS, place)
  return text and read(text) or nil
end

local function set(place, hold)
  redis.call('HSET', HOLDS, place, pack(hold))
  redis.call('ZADD', ENDS, instant(hold.till), place)
end

-- What the count has of it.
local function netted(hold)
  return hold and account.began and hold.of_count == account.began and hold.netted or 0
end

-- What it adds to the count.
local function counts(hold) return hold and hold.size - netted(hold) or 0 end

local function put(place, hold)
  set(place, hold)
  account.held = account.held + hold.size
  account.netted = account.netted + netted(hold)
end

local function drop(place, hold)
  redis.call('HDEL', HOLDS, place)
  redis.call('ZREM', ENDS, place)
  account.held = account.held - hold.size
  account.netted = account.netted - netted(hold)
end

local function resize(hold, size)
  account.held = account.held + size - hold.size
  hold.size = size
end

local function finish(place, hold)
  hold.till = math.min(hold.till, now)
  set(place, hold)
end

-- When `wanted` bytes have come free, but for what is held at `without`: '' for never.
local function frees_at(wanted, without, looks)
  local places = redis.call('ZRANGE', ENDS, 0, looks - 1)
  local freed, last = 0, nil
  for i, text in ipairs(#places > 0 and redis.call('HMGET', HOLDS, unpack(places)) or {}) do
    if not text then error('GARBLED') end
    local hold = read(text)
    if places[i] ~= without and not hold.work then
      freed = freed + counts(hold)
      if freed >= wanted then return instant(math.max(hold.till, account.recount or now, now)) end
    end
  end
  if redis.call('ZCARD', ENDS) <= looks then return '' end
  if account.held - account.netted - counts(get(without)) < wanted then return '' end
  last = redis.call('ZREVRANGE', ENDS, 0, 0, 'WITHSCORES')[2]
  return instant(math.max(tonumber(last), account.recount or now, now))
end

-- Operations --------------------------------------------------------------------------------------

local operations = {}

function operations.begin() return instant(now) end

-- first, last
function operations.places() return redis.call('ZRANGE', ENDS, ARGV[4], ARGV[5]) end

function operations.balance()
  local answer = {instant(now), whole(account.held - account.netted), account.busy > now and 1 or 0}
  local details = redis.call('GET', USAGE)
  if account.began and details then
    answer[4] = details
    for i, name in ipairs({'began', 'fresh', 'recount', 'stale', 'bytes'}) do
      answer[4 + i] = instant(account[name])
    end
  end
  return answer
end

function operations.outdate()
  outdate()
  if account.began then save() end
end

-- began, fresh, recount, bytes, details
function operations.record()
  local began = tonumber(ARGV[4])
  if account.began and account.began >= began then return 0 end
  account.began, account.fresh, account.recount = began, tonumber(ARGV[5]), tonumber(ARGV[6])
  account.bytes, account.stale, account.netted = tonumber(ARGV[7]), 0, 0
  redis.call('SET', USAGE, ARGV[8])
  save()
  return 1
end

-- began, right after `record`: whether holds are left to drop that ended before
function operations.prune()
  if account.began ~= tonumber(ARGV[4]) then return 0 end
  local ended = redis.call('ZRANGEBYSCORE', ENDS, '-inf', '(' .. ARGV[4], 'LIMIT', 0, MAX_CHUNK)
  if #ended > 0 then
    for _, text in ipairs(redis.call('HMGET', HOLDS, unpack(ended))) do
      if not text then error('GARBLED') end
      account.held = account.held - read(text).size
    end
    redis.call('HDEL', HOLDS, unpack(ended))
    redis.call('ZREM', ENDS, unpack(ended))
    save()
  end
  return #ended == MAX_CHUNK and 1 or 0
end

-- began, then place and size of what was seen
function operations.net()
  local began = tonumber(ARGV[4])
  if account.began ~= began then return end
  local places, written = {}, {}
  for i = 5, #ARGV, 2 do places[#places + 1] = ARGV[i] end
  for i, text in ipairs(redis.call('HMGET', HOLDS, unpack(places))) do
    local hold = text and read(text)
    if hold and hold.of_count ~= began then
      hold.netted, hold.of_count = math.min(tonumber(ARGV[4 + 2 * i]), hold.size), began
      account.netted = account.netted + hold.netted
      written[#written + 1] = places[i]
      written[#written + 1] = pack(hold)
    end
  end
  if #written > 0 then redis.call('HSET', HOLDS, unpack(written)) end
  save()
end

local function hold_one(quota, most, looks, place, size, seconds, mark, completing)
  if is_uncounted() then return {'uncounted', '0', 0, ''} end
  local known = get(place)
  if not known and holds >= most then
    local first = redis.call('ZRANGE', ENDS, 0, 0, 'WITHSCORES')[2]
    local frees = instant(math.max(tonumber(first), account.recount))
    return {'crowded', '0', may_recount(), frees}
  end
  if known then size = math.max(size, known.size) end
  local left = quota - taken() + counts(known)
  local needed = size - netted(known)
  if needed > left then
    return {'short', whole(left), may_recount(), frees_at(needed - left, place, looks)}
  end
  if known then
    resize(known, size)
    if known.mark ~= mark then known.mark = SHARED end
    known.completing = known.completing or completing
    known.unproven, known.judged = false, false
    known.till = math.max(known.till, now + seconds)
    set(place, known)
  else
    put(place, {size = size, till = now + seconds, mark = mark, netted = 0, of_count = -1,
                completing = completing})
    holds = holds + 1
  end
  return {'held', whole(left - needed), 0, ''}
end

-- quota, holds at most, looks at most, then place, size, seconds, mark, completing of each
function operations.hold()
  local verdicts = {}
  for i = 7, #ARGV, 5 do
    verdicts[#verdicts + 1] = hold_one(tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]),
      ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]), ARGV[i + 3], ARGV[i + 4] == '1')
  end
  save()
  return verdicts
end

-- quota, looks at most, place, size, seconds, whether it moves, may overdraw, then the sources:
-- place and size of each
function operations.work()
  local quota, looks, place, size = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6], tonumber(ARGV[7])
  local moves, overdraws = ARGV[9] == '1', ARGV[10] == '1'
  local added, left, sources, last = size, quota - taken(), {}, 0
  if moves then
    added = 0
    for i = 11, #ARGV, 2 do
      local hold = get(ARGV[i])
      -- Those that a URL can still write to.
      if hold and hold.till > now then
        sources[ARGV[i]] = hold
        added = added + math.min(tonumber(ARGV[i + 1]), hold.size)
        last = math.max(last, hold.till)
      end
    end
    added = math.min(added, size)
  end
  if added > 0 then
    if is_uncounted() then return {'uncounted', '0', 0, ''} end
    if added > left and not (overdraws and left >= 0) then
      local when = moves and instant(last) or frees_at(added - left, '', looks)
      return {'short', whole(left), may_recount(), when}
    end
    if added > left then
      for source, hold in pairs(sources) do
        hold.judged = true
        set(source, hold)
      end
      for i = 11, #ARGV, 2 do redis.call('ZREM', DONE, ARGV[i]) end
    end
  end
  -- A count that is made meanwhile may miss what moves, so it holds all of it.
  local till = now + tonumber(ARGV[8])
  put(place, {size = size, till = till, mark = SHARED, netted = account.began and size - added or 0,
              of_count = account.began or -1, work = true})
  account.busy = math.max(account.busy, till)
  save()
  return {'held', whole(left - added), 0, ''}
end

-- place
function operations.finish()
  local hold = get(ARGV[4])
  if hold then
    -- Compared as they are written.
    if instant(account.busy) == instant(hold.till) then account.busy = now end
    finish(ARGV[4], hold)
  end
  outdate()
  save()
end

local function remember(place, seconds)
  redis.call('ZREMRANGEBYSCORE', DONE, '-inf', instant(now))
  redis.call('ZADD', DONE, instant(now + seconds), place)
end

-- place, size, seconds, mark, whether its URLs die
function operations.settle()
  local place, size, seconds = ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
  local mark, dies, hold = ARGV[7], ARGV[8] == '1', get(ARGV[4])
  local is_known = true
  outdate()
  if not hold then
    local until_ = redis.call('ZSCORE', DONE, place)
    is_known = until_ and tonumber(until_) > now
    if not is_known then
      put(place, {size = size, till = dies and now or now + seconds, mark = mark, netted = 0,
                  of_count = -1, completing = true, unproven = true})
      remember(place, seconds)
    end
  else
    is_known = size <= hold.size and not hold.judged
    resize(hold, math.max(size, hold.size))
    if dies and hold.mark == mark then hold.till = math.min(hold.till, now) end
    set(place, hold)
    remember(place, seconds)
  end
  save()
  return is_known and 'held' or 'unknown'
end

-- place, whether it stays
function operations.judge()
  local hold, stays = get(ARGV[4]), ARGV[5] == '1'
  if hold then
    hold.judged = not stays
    if hold.unproven and not stays then hold.till = math.min(hold.till, now) end
    set(ARGV[4], hold)
  end
  if not stays then
    redis.call('ZREM', DONE, ARGV[4])
    outdate()
    save()
  end
end

-- place, mark
function operations.release()
  local hold = get(ARGV[4])
  if not hold or hold.mark ~= ARGV[5] then return end
  if hold.completing then
    finish(ARGV[4], hold)
    outdate()
  else
    drop(ARGV[4], hold)
  end
  save()
end

return operations[ARGV[1]]()
