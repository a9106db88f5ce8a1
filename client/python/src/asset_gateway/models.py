"""What the gateway answers with. Members that are not known here are in ``raw``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Json = Mapping[str, Any]


def instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


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


@dataclass(frozen=True, slots=True)
class Asset:
    """A stored file. ``path`` names it to the gateway; sizes are bytes."""

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
    raw: Json = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, found: Json) -> Asset:
        link = found.get("link")
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
            raw=found,
        )


@dataclass(frozen=True, slots=True)
class Share:
    """A link that works without an account. ``url`` is a path where the gateway has no address,
    ``opens`` None where the gateway does not count them."""

    share_id: str
    path: str
    expires_at: datetime | None
    url: str = ""
    note: str | None = None
    max_opens: int | None = None
    opens: int | None = None

    @classmethod
    def of(cls, found: Json) -> Share:
        expires_at = instant(found.get("expires_at"))
        return cls(
            found["share_id"],
            found["path"],
            expires_at,
            found.get("url") or "",
            found.get("note"),
            found.get("max_opens"),
            found.get("opens"),
        )


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """A link by which whoever has it sends files. ``url`` is a path where the gateway has no
    address; ``files`` were declared so far, of ``max_files`` of at most ``max_bytes`` each."""

    request_id: str
    url: str
    kind: str
    max_files: int
    max_bytes: int
    files: int
    expires_at: datetime | None
    project_id: str | None = None
    content_types: tuple[str, ...] = ()
    note: str | None = None

    @classmethod
    def of(cls, found: Json) -> UploadRequest:
        return cls(
            found["request_id"],
            found["url"],
            found["kind"],
            found["max_files"],
            found["max_bytes"],
            found["files"],
            instant(found.get("expires_at")),
            found.get("project_id"),
            tuple(found.get("content_types") or ()),
            found.get("note"),
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
class Deleted:
    """What a deletion by paths came to; ``errors`` has a code for each path that is still there."""

    paths: tuple[str, ...]
    errors: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Package:
    """Files under one asset id, in the order of their names."""

    asset_id: str
    assets: tuple[Asset, ...]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who the gateway takes the caller for. ``usage`` and ``limits`` are as ``GET /v1/me`` has
    them."""

    sub: str
    prefix: str
    usage: Json
    limits: Json
    raw: Json = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, found: Json) -> Caller:
        return cls(
            found["sub"], found["prefix"], found.get("usage", {}), found.get("limits", {}), found
        )


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Part of a listing; ``next_cursor`` asks for the next, None at the end."""

    items: tuple[T, ...]
    next_cursor: str | None

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)
