"""Previews beside which nothing is left, by what the bucket tells (T62).

A preview may arrive when its asset was deleted meanwhile, and an asset may be deleted past the API:
by a back end, by a rule of the bucket. Neither may leave a preview that nobody sees any more. The
bucket's queue tells of both; where there is none, a preview is looked at when its URL is dead.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from app.assets.previews import Previews
from app.assets.url_ends import UrlEnds
from app.aws.edge_cache import EdgeCache
from app.domain.paths import AssetPath, Root
from app.domain.previews import preview_owner
from app.domain.uploads import Upload
from app.limits.quota import Quota
from app.s3.deletion import Deleter


class LonePreviews:
    """Everybody's. Raises ``StorageError`` and ``StorageUnavailable``."""

    def __init__(
        self,
        previews: Previews,
        deleter: Deleter,
        edge: EdgeCache,
        quota: Quota,
        *,
        url_seconds: float | None,
    ) -> None:
        """``url_seconds``: how long URLs of previews live; None where a queue tells of all that
        comes and goes."""
        self._url_seconds = url_seconds
        self._url_ends = UrlEnds(self._look)
        self._previews = previews
        self._deleter = deleter
        self._edge = edge
        self._quota = quota

    def expect(self, uploads: Iterable[Upload]) -> None:
        """URLs were signed for ``uploads``: look at the previews among them when they are dead."""
        if self._url_seconds is None:
            return
        for upload in uploads:
            if upload.preview_for is not None:
                self._url_ends.expect(upload.key, self._url_seconds)

    def remove(self, root: Root, path: AssetPath, *, until: datetime | None = None) -> bool:
        """Delete the previews in the folder of ``path``, an asset that is gone or a preview, if
        nothing else lies there; whether there were any. Restoring the asset brings them back.

        ``until``: those alone that were there at this time. A listing.
        """
        lone = self._previews.left_in_folder(root, path)
        keys = [found.key for found in lone if until is None or found.last_modified <= until]
        if not keys:
            return False
        for problem in self._deleter.delete_keys(keys).values():
            raise problem
        self._edge.forget(keys)
        self._quota.changed(root.sub)
        return True

    def _look(self, key: str) -> None:
        if owned := preview_owner(key):
            self.remove(*owned)
