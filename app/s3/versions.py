"""What a versioned bucket still has of its objects.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from app.domain.errors import NotFound, NotVersioned, StorageError
from app.domain.instants import parse_instant
from app.s3 import operations
from app.s3.client import S3Client
from app.s3.deletion import ObjectIdentifier
from app.s3.errors import NO_METHOD, UNSUPPORTED, Refused
from app.s3.listings import check_below
from app.s3.objects import Objects
from app.s3.xml import Document, reading, whole_number

MAX_VERSIONS = 1000
MEMORY_SECONDS = 30.0


class Version(NamedTuple):
    """One version. A deletion is one too: ``deleted``, without size (bytes) and ETag."""

    version_id: str
    is_latest: bool
    deleted: bool
    size: int | None
    etag: str | None
    last_modified: datetime

    def recency(self) -> tuple[bool, datetime, bool]:
        """Sorts versions of one key. Within one second a deletion counts as the newer: taking one
        too many away changes nothing that can be seen."""
        return self.is_latest, self.last_modified, self.deleted


class VersionPage(NamedTuple):
    """Versions with their keys, and the markers of the next page; None at the end."""

    versions: list[tuple[str, Version]]
    after: dict[str, str] | None


class Versions:
    """Versions of one bucket's objects."""

    def __init__(
        self,
        client: S3Client,
        objects: Objects,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._objects = objects
        self._clock = clock
        self._asked_at = float("-inf")
        self._kept = False

    def of(self, key: str) -> list[Version]:
        """The newest 1,000 versions of ``key``, newest first.

        Raises ``NotFound`` when there is none, ``NotVersioned`` where none are kept.
        """
        self.check_kept()
        # Longer keys with the same beginning come after it, on this page or the next.
        found = [
            version for name, version in _versions(self._list(key, MAX_VERSIONS)) if name == key
        ]
        if not found:
            raise NotFound
        # S3 answers newest first, some stores with deletions apart.
        return sorted(found, key=Version.recency, reverse=True)

    def page(self, prefix: str, after: Mapping[str, str]) -> VersionPage:
        """A page of all versions below ``prefix``, behind the markers ``after``."""
        document = self._list(prefix, MAX_VERSIONS, after)
        versions = _versions(document)
        check_below(prefix, [key for key, _ in versions])
        if not document.is_truncated:
            return VersionPage(versions, None)
        following = _markers(document)
        if following == after:
            raise StorageError("The storage's list ends in its middle")
        return VersionPage(versions, following)

    def identifiers(self, prefix: str, limit: int = MAX_VERSIONS) -> list[ObjectIdentifier]:
        """The first versions and delete markers below ``prefix``, at most ``limit`` (to 1,000).

        None are there only if this is empty. Without versions S3 lists the objects, as the version
        ``null``.
        """
        after: dict[str, str] = {}
        while True:
            document = self._list(prefix, limit, after)
            found = _identifiers(document)
            check_below(prefix, [each.key for each in found])
            if found or not document.is_truncated:
                return found
            # A page may be empty and not the last.
            before, after = after, _markers(document)
            if after == before:
                raise StorageError("The storage's list ends in its middle")

    def delete(self, key: str, version_id: str) -> None:
        """Remove one version, or take one deletion away, for good."""
        self._objects.remove(key, version_id)

    def _list(self, prefix: str, limit: int, after: Mapping[str, str] | None = None) -> Document:
        """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html"""
        query = {
            "versions": "",
            "prefix": prefix,
            "max-keys": str(limit),
            # Keys may hold characters that XML cannot.
            "encoding-type": "url",
            **{name: text for name, text in (after or {}).items() if text},
        }
        return self._client.ask(operations.LIST_VERSIONS, query=query).document

    def check_kept(self) -> None:
        """``NotVersioned`` unless the bucket keeps versions, or once did; asked now and then."""
        if self._clock() - self._asked_at >= MEMORY_SECONDS:
            self._kept = self._is_versioned()
            self._asked_at = self._clock()
        if not self._kept:
            raise NotVersioned

    def _is_versioned(self) -> bool:
        try:
            answer = self._client.ask(
                operations.GET_VERSIONING,
                query={"versioning": ""},
                expect=UNSUPPORTED | NO_METHOD,
            )
        except Refused:
            return False
        return answer.document.text("Status") in ("Enabled", "Suspended")


@reading()
def _versions(document: Document) -> list[tuple[str, Version]]:
    """Versions and deletions with their keys, in the answer's own order."""
    entries = []
    for name, field in document.each("Version", "DeleteMarker"):
        deleted = name == "DeleteMarker"
        version = Version(
            version_id=field["VersionId"],
            is_latest=field["IsLatest"] == "true",
            deleted=deleted,
            size=None if deleted else whole_number(field["Size"]),
            etag=None if deleted else field["ETag"],
            last_modified=parse_instant(field["LastModified"]),
        )
        entries.append((document.decode(field["Key"]), version))
    return entries


@reading()
def _identifiers(document: Document) -> list[ObjectIdentifier]:
    return [
        ObjectIdentifier(document.decode(field["Key"]), field.get("VersionId") or None)
        for _, field in document.each("Version", "DeleteMarker")
    ]


def _markers(document: Document) -> dict[str, str]:
    return {
        "key-marker": document.decode(document.needed("NextKeyMarker")),
        "version-id-marker": document.text("NextVersionIdMarker"),
    }
