"""How often somebody may ask.

This is the engine of Flask-Limiter, the ``limits`` package, without Flask-Limiter: the extension
costs 215 µs a request in memory, which is more than everything else about a signed URL together
(this: about 5). Of ``limits`` it takes the notation (``600/minute``) and the counter in Redis; its
counter in memory is left out, because it starts a thread every 10 ms that walks through all keys.

Windows are fixed and begin on multiples of their length, so that the moment when a limit is reset
is known without asking, and Redis is asked once a request.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from limits import RateLimitItem, parse

from app.limits.shared import Shared

if TYPE_CHECKING:
    from limits.storage import RedisStorage

#: Beyond this, those in memory begin anew: addresses are cheap, and memory is not.
MAX_KEYS = 200_000


class Standing(NamedTuple):
    """Where somebody stands in the current window; ``remaining`` is below zero over the limit."""

    limit: int
    remaining: int
    reset_seconds: int

    @property
    def exceeded(self) -> bool:
        return self.remaining < 0


class Rate:
    """One limit, of everybody it is asked for."""

    def __init__(
        self,
        name: str,
        rate: str,
        shared: Shared,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``rate`` as ``600/minute``; ``name`` keeps this limit apart from others in Redis."""
        item: RateLimitItem = parse(rate)
        self._name = name
        self._limit = item.amount
        self._seconds = item.get_expiry()
        self._clock = clock
        self._shared = shared
        self._redis: RedisStorage | None = None
        if shared.pool:
            from limits.storage import RedisStorage

            self._redis = RedisStorage(
                "redis://", connection_pool=shared.pool, key_prefix="gateway:rate"
            )
        self._lock = threading.Lock()
        self._window = 0
        self._counts: dict[str, int] = {}

    def hit(self, who: str) -> Standing:
        """Count one request of ``who``'s."""
        now = self._clock()
        window = int(now) // self._seconds
        if (storage := self._redis) is None:
            count = self._count(who, window)
        else:
            key = f"{self._name}:{who}:{window}"
            count = self._shared.use(
                lambda: storage.incr(key, self._seconds), lambda: self._count(who, window)
            )
        reset_seconds = int((window + 1) * self._seconds - now) + 1
        return Standing(self._limit, self._limit - count, reset_seconds)

    def _count(self, who: str, window: int) -> int:
        with self._lock:
            if window != self._window or len(self._counts) >= MAX_KEYS:
                self._window, self._counts = window, {}
            count = self._counts[who] = self._counts.get(who, 0) + 1
        return count


class Rates(NamedTuple):
    """The limits of the gateway."""

    general: Rate
    signing: Rate
    strangers: Rate

    @classmethod
    def of(cls, general: str, signing: str, shared: Shared) -> Rates:
        """From the settings; strangers are limited by address as users are in general."""
        return cls(
            Rate("general", general, shared),
            Rate("signing", signing, shared),
            Rate("stranger", general, shared),
        )
