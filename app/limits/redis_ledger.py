"""The ledger that processes share, in Redis: ``ledger.py``'s rules as Lua, so that each is atomic.

A user is one hash: the numbers of the count under names with ``#``, and a hold under its mark as
``size until ended_at settled``. The count's details lie beside it, as no script needs them. The
clock is Redis' own, as those of replicas differ.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from app.domain.usage import Usage
from app.limits.ledger import Count, Outcome, Settlement, Verdict

if TYPE_CHECKING:
    import redis

#: How long a user's hash outlives the last hold, so that completion still knows it.
_GRACE_SECONDS = 3600

_COMMON = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000

local function read(text)
  local size, till, ended, settled = string.match(text, '(%S+) (%S+) (%S+) (%S+)')
  return {size = tonumber(size), till = tonumber(till), ended = tonumber(ended),
          settled = settled == '1'}
end

local function put(mark, size, till, ended, settled)
  redis.call('HSET', KEYS[1], mark, string.format('%.0f %.6f %.6f %d', size, till, ended, settled))
end

local function keep(seconds)
  if redis.call('TTL', KEYS[1]) < seconds then
    redis.call('EXPIRE', KEYS[1], math.ceil(seconds))
  end
end

local function taken(without)
  local numbers, held = {}, {}
  local all = redis.call('HGETALL', KEYS[1])
  for i = 1, #all, 2 do
    if string.sub(all[i], 1, 1) == '#' then numbers[all[i]] = tonumber(all[i + 1])
    else held[all[i]] = read(all[i + 1]) end
  end
  local sum, began = numbers['#bytes'] or 0, numbers['#began'] or -1
  for mark, hold in pairs(held) do
    if hold.ended > began then
      if mark ~= without then sum = sum + hold.size end
    elseif hold.till <= now then
      redis.call('HDEL', KEYS[1], mark)
    end
  end
  return sum, numbers, held
end
"""

_HOLD = """
local mark, size, till, quota = ARGV[1], tonumber(ARGV[2]), now + ARGV[3], tonumber(ARGV[4])
local sum, numbers, held = taken(mark)
if not numbers['#began'] or numbers['#fresh'] < now then return {'uncounted', '0', 0} end
local known = held[mark]
local left = quota - sum
if known and known.settled then
  if known.ended > numbers['#began'] then left = left - known.size end
  return {'held', string.format('%.0f', left), 0}
end
if size > left then
  return {'short', string.format('%.0f', left), numbers['#recount'] <= now and 1 or 0}
end
if known then till = math.max(till, known.till) end
put(mark, size, till, till, 0)
keep(till - now + tonumber(ARGV[5]))
return {'held', string.format('%.0f', left - size), 0}
"""

_SETTLE = """
local mark, size, till = ARGV[1], tonumber(ARGV[2]), now + ARGV[3]
local text = redis.call('HGET', KEYS[1], mark)
local known = text and read(text)
if known and known.settled then return 'again' end
put(mark, size, known and known.till or till, now, 1)
if redis.call('HEXISTS', KEYS[1], '#began') == 1 then redis.call('HSET', KEYS[1], '#stale', 1) end
keep((known and known.till or till) - now + tonumber(ARGV[4]))
return known and 'held' or 'unknown'
"""

_RELEASE = """
local text = redis.call('HGET', KEYS[1], ARGV[1])
if text and not read(text).settled then redis.call('HDEL', KEYS[1], ARGV[1]) end
"""

_RECORD = """
local began = tonumber(redis.call('HGET', KEYS[1], '#began') or -1)
if began > tonumber(ARGV[1]) then return end
redis.call('HSET', KEYS[1], '#began', ARGV[1], '#fresh', ARGV[2], '#recount', ARGV[3],
           '#bytes', ARGV[4], '#stale', 0)
local seconds = math.ceil(math.max(1, tonumber(ARGV[2]) - now)) + tonumber(ARGV[6])
keep(seconds)
redis.call('SET', KEYS[2], ARGV[5], 'EX', seconds)
"""

_OUTDATE = """
if redis.call('HEXISTS', KEYS[1], '#began') == 1 then redis.call('HSET', KEYS[1], '#stale', 1) end
"""

_LEFT = """
local sum, numbers = taken('')
if not numbers['#began'] then return false end
return string.format('%.0f', tonumber(ARGV[1]) - sum)
"""


class RedisLedger:
    """The shared ledger. Every call raises ``redis.RedisError`` when Redis does not answer."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._hold = client.register_script(_COMMON + _HOLD)
        self._settle = client.register_script(_COMMON + _SETTLE)
        self._release = client.register_script(_COMMON + _RELEASE)
        self._record = client.register_script(_COMMON + _RECORD)
        self._outdate = client.register_script(_OUTDATE)
        self._left = client.register_script(_COMMON + _LEFT)

    def now(self) -> float:
        seconds, microseconds = cast(tuple[int, int], self._client.time())
        return seconds + microseconds / 1_000_000

    def count(self, sub: str) -> Count | None:
        numbers, details = _keys(sub)
        with self._client.pipeline(transaction=True) as pipe:
            pipe.hmget(numbers, ["#began", "#fresh", "#recount", "#stale"])
            pipe.get(details)
            found, claims = pipe.execute()
        if claims is None or None in found:
            return None
        began_at, fresh_until, recount_at, stale = map(float, found)
        usage = Usage.from_claims(json.loads(claims))
        return Count(usage, began_at, fresh_until, recount_at, bool(stale))

    def record(self, sub: str, count: Count) -> None:
        numbers: Mapping[str, Any] = {
            "began": f"{count.began_at:.6f}",
            "fresh": f"{count.fresh_until:.6f}",
            "recount": f"{count.recount_at:.6f}",
            "bytes": count.usage.total.bytes,
        }
        claims = json.dumps(count.usage.to_claims(), separators=(",", ":"))
        self._record(_keys(sub), [*numbers.values(), claims, _GRACE_SECONDS])

    def outdate(self, sub: str) -> None:
        self._outdate(_keys(sub)[:1])

    def hold(self, sub: str, mark: str, size: int, seconds: float, quota: int) -> Verdict:
        outcome, left, may_recount = self._hold(
            _keys(sub)[:1], [mark, size, f"{seconds:.6f}", quota, _GRACE_SECONDS]
        )
        return Verdict(Outcome(outcome.decode()), int(left), bool(may_recount))

    def settle(self, sub: str, mark: str, size: int, seconds: float) -> Settlement:
        said = self._settle(_keys(sub)[:1], [mark, size, f"{seconds:.6f}", _GRACE_SECONDS])
        return Settlement(said.decode())

    def release(self, sub: str, mark: str) -> None:
        self._release(_keys(sub)[:1], [mark])

    def left(self, sub: str, quota: int) -> int | None:
        left = self._left(_keys(sub)[:1], [quota])
        return None if left is None else int(left)


def _keys(sub: str) -> list[str]:
    """Both keys of a user, in one slot of a cluster."""
    return [f"gateway:quota:{{{sub}}}", f"gateway:usage:{{{sub}}}"]
