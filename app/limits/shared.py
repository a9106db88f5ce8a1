"""Redis while it answers, this process's memory while it does not."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from prometheus_client import Counter

from app.limits.redis_client import RedisClient

#: How long a lost Redis is left alone before one request tries it again.
PAUSE_SECONDS = 5.0

FALLBACKS = Counter("gateway_redis_fallbacks", "Counts kept in memory, as Redis was lost")

Answer = TypeVar("Answer")
log = logging.getLogger("gateway.limits")


class Shared:
    """What the processes share. Thread-safe, and safe across a fork.

    What is lost is lost in part: the node of a cluster that does not answer, or the one key whose
    answer takes too long.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Without ``url`` there is nothing to share. Nothing connects before the first use.

        Raises ``ValueError`` for an address that is none of a Redis.
        """
        self._clock = clock
        self._lock = threading.Lock()
        self._try_again_at: dict[str, float] = {}
        self.client: RedisClient | None = None
        self._errors: tuple[type[Exception], ...] = ()
        if url:
            self.client = RedisClient(url)
            import redis

            self._errors = (redis.RedisError,)
            self._too_slow = redis.TimeoutError

    def lost(self, key: str) -> bool:
        """Whether there is a Redis and what it has of ``key`` is not to be had."""
        if not self._try_again_at or self.client is None:
            return False
        return key in self._try_again_at or self.client.node_of(key) in self._try_again_at

    def use(self, key: str, ask: Callable[[], Answer], otherwise: Callable[[], Answer]) -> Answer:
        """What ``ask`` gets from Redis about ``key``; ``otherwise``'s answer while that is lost,
        or no Redis is set.

        A loss is said once, and so is the return.
        """
        if self.client is None:
            return otherwise()
        if not self._worth_trying(self.client, key):
            FALLBACKS.inc()
            return otherwise()
        try:
            answer = ask()
        except self._errors as error:
            slow = isinstance(error, self._too_slow) and self.client.answers(key)
            self._lose(key if slow else self.client.node_of(key), error, one_key=slow)
            FALLBACKS.inc()
            return otherwise()
        if self._try_again_at:
            self._find(self.client.node_of(key), key)
        return answer

    def _worth_trying(self, client: RedisClient, key: str) -> bool:
        if not self._try_again_at:
            return True
        with self._lock:
            now = self._clock()
            for part in (client.node_of(key), key):
                if now < self._try_again_at.get(part, now):
                    return False
                if part in self._try_again_at:
                    # The others go on in memory until this one knows.
                    self._try_again_at[part] = now + PAUSE_SECONDS
            return True

    def _lose(self, part: str, error: Exception, *, one_key: bool) -> None:
        with self._lock:
            now = self._clock()
            is_known = part in self._try_again_at
            self._try_again_at[part] = now + PAUSE_SECONDS
            # Keys that were slow and are not asked for again, nodes that are gone.
            for old in [each for each, at in self._try_again_at.items() if at + 3600 < now]:
                del self._try_again_at[old]
        if is_known:
            return
        # The type alone: Redis' messages hold addresses, and can hold what was sent.
        name = type(error).__name__
        if one_key:
            log.warning(
                "Redis is slow for one user (%s): counted by each process for a while", name
            )
        elif name == "MovedError":
            log.warning("Redis is a cluster: REDIS_URL has to begin with redis+cluster://")
        else:
            log.warning("Redis is lost (%s): each process counts for itself", name)

    def _find(self, node: str, key: str) -> None:
        with self._lock:
            was_lost = self._try_again_at.pop(node, None) is not None
            self._try_again_at.pop(key, None)
        if was_lost:
            log.warning("Redis is back: counts are shared again")
