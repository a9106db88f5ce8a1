"""One at a time, of those who would do the same to the store at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from app.domain.errors import StorageUnavailable
from app.s3.bulkhead import Bulkhead

_STRIPES = 64
#: For whoever waits for another's turn to end; a call may take longer than that.
TURN_SECONDS = 10.0


class Turns:
    """Turns by name. Whoever waits for one holds a thread, so it has a place before the store:
    no more than these ever wait here."""

    def __init__(self, bulkhead: Bulkhead) -> None:
        self._bulkhead = bulkhead
        self._locks = [threading.Lock() for _ in range(_STRIPES)]

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Raises ``StorageUnavailable`` when the turn does not come."""
        lock = self._locks[hash(name) % _STRIPES]
        with self._bulkhead:
            if not lock.acquire(timeout=TURN_SECONDS):
                raise StorageUnavailable("The same is being done already; try again")
            try:
                yield
            finally:
                lock.release()
