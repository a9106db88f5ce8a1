"""How often somebody may ask.

Not by Flask-Limiter, whose extension costs 215 µs a request in memory: more than everything else
about a signed URL together (this: about 5). Nor by its engine, ``limits``: its counter in memory
starts a thread every 10 ms that walks through all keys, and without that there is little left that
would be worth a twentieth of the time to start.

Windows are fixed and begin on multiples of their length, so that the moment when a limit is reset
is known without asking, and Redis is asked once a request.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from app.limits.redis_client import Script
from app.limits.shared import Shared

_SCRIPT = Script(Path(__file__).with_name("rate.lua").read_text())
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_RATE = re.compile(
    rf"([1-9][0-9]{{0,11}}) *(?:/|per) *([1-9][0-9]{{0,5}})? *({'|'.join(_UNITS)})s?"
)
#: Beyond this, those in memory begin anew: addresses are cheap, and memory is not.
MAX_KEYS = 200_000


def parse_rate(text: str) -> tuple[int, int]:
    """How many in how many seconds: ``600/minute``, ``10 per 5 minutes``. ValueError for others."""
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError("not a rate")
    return int(match[1]), int(match[2] or 1) * _UNITS[match[3]]


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
        self._name = name
        self._limit, self._seconds = parse_rate(rate)
        self._clock = clock
        self._shared = shared
        self._lock = threading.Lock()
        self._window = 0
        self._counts: dict[str, int] = {}

    def hit(self, who: str) -> Standing:
        """Count one request of ``who``'s."""
        now = self._clock()
        window = int(now) // self._seconds
        if (client := self._shared.client) is None:
            count = self._count(who, window)
        else:
            key = f"gateway:rate:{self._name}:{{{who}}}:{window}"
            count = self._shared.use(
                key,
                lambda: int(client.run(_SCRIPT, [key], [self._seconds])),
                lambda: self._count(who, window),
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
    bad_tokens: Rate

    @classmethod
    def of(cls, general: str, signing: str, shared: Shared) -> Rates:
        """From the settings; strangers are limited by address as users are in general."""
        return cls(
            Rate("general", general, shared),
            Rate("signing", signing, shared),
            Rate("stranger", general, shared),
            Rate("bad-token", general, shared),
        )
