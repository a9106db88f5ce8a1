"""Multipart uploads that nobody means: what a presigned create left when it was sent again (T58).

Uppy creates uploads itself, by a URL that works as often as it is sent while it lives. Each one
costs nothing and counts; what is sent into it is stored. So a key has one upload: the one whose
parts are asked for, and once the URL is dead the first of those that are left.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from app.assets.url_ends import UrlEnds
from app.s3.multipart import Multipart
from app.s3.upload_documents import UnfinishedUpload

#: Uploads that were seen to be alone.
MAX_REMEMBERED = 10_000
#: How long an upload that was alone at its key is taken for that.
ALONE_SECONDS = 60.0


class StrayUploads:
    """Thread-safe."""

    def __init__(
        self, multipart: Multipart, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._multipart = multipart
        self._clock = clock
        self._alone: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()
        # The bucket's lifecycle rule aborts what is left.
        self._url_ends = UrlEnds(self.clean, clock=clock)

    def expect(self, key: str, url_seconds: float) -> None:
        """A URL that creates uploads at ``key`` was signed: clean up when it is dead."""
        self._url_ends.expect(key, url_seconds)

    def leave_only(self, key: str, upload_id: str) -> None:
        """Abort every upload at ``key`` but this one, whose parts are asked for.

        Raises ``StorageError`` or ``StorageUnavailable``.
        """
        now = self._clock()
        if self._alone.get(upload_id, 0.0) > now:
            return
        self._abort([each for each in self._at(key) if each.upload_id != upload_id])
        with self._lock:
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
