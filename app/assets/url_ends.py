"""Looking again at keys once the URLs that write to them are dead."""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections.abc import Callable

from app.domain.errors import Problem

#: Keys that are waited for.
MAX_REMEMBERED = 10_000
#: S3 finishes a request that began before its URL expired; clocks differ.
SLACK_SECONDS = 60.0

log = logging.getLogger("gateway.uploads")


class UrlEnds:
    """``look`` at each key then, as well as can be done from memory: a process that ends forgets
    them. Thread-safe. Its own thread starts with the first URL, so after gunicorn's fork."""

    def __init__(
        self, look: Callable[[str], None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.look = look
        self._clock = clock
        self._due: list[tuple[float, str]] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def expect(self, key: str, url_seconds: float) -> None:
        """A URL that writes to ``key`` was signed, and lives for so long."""
        with self._changed:
            if len(self._due) >= MAX_REMEMBERED:
                return
            heapq.heappush(self._due, (self._clock() + url_seconds + SLACK_SECONDS, key))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="url-ends", daemon=True)
                self._thread.start()
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._due or self._due[0][0] > self._clock():
                    self._changed.wait(self._due[0][0] - self._clock() if self._due else None)
                _, key = heapq.heappop(self._due)
            try:
                self.look(key)
            except Problem as problem:
                log.warning("what a URL left was not cleaned up: %s", problem.slug)
