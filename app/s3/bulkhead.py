"""So many requests may wait for AWS at once, and no more: a dead store must not take every thread.

A request that waits for a silent store holds its thread for ten seconds. Without a bound a few
dozen of them would hold all threads of a worker, and links, which are signed without the store,
would wait behind them. (Nygard, "Release It!", calls the bound a bulkhead.)

A busy store is another matter: its places come back all the time, and a request that waits for one
is served. So it is refused only when places do not come back.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from prometheus_client import Counter

from app.domain.errors import StorageUnavailable

#: Fewer than a worker has threads (``gunicorn.conf.py``): the rest answer what needs no store.
PLACES = 12
#: A store that gives no place back for so long is stuck.
PATIENCE_SECONDS = 1.0
#: A place that was held longer is no sign of life: requests time out in the end.
SOON_SECONDS = 5.0
#: How often a request that waits for a busy store looks again.
MAX_LOOKS = 10

REFUSED = Counter("gateway_bulkhead_refusals", "Requests refused as too many wait for the store")

log = logging.getLogger("gateway.storage")


class Bulkhead:
    """Places of one process. A context manager; a thread that has a place keeps it when it asks
    again, so that whoever holds a lock inside never waits for a place."""

    def __init__(self, places: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._places = threading.Semaphore(places)
        self._clock = clock
        self._returned_at = float("-inf")
        self._is_stuck = False
        self._held = threading.local()

    def __enter__(self) -> None:
        """Raises ``StorageUnavailable`` when no place is to be had."""
        depth = getattr(self._held, "depth", 0)
        if depth == 0:
            self._take()
            self._held.since = self._clock()
        self._held.depth = depth + 1

    def __exit__(self, *_: object) -> None:
        self._held.depth -= 1
        if self._held.depth == 0:
            now = self._clock()
            if now - self._held.since < SOON_SECONDS:
                self._returned_at, self._is_stuck = now, False
            self._places.release()

    def _take(self) -> None:
        if self._places.acquire(blocking=False):
            return
        # While it is stuck nobody waits: waiting holds threads as well.
        for _ in range(0 if self._is_stuck else MAX_LOOKS):
            if self._places.acquire(timeout=PATIENCE_SECONDS):
                return
            if self._clock() - self._returned_at >= PATIENCE_SECONDS:
                if not self._is_stuck:
                    log.warning("the storage is slow: as many requests wait for it as may")
                self._is_stuck = True
                break
        REFUSED.inc()
        raise StorageUnavailable("The storage is slow, and too many requests wait for it already")
