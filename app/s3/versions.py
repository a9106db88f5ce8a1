"""What a versioned bucket still has of an object, and bringing it back.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from urllib.parse import unquote_plus
from xml.etree.ElementTree import Element

from app.domain.errors import NotFound, NotVersioned
from app.domain.instants import parse_instant
from app.s3.client import S3Client, namespace_of, reading
from app.s3.deletion import ObjectIdentifier
from app.s3.objects import Objects, Refused

MAX_VERSIONS = 1000
MEMORY_SECONDS = 30.0
_NO_VERSIONING = frozenset({"NotImplemented", "501", "MethodNotAllowed", "405"})


class Version(NamedTuple):
    """One version. A deletion is one too: ``deleted``, without size (bytes) and ETag."""

    version_id: str
    is_latest: bool
    deleted: bool
    size: int | None
    etag: str | None
    last_modified: datetime


class Versions:
    """Versions of one bucket's objects. Everything raises ``NotVersioned`` where none are kept."""

    def __init__(
        self,
        exchange: S3Client,
        store: Objects,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._exchange = exchange
        self._store = store
        self._clock = clock
        self._asked_at = float("-inf")
        self._kept = False

    def of(self, key: str) -> list[Version]:
        """The newest 1,000 versions of ``key``, newest first; ``NotFound`` when there is none."""
        self._check_kept()
        document = self._exchange.get(
            {
                "versions": "",
                "prefix": key,
                "max-keys": str(MAX_VERSIONS),
                "encoding-type": "url",
            }
        )
        # Longer keys with the same beginning come after it, on this page or the next.
        found = [version for name, version in _entries(document) if name == key]
        if not found:
            raise NotFound
        # S3 answers newest first, some stores with deletions apart. Within one second a deletion
        # goes first: taking one too many away changes nothing that can be seen.
        return sorted(found, key=lambda v: (v.is_latest, v.last_modified, v.deleted), reverse=True)

    def identifiers(self, prefix: str, limit: int = MAX_VERSIONS) -> list[ObjectIdentifier]:
        """The first versions and delete markers below ``prefix``. Without versions S3 lists the
        objects, as the version ``null``."""
        document = self._exchange.get(
            {"versions": "", "encoding-type": "url", "max-keys": str(limit), "prefix": prefix}
        )
        entries = _entries(document)
        return [ObjectIdentifier(key, v.version_id) for key, v in entries if key.startswith(prefix)]

    def delete(self, key: str, version_id: str) -> None:
        """Remove exactly that version, or take that deletion away."""
        self._store.call("delete_object", Key=key, VersionId=version_id)

    def _check_kept(self) -> None:
        """``NotVersioned`` unless the bucket keeps versions, or once did; asked now and then."""
        if self._clock() - self._asked_at >= MEMORY_SECONDS:
            try:
                answer = self._store.call("get_bucket_versioning", expect=_NO_VERSIONING)
            except Refused:
                answer = {}
            self._kept = answer.get("Status") in ("Enabled", "Suspended")
            self._asked_at = self._clock()
        if not self._kept:
            raise NotVersioned


@reading()
def _entries(document: Element) -> list[tuple[str, Version]]:
    """A ListVersionsResult's versions and deletions with their keys, in its own order."""
    namespace = namespace_of(document)
    encoded = document.findtext(namespace + "EncodingType") == "url"
    decode = unquote_plus if encoded else str
    entries = []
    for entry in document:
        deleted = entry.tag == namespace + "DeleteMarker"
        if not deleted and entry.tag != namespace + "Version":
            continue
        field = {child.tag.removeprefix(namespace): child.text or "" for child in entry}
        version = Version(
            version_id=field["VersionId"],
            is_latest=field["IsLatest"] == "true",
            deleted=deleted,
            size=None if deleted else int(field["Size"]),
            etag=None if deleted else field["ETag"],
            last_modified=parse_instant(field["LastModified"]),
        )
        entries.append((decode(field["Key"]), version))
    return entries
