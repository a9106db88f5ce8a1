"""Whether requests can be served right now, remembered for a moment."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from app.domain.errors import Problem

MEMORY_SECONDS = 5.0


class Readiness:
    """Named checks, each a function that returns False or raises a ``Problem`` when it fails."""

    def __init__(
        self,
        checks: Mapping[str, Callable[[], object]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._checks = checks
        self._clock = clock
        self._asked_at = float("-inf")
        self._verdict: dict[str, bool] = {}

    def verdict(self) -> dict[str, bool]:
        """Which checks hold; asked at most every five seconds, so that probes cost nothing."""
        if self._clock() - self._asked_at >= MEMORY_SECONDS:
            self._verdict = {name: _holds(check) for name, check in self._checks.items()}
            self._asked_at = self._clock()
        return self._verdict


def _holds(check: Callable[[], object]) -> bool:
    try:
        return check() is not False
    except Problem:
        return False
