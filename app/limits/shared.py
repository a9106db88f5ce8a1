"""Redis while it answers, this process's memory while it does not."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import redis

#: An answer from Redis takes a tenth of a millisecond; a request must not wait for a dead one.
TIMEOUT_SECONDS = 0.25
#: How long a lost Redis is left alone before one request tries it again.
PAUSE_SECONDS = 5.0

Answer = TypeVar("Answer")
log = logging.getLogger("gateway.limits")


class Shared:
    """What the processes share. Thread-safe, and safe across a fork."""

    def __init__(self, url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Without ``url`` there is nothing to share. Nothing connects before the first use."""
        self._clock = clock
        self._lock = threading.Lock()
        self._try_again_at: float | None = None
        self.client: redis.Redis | None = None
        self._errors: tuple[type[Exception], ...] = ()
        if url:
            self._set_up(url)

    def _set_up(self, url: str) -> None:
        # A twelfth of the time to start, for those alone who have one.
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        pool = redis.ConnectionPool.from_url(
            url,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            # Once more, at once: the connection may have been idle across a restart.
            retry=Retry(NoBackoff(), 1),
        )
        self.client = redis.Redis(connection_pool=pool)
        self._errors = (redis.RedisError,)

    @property
    def lost(self) -> bool:
        """Whether there is a Redis and it does not answer."""
        return self._try_again_at is not None

    def use(self, ask: Callable[[], Answer], otherwise: Callable[[], Answer]) -> Answer:
        """What ``ask`` gets from Redis; ``otherwise``'s answer while Redis is lost or none is set.

        A loss is said once, and so is the return.
        """
        if self.client is None or not self._worth_trying():
            return otherwise()
        try:
            answer = ask()
        except self._errors as error:
            self._lose(error)
            return otherwise()
        if self._try_again_at is not None:
            self._find()
        return answer

    def _worth_trying(self) -> bool:
        if self._try_again_at is None:
            return True
        with self._lock:
            now = self._clock()
            if self._try_again_at is not None and now < self._try_again_at:
                return False
            # The others go on in memory until this one knows.
            self._try_again_at = now + PAUSE_SECONDS
            return True

    def _lose(self, error: Exception) -> None:
        with self._lock:
            known, self._try_again_at = self._try_again_at, self._clock() + PAUSE_SECONDS
        if known is None:
            # The type alone: Redis' messages hold addresses, and can hold what was sent.
            log.warning("Redis is lost (%s): each process counts for itself", type(error).__name__)

    def _find(self) -> None:
        with self._lock:
            known, self._try_again_at = self._try_again_at, None
        if known is not None:
            log.warning("Redis is back: counts are shared again")
