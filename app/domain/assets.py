"""What is known of an asset: from S3's own word, from a listing, and how to reach it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from app.domain.metadata import MARK
from app.domain.paths import AssetPath

Disposition = Literal["inline", "attachment"]
Via = Literal["auto", "s3", "cloudfront"]


class Link(NamedTuple):
    """A signed URL; ``via`` says who answers it."""

    path: AssetPath
    url: str
    expires_at: datetime
    via: str


class Playback(NamedTuple):
    """What plays all files of one folder. Its repr tells none of it: it may end up in a log.

    ``url`` is the manifest with ``query`` on it, ``query`` the signature for every other file,
    ``cookies`` the same by name, for ``cookie_path`` and what is below it.
    """

    url: str
    query: str
    cookies: Mapping[str, str]
    cookie_path: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"Playback(expires_at={self.expires_at!r})"


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object, at one version, as HeadObject tells it.

    ``size`` in bytes, ``etag`` quoted as S3 writes it, ``version_id`` None on a bucket without
    versions and ``null`` for what was there before them, ``metadata`` as stored, ``obeyed_headers``
    those that change what a browser does; ``checksum_sha256`` and ``checksum_crc64nvme`` base64, of
    the whole object; ``expires_at`` when one of the bucket's rules removes it, as S3 says itself.
    """

    key: str
    size: int
    content_type: str
    etag: str
    last_modified: datetime
    version_id: str | None
    metadata: Mapping[str, str]
    checksum_sha256: str | None
    obeyed_headers: Mapping[str, str]
    checksum_crc64nvme: str | None = None
    expires_at: datetime | None = None

    @property
    def mark(self) -> str | None:
        """The mark of the upload that wrote it."""
        return self.metadata.get(MARK)

    @property
    def own_version(self) -> str | None:
        """The version's id if it is this object's alone: ``null`` is whatever has none."""
        return None if self.version_id == "null" else self.version_id


class ListedObject(NamedTuple):
    """One line of a listing; ``size`` in bytes, ``etag`` quoted as S3 writes it."""

    key: str
    size: int
    etag: str
    last_modified: datetime
