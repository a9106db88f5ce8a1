"""What was deleted and can be restored: keys whose newest version is a deletion, with one below.

From the bucket's own versions, so what was erased, or removed by a lifecycle rule, is not there.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from app.domain.assets import ListedObject
from app.domain.instants import parse_instant
from app.s3.versions import Version, VersionPage, Versions

#: Listings of one call, a thousand versions each.
MAX_CALLS = 16


class DeletedObject(NamedTuple):
    """The version that restoring brings back, and when it was deleted."""

    version: ListedObject
    version_id: str
    deleted_at: datetime


class Deletions:
    """Deletions below a prefix."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions

    def page(
        self, prefix: str, matches: Callable[[str], bool], *, limit: int, state: Any
    ) -> tuple[list[DeletedObject], Any]:
        """Deletions of the next keys, the newest first, and the next state; None at the end.

        A page may be short, or empty, and not the last. Raises ``NotVersioned``, ``StorageError``
        and ``StorageUnavailable``.
        """
        self._versions.check_kept()
        after, pending = state or ({}, None)
        found: list[DeletedObject] = []
        for _ in range(MAX_CALLS):
            page = self._versions.page(prefix, after)
            for key, versions in _by_key(page):
                deleted_at = _deleted_at(versions, key, pending)
                pending = None
                if deleted_at is None or not matches(key):
                    continue
                below = next((v for v in versions if not v.deleted), None)
                if below is not None:
                    found.append(_deleted(key, below, deleted_at))
                    if len(found) == limit:
                        return _newest_first(found), ({"key-marker": key}, None)
                else:
                    # There may be more of it on the next page, if this is the last key here.
                    pending = [key, deleted_at.isoformat()]
            if page.after is None:
                return _newest_first(found), None
            after = page.after
        return _newest_first(found), (after, pending)


def _by_key(page: VersionPage) -> list[tuple[str, list[Version]]]:
    """Versions by key, the newest first; some stores list deletions apart."""
    entries = sorted(page.versions, key=lambda entry: entry[0])
    return [
        (key, sorted((v for _, v in each), key=Version.recency, reverse=True))
        for key, each in groupby(entries, key=lambda entry: entry[0])
    ]


def _deleted_at(versions: list[Version], key: str, pending: Any) -> datetime | None:
    """When ``key`` was deleted; None if it was not, or is there again."""
    if versions[0].is_latest:
        return versions[0].last_modified if versions[0].deleted else None
    # The newest version was on the page before.
    return parse_instant(pending[1]) if pending and pending[0] == key else None


def _deleted(key: str, below: Version, deleted_at: datetime) -> DeletedObject:
    version = ListedObject(key, below.size or 0, below.etag or "", below.last_modified)
    return DeletedObject(version, below.version_id, deleted_at)


def _newest_first(found: list[DeletedObject]) -> list[DeletedObject]:
    return sorted(found, key=lambda each: each.deleted_at, reverse=True)
