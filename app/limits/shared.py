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
#: What was lost and is not asked for again is forgotten.
_LONG = 3600.0
_LOST = "Redis is lost (%s): each process counts for itself"
_SLOW = "Redis is slow for one user (%s): each process counts for itself for a while"
_MOVED = "Redis is a cluster (%s): REDIS_URL has to begin with redis+cluster://"

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
        # When each may be asked again; and a key that each node had.
        self._lost_nodes: dict[str, float] = {}
        self._slow_keys: dict[str, float] = {}
        self._key_of: dict[str, str] = {}
        self.client: RedisClient | None = None
        self._errors: tuple[type[Exception], ...] = ()
        if url:
            self.client = RedisClient(url)
            import redis

            self._errors = (redis.RedisError,)
            self._too_slow = redis.TimeoutError

    def lost(self, key: str) -> bool:
        """Whether there is a Redis and what it has of ``key`` is not to be had."""
        if self.client is None or not (self._lost_nodes or self._slow_keys):
            return False
        return key in self._slow_keys or self.client.node_of(key) in self._lost_nodes

    def use(self, key: str, ask: Callable[[], Answer], otherwise: Callable[[], Answer]) -> Answer:
        """What ``ask`` gets from Redis about ``key``; ``otherwise``'s answer while that is lost,
        or no Redis is set.

        A loss is said once, and so is the return.
        """
        if self.client is None:
            return otherwise()
        node = self.client.node_of(key)
        if not self._worth_trying(node, key):
            FALLBACKS.inc()
            return otherwise()
        try:
            if node in self._lost_nodes:
                self.client.try_write(key)
            answer = ask()
        except self._errors as error:
            if isinstance(error, self._too_slow) and self.client.answers(key):
                self._lose(self._slow_keys, key, _SLOW, error)
            else:
                message = _MOVED if type(error).__name__ == "MovedError" else _LOST
                self._key_of[node] = key
                self._lose(self._lost_nodes, node, message, error)
            FALLBACKS.inc()
            return otherwise()
        if self._lost_nodes or self._slow_keys:
            self._find(self.client, node, key)
        return answer

    def _worth_trying(self, node: str, key: str) -> bool:
        if not (self._lost_nodes or self._slow_keys):
            return True
        with self._lock:
            now = self._clock()
            for parts, part in ((self._lost_nodes, node), (self._slow_keys, key)):
                if now < parts.get(part, now):
                    return False
                if part in parts:
                    # The others go on in memory until this one knows.
                    parts[part] = now + PAUSE_SECONDS
            return True

    def _lose(self, parts: dict[str, float], part: str, message: str, error: Exception) -> None:
        with self._lock:
            now = self._clock()
            is_said = part in parts or (parts is self._lost_nodes and bool(parts))
            for old in [each for each, at in parts.items() if at + _LONG < now]:
                del parts[old]
            parts[part] = now + PAUSE_SECONDS
        if not is_said:
            # The type alone: Redis' messages hold addresses, and can hold what was sent.
            log.warning(message, type(error).__name__)

    def _find(self, client: RedisClient, node: str, key: str) -> None:
        with self._lock:
            self._slow_keys.pop(key, None)
            was_lost = bool(self._lost_nodes)
            # A node that another one has replaced is not asked again.
            for each in list(self._lost_nodes):
                if each == node or client.node_of(self._key_of[each]) != each:
                    del self._lost_nodes[each]
            is_back = was_lost and not self._lost_nodes
        if is_back:
            log.warning("Redis is back: counts are shared again")
