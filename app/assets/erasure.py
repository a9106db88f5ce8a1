"""Erasing all that a user has: objects, their old versions, delete markers, unfinished uploads.

Each call does a bounded part and looks for what is left, so that it can be repeated until nothing
is, by anybody, after any failure.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import unquote_plus
from xml.etree.ElementTree import Element

from app.domain.paths import Root
from app.s3.client import S3Client, namespace_of
from app.s3.deletion import Deleter, ObjectIdentifier
from app.s3.multipart import Multipart

#: Load balancers close a connection that is silent for a minute.
MAX_SECONDS = 20.0
MAX_BATCHES = 20
"""Of up to a thousand versions each."""
MAX_UPLOADS = 1000


class Erased(NamedTuple):
    """What one call did. ``objects`` counts versions and delete markers; ``complete``: a listing
    after the last deletion found nothing."""

    objects: int
    uploads: int
    complete: bool


class Erasure:
    """Erases below one user's root, and nowhere else: a ``Root`` is never an empty prefix (T44)."""

    def __init__(
        self,
        exchange: S3Client,
        deleter: Deleter,
        multipart: Multipart,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._exchange = exchange
        self._deleter = deleter
        self._multipart = multipart
        self._clock = clock

    def erase(self, root: Root) -> Erased:
        """Erase up to 20,000 versions and 1,000 uploads below ``root``.

        Uploads first, as one that is completed meanwhile would become an object. Raises
        ``StorageError`` or ``StorageUnavailable``, also when nothing that is left can be deleted.
        """
        deadline = self._clock() + MAX_SECONDS
        uploads, none_left = self._abort(root, deadline)
        objects = 0
        for _ in range(MAX_BATCHES):
            doomed = self._versions(root)
            if not doomed:
                return Erased(objects, uploads, complete=none_left)
            failures = self._deleter.delete(doomed)
            objects += len(doomed) - len(failures)
            if len(failures) == len(doomed):
                raise next(iter(failures.values()))
            if self._clock() > deadline:
                break
        return Erased(objects, uploads, complete=False)

    def _abort(self, root: Root, deadline: float) -> tuple[int, bool]:
        """How many uploads were aborted, and whether none is left."""
        unfinished = self._multipart.list_uploads(root.prefix, limit=MAX_UPLOADS).uploads
        for aborted, upload in enumerate(unfinished):
            if self._clock() > deadline:
                return aborted, False
            self._multipart.abort(upload.key, upload.upload_id)
        left = unfinished and self._multipart.list_uploads(root.prefix, limit=1).uploads
        return len(unfinished), not left

    def _versions(self, root: Root) -> list[ObjectIdentifier]:
        """The first thousand versions and delete markers; all go, so no page needs a marker.

        Without versions S3 lists the objects, as the version ``null``.
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
        """
        document = self._exchange.get(
            {"versions": "", "encoding-type": "url", "max-keys": "1000", "prefix": root.prefix}
        )
        return [each for each in _read(document) if each.key.startswith(root.prefix)]


def _read(document: Element) -> Iterator[ObjectIdentifier]:
    namespace = namespace_of(document)
    for tag in ("Version", "DeleteMarker"):
        for entry in document.iterfind(namespace + tag):
            key = unquote_plus(entry.findtext(namespace + "Key", ""))
            yield ObjectIdentifier(key, entry.findtext(namespace + "VersionId") or None)
