"""How often shares were opened, counted in Redis: a count that was lost in memory would let a share
be opened more often than its owner allowed.

So this is the one limit that fails a request when Redis does, for shares that have a ``max_opens``.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.errors import StorageUnavailable
from app.domain.shares import Share
from app.limits.redis_client import RedisClient, Script
from app.limits.shared import Shared

#: KEYS: the share's count. ARGV: the most that it may be or 0, whether to count, when it ends
#: (Unix). Whatever stands there and is no count is counted anew.
_TAKE = Script("""
local count = 0
if redis.call('TYPE', KEYS[1]).ok == 'string' then
  count = tonumber(redis.call('GET', KEYS[1])) or 0
  if not (count >= 0 and count < 1e15) then count = 0 end
end
local most = tonumber(ARGV[1])
if most > 0 and count >= most then return 0 end
if ARGV[2] == '1' then
  redis.call('SET', KEYS[1], string.format('%.0f', count + 1))
  redis.call('EXPIREAT', KEYS[1], ARGV[3])
end
return 1
""")
_READ = Script("return redis.call('MGET', unpack(KEYS))")


class Opens:
    """Counts by share. Thread-safe."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    @property
    def are_counted(self) -> bool:
        """Whether there is a Redis to count in."""
        return self._shared.client is not None

    def take(self, share: Share, *, counts: bool) -> bool:
        """Whether ``share`` may be opened once more; that is counted if it ``counts``.

        Raises ``StorageUnavailable`` for a share that is limited while the count is not to be had.
        """
        client, key = self._shared.client, _key(share.sub, share.share_id)
        if client is None:
            return _uncounted(share)
        ends = int(share.expires_at.timestamp())
        arguments = [share.max_opens or 0, int(counts), ends]
        return self._shared.use(
            key,
            lambda: bool(client.run(_TAKE, [key], arguments)),
            lambda: _uncounted(share),
        )

    def of(self, sub: str, share_ids: Sequence[str]) -> dict[str, int]:
        """Opens by share id, of one owner's shares; empty where they cannot be had."""
        client, keys = self._shared.client, [_key(sub, share_id) for share_id in share_ids]
        if client is None or not keys:
            return {}
        counts = self._shared.use(keys[0], lambda: _read(client, keys), lambda: None)
        return {} if counts is None else dict(zip(share_ids, counts, strict=True))


def _key(sub: str, share_id: str) -> str:
    return f"gateway:opens:{{{sub}}}:{share_id}"


def _read(client: RedisClient, keys: Sequence[str]) -> list[int]:
    return [int(text) if text and text.isdigit() else 0 for text in client.run(_READ, keys, [])]


def _uncounted(share: Share) -> bool:
    if share.max_opens is None:
        return True
    raise StorageUnavailable("How often this was opened cannot be counted right now; try again")
