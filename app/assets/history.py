"""What a bucket shows of the past: the newest version of each key, and when it came or went.

What was there in between is not in the newest versions, nor what was removed for good.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from app.domain.errors import NotVersioned
from app.domain.grammar import USERS
from app.domain.notifications import Change, Notification
from app.s3.listings import Listings
from app.s3.versions import Versions

_NO_VERSION = "null"


class History:
    """One bucket's; a page of a listing is in memory at a time."""

    def __init__(self, bucket: str, listings: Listings, versions: Versions) -> None:
        self._bucket = bucket
        self._listings = listings
        self._versions = versions

    def between(
        self, since: datetime, until: datetime, *, after: str = ""
    ) -> Iterator[Notification]:
        """What the bucket told from ``since`` until before ``until``, in the order of keys, behind
        the key ``after``. Without versions there are no deletions in it.

        Raises ``StorageError``, ``StorageUnavailable``.
        """
        for told in self._newest(after):
            if since <= told.occurred_at < until:
                yield told

    def _newest(self, after: str) -> Iterator[Notification]:
        try:
            self._versions.check_kept()
        except NotVersioned:
            return self._objects(after)
        return self._latest(after)

    def _objects(self, after: str) -> Iterator[Notification]:
        page = self._listings.page(USERS, start_after=after)
        while True:
            for found in page.objects:
                yield Notification(Change.CREATED, self._bucket, found.key, found.last_modified)
            if page.next_token is None:
                return
            page = self._listings.page(USERS, token=page.next_token)

    def _latest(self, after: str) -> Iterator[Notification]:
        markers: dict[str, str] | None = {"key-marker": after} if after else {}
        while markers is not None:
            page = self._versions.page(USERS, markers)
            # Some stores list deletions apart.
            for key, version in sorted(page.versions, key=lambda entry: entry[0]):
                if version.is_latest:
                    yield Notification(
                        Change.REMOVED if version.deleted else Change.CREATED,
                        self._bucket,
                        key,
                        version.last_modified,
                        None if version.version_id == _NO_VERSION else version.version_id,
                    )
            markers = page.after
