"""So many requests may wait for AWS at once, and no more: a dead store must not take every thread.

A request that waits for a silent store holds its thread for ten seconds. Without a bound a few
dozen of them would hold all threads of a worker, and links, which are signed without the store,
would wait behind them. (Nygard, "Release It!", calls the bound a bulkhead.)
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from app.domain.errors import StorageUnavailable

#: Fewer than a worker has threads (``gunicorn.conf.py``): the rest answer what needs no store.
PLACES = 12
#: How long a request waits for a place. A healthy store gives one back every few milliseconds.
PATIENCE_SECONDS = 0.25
#: Once that was in vain, how long the next ones do not wait: their waiting holds threads as well.
PAUSE_SECONDS = 1.0

log = logging.getLogger("gateway.storage")


class Bulkhead:
    """Places of one process. A context manager; a thread that has a place keeps it when it asks
    again, so that whoever holds a lock inside never waits for a place."""

    def __init__(
        self, places: int = PLACES, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._places = threading.Semaphore(places)
        self._clock = clock
        self._full_until = float("-inf")
        self._held = threading.local()

    def __enter__(self) -> None:
        """Raises ``StorageUnavailable`` when no place is to be had."""
        depth = getattr(self._held, "depth", 0)
        if depth == 0:
            self._take()
        self._held.depth = depth + 1

    def __exit__(self, *_: object) -> None:
        self._held.depth -= 1
        if self._held.depth == 0:
            self._places.release()

    def _take(self) -> None:
        waits = self._clock() >= self._full_until
        if self._places.acquire(timeout=PATIENCE_SECONDS if waits else 0):
            return
        if waits and self._clock() >= self._full_until:
            self._full_until = self._clock() + PAUSE_SECONDS
            log.warning("the storage is slow: as many requests wait for it as may")
        raise StorageUnavailable("The storage is slow, and too many requests wait for it already")
