"""Erasing all that a user has: objects, their old versions, delete markers, unfinished uploads.

Each call does a bounded part and looks for what is left, so that it can be repeated until nothing
is, by anybody, after any failure.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from app.aws.edge_cache import EdgeCache
from app.domain.paths import Root
from app.domain.principal import Principal
from app.limits.quota import Quota
from app.s3.deletion import Deleter
from app.s3.multipart import Multipart
from app.s3.versions import Versions

#: Load balancers close a connection that is silent for a minute.
MAX_SECONDS = 20.0
MAX_BATCHES = 20
"""Of up to a thousand versions each."""
MAX_UPLOADS = 1000


class Erased(NamedTuple):
    """What one call did. ``deleted_objects`` counts versions and delete markers, too;
    ``complete``: a listing after the last deletion found nothing."""

    deleted_objects: int
    aborted_uploads: int
    complete: bool


class Erasure:
    """Erases below one user's root, and nowhere else: a ``Root`` is never an empty prefix (T44)."""

    def __init__(
        self,
        versions: Versions,
        deleter: Deleter,
        multipart: Multipart,
        quota: Quota,
        edge: EdgeCache,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._versions = versions
        self._deleter = deleter
        self._multipart = multipart
        self._quota = quota
        self._edge = edge
        self._clock = clock

    def erase(self, principal: Principal) -> Erased:
        """Erase up to 20,000 versions and 1,000 uploads of the caller's.

        Raises ``StorageError`` or ``StorageUnavailable``, also when nothing that is left can be
        deleted.
        """
        root = Root(principal.sub)
        try:
            return self._erase(root)
        finally:
            self._quota.changed(root.sub)
            self._edge.forget([root.prefix])

    def _erase(self, root: Root) -> Erased:
        """Uploads first, as one that is completed meanwhile would become an object."""
        deadline = self._clock() + MAX_SECONDS
        uploads, none_left = self._abort(root, deadline)
        objects = 0
        for _ in range(MAX_BATCHES):
            # All of a page go, so no page needs a marker.
            found = self._versions.identifiers(root.prefix)
            if not found:
                return Erased(objects, uploads, complete=none_left)
            failures = self._deleter.delete(found)
            objects += len(found) - len(failures)
            if len(failures) == len(found):
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
