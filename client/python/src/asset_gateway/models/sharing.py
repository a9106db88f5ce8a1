"""Links for whoever has them: to get a file, or to send some."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from asset_gateway.models.values import Json, instant


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
