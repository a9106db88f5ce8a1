"""Whether requests can be served right now, remembered for a moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from app.domain.errors import Problem

MEMORY_SECONDS = 5.0
#: A check that takes longer has failed for whoever asks meanwhile: probes must not pile up behind
#: a silent store, each with a thread of its own.
PATIENCE_SECONDS = 0.25


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
        self._verdict = dict.fromkeys(checks, False)
        self._asking = threading.Lock()

    def verdict(self) -> dict[str, bool]:
        """Which checks hold; asked at most every five seconds, so that probes cost nothing, and by
        one thread at a time."""
        if not self._asking.acquire(timeout=PATIENCE_SECONDS):
            return dict(self._verdict)
        try:
            if self._clock() - self._asked_at >= MEMORY_SECONDS:
                for name, check in self._checks.items():
                    self._verdict[name] = False  # until it has answered
                    self._verdict[name] = _holds(check)
                self._asked_at = self._clock()
            return dict(self._verdict)
        finally:
            self._asking.release()


def _holds(check: Callable[[], object]) -> bool:
    try:
        return check() is not False
    except Problem:
        return False
