"""Assets, and what can be had of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from asset_gateway.models.values import Json, instant

Disposition = Literal["inline", "attachment"]
Via = Literal["auto", "s3", "cloudfront"]


@dataclass(frozen=True, slots=True)
class Link:
    """A signed URL, good until ``expires_at``."""

    url: str
    expires_at: datetime | None
    via: str = ""
    path: str = ""

    @classmethod
    def of(cls, found: Json, path: str = "") -> Link:
        """``path``: of the asset that it is part of, where it does not say so itself."""
        expires_at = instant(found.get("expires_at"))
        return cls(found["url"], expires_at, found.get("via", ""), found.get("path", path))


class Files(NamedTuple):
    """All files of a package, the manifest among them."""

    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Asset:
    """A stored file. ``path`` names it to the gateway; sizes are bytes.

    ``expires_at``: when the store removes it by itself. ``package`` is a manifest's.
    ``deleted_at`` and ``version_id`` are there in listings with ``deleted=True``.
    """

    path: str
    key: str
    kind: str
    size: int
    content_type: str | None
    filename: str
    project_id: str | None = None
    asset_id: str | None = None
    etag: str | None = None
    last_modified: datetime | None = None
    metadata: Mapping[str, str] | None = None
    link: Link | None = None
    expires_at: datetime | None = None
    preview: Link | None = None
    package: Files | None = None
    checksum_crc64nvme: str | None = None
    deleted_at: datetime | None = None
    version_id: str | None = None
    raw: Json = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, found: Json) -> Asset:
        link, preview, package = (found.get(name) for name in ("link", "preview", "package"))
        return cls(
            path=found["path"],
            key=found["key"],
            kind=found["kind"],
            size=found["size"],
            content_type=found.get("content_type"),
            filename=found["filename"],
            project_id=found.get("project_id"),
            asset_id=found.get("asset_id"),
            etag=found.get("etag"),
            last_modified=instant(found.get("last_modified")),
            metadata=found.get("metadata"),
            link=Link.of(link, found["path"]) if link else None,
            expires_at=instant(found.get("expires_at")),
            preview=Link.of(preview) if preview else None,
            package=Files(package["files"], package["bytes"]) if package else None,
            checksum_crc64nvme=found.get("checksum_crc64nvme"),
            deleted_at=instant(found.get("deleted_at")),
            version_id=found.get("version_id"),
            raw=found,
        )


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an asset; ``deleted`` marks a deletion."""

    version_id: str
    is_latest: bool
    deleted: bool
    size: int | None
    last_modified: datetime | None

    @classmethod
    def of(cls, found: Json) -> Version:
        return cls(
            found["version_id"],
            found["is_latest"],
            found["deleted"],
            found.get("size"),
            instant(found.get("last_modified")),
        )


@dataclass(frozen=True, slots=True)
class Playback:
    """One signature for a package's folder: ``url`` is the manifest with it on, ``query`` stands
    behind every other URL of the folder, ``cookies`` are the same."""

    url: str
    query: str
    cookies: Mapping[str, str]
    expires_at: datetime | None

    @classmethod
    def of(cls, found: Json) -> Playback:
        return cls(found["url"], found["query"], found["cookies"], instant(found["expires_at"]))


@dataclass(frozen=True, slots=True)
class Deleted:
    """What a deletion by paths came to; ``errors`` has a code for each path that is still there."""

    paths: tuple[str, ...]
    errors: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Package:
    """Files under one asset id, in the order in which they were sent."""

    asset_id: str
    assets: tuple[Asset, ...]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An upload in parts that was not completed; ``upload_id`` serves to abort it."""

    upload_id: str
    path: str
    key: str
    initiated_at: datetime | None

    @classmethod
    def of(cls, found: Json) -> Unfinished:
        initiated_at = instant(found["initiated_at"])
        return cls(found["upload_id"], found["path"], found["key"], initiated_at)
