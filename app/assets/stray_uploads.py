"""Multipart uploads that nobody means: what a presigned create left when it was sent again (T58).

Uppy creates uploads itself, by a URL that works as often as it is sent while it lives. Each one
costs nothing and counts; what is sent into it is stored. So a key has one upload: the one whose
parts are asked for, and once the URL is dead the first of those that are left.
"""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from app.domain.errors import Problem
from app.s3.multipart import Multipart, UnfinishedUpload

#: Keys that are waited for, and uploads that were seen to be alone.
MAX_REMEMBERED = 10_000
#: How long an upload that was alone at its key is taken for that.
ALONE_SECONDS = 60.0
#: S3 finishes a request that began before its URL expired; clocks differ.
SLACK_SECONDS = 60.0

log = logging.getLogger("gateway.uploads")


class StrayUploads:
    """Thread-safe. Its own thread starts with the first URL, so after gunicorn's fork."""

    def __init__(
        self, multipart: Multipart, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._multipart = multipart
        self._clock = clock
        self._alone: OrderedDict[str, float] = OrderedDict()
        self._due: list[tuple[float, str]] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def expect(self, key: str, url_seconds: float) -> None:
        """A URL that creates uploads at ``key`` was signed: clean up when it is dead."""
        with self._changed:
            if len(self._due) >= MAX_REMEMBERED:
                return
            heapq.heappush(self._due, (self._clock() + url_seconds + SLACK_SECONDS, key))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="strays", daemon=True)
                self._thread.start()
            self._changed.notify()

    def leave_only(self, key: str, upload_id: str) -> None:
        """Abort every upload at ``key`` but this one, whose parts are asked for.

        Raises ``StorageError`` or ``StorageUnavailable``.
        """
        now = self._clock()
        if self._alone.get(upload_id, 0.0) > now:
            return
        self._abort([each for each in self._at(key) if each.upload_id != upload_id])
        with self._changed:
            self._alone[upload_id] = now + ALONE_SECONDS
            while len(self._alone) > MAX_REMEMBERED:
                self._alone.popitem(last=False)

    def clean(self, key: str) -> None:
        """Leave the oldest upload at ``key``. Raises as ``leave_only`` does."""
        self._abort(sorted(self._at(key), key=lambda each: each.initiated_at)[1:])

    def _at(self, key: str) -> list[UnfinishedUpload]:
        found = self._multipart.list_uploads(key).uploads
        return [each for each in found if each.key == key]

    def _abort(self, uploads: list[UnfinishedUpload]) -> None:
        for each in uploads:
            self._multipart.abort(each.key, each.upload_id)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._due or self._due[0][0] > self._clock():
                    self._changed.wait(self._due[0][0] - self._clock() if self._due else None)
                _, key = heapq.heappop(self._due)
            try:
                self.clean(key)
            except Problem as problem:
                # The bucket's lifecycle rule aborts what is left.
                log.warning("stray uploads were not aborted: %s", problem.slug)
