"""How much of a process one user may have at work at a time (T55).

Rates bound how often somebody asks, not how long the answers take: while the store is slow, a
hundred requests of one user would take every thread.
"""

from __future__ import annotations

import threading
from collections import Counter

from app.domain.errors import RateLimited

#: Half of the requests that may wait for the store (``app/s3/bulkhead.py``).
MOST_IN_WORK = 6


class InWork:
    """Counts requests of this process by user. Thread-safe."""

    def __init__(self, most: int = MOST_IN_WORK) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def enter(self, sub: str) -> None:
        """Count one more; each must ``leave``. Raises ``RateLimited`` at the bound."""
        with self._lock:
            if self._counts[sub] >= self._most:
                raise RateLimited(f"At most {self._most} requests at a time; wait for an answer")
            self._counts[sub] += 1

    def leave(self, sub: str) -> None:
        """Count one less."""
        with self._lock:
            self._counts[sub] -= 1
            if not self._counts[sub]:
                del self._counts[sub]
