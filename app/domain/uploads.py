"""An upload's own facts, which travel in its sealed ``upload_id`` instead of a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.domain.errors import NotFound, TooLarge
from app.domain.filenames import package_filename, safe_filename
from app.domain.metadata import encode_metadata
from app.domain.paths import AssetPath, Kind, Root
from app.domain.policy import check_kind_place, check_size, check_type, kind_for

MAX_SINGLE_BYTES = 5 * 1024**3
"""S3's limit on one PUT or POST."""


class Method(StrEnum):
    """How the bytes travel."""

    PUT = "PUT"
    POST = "POST"
    MULTIPART = "MULTIPART"


@dataclass(frozen=True, slots=True)
class Upload:
    """What was declared at creation, and so what completion holds the object against.

    ``size`` in bytes, ``checksum_sha256`` base64, ``mark`` the random text that the object's
    metadata carries, ``s3_upload_id`` and ``part_size`` for multipart alone.
    """

    sub: str
    path: AssetPath
    method: Method
    mark: str
    content_type: str
    size: int
    checksum_sha256: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    s3_upload_id: str | None = None
    part_size: int | None = None

    def to_claims(self) -> list[Any]:
        """The facts as a JSON array, short because it stands in URLs."""
        return [
            self.sub,
            self.path.text,
            self.method.value,
            self.mark,
            self.content_type,
            self.size,
            self.checksum_sha256,
            dict(self.metadata),
            self.s3_upload_id,
            self.part_size,
        ]

    @classmethod
    def from_claims(cls, claims: list[Any], *, sub: str) -> Upload:
        """The upload of ``claims``; ``NotFound`` when it is another user's."""
        owner, path, method, *rest = claims
        if owner != sub:
            raise NotFound
        return cls(owner, AssetPath.parse(path), Method(method), *rest)


@dataclass(frozen=True, slots=True)
class SignedUpload:
    """How to send the bytes: ``headers`` with PUT, ``fields`` with POST, the other empty."""

    url: str
    expires_at: datetime
    headers: dict[str, str]
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a client says it is about to send; nothing of it has been believed yet."""

    filename: str
    content_type: str
    size: int
    kind: Kind | None = None
    project_id: str | None = None
    asset_id: str | None = None
    method: str = "auto"
    checksum_sha256: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


def declare_upload(
    declaration: Declaration, root: Root, *, asset_id: str, mark: str, max_bytes: Mapping[Kind, int]
) -> Upload:
    """The upload that ``declaration`` asks for, under a path of ``root``'s own.

    ``asset_id`` and ``mark`` are freshly minted; the declaration's own asset id, which groups the
    files of a package, goes before. Raises ``ValidationFailed``, ``UnsupportedType``, ``TooLarge``.
    """
    content_type, project_id = declaration.content_type, declaration.project_id
    kind = declaration.kind or kind_for(content_type, project_id=project_id)
    check_kind_place(kind, project_id)
    check_type(kind, content_type)
    check_size(kind, declaration.size, max_bytes)
    if declaration.asset_id is None:
        names: tuple[str, ...] = (safe_filename(declaration.filename, content_type=content_type),)
    else:
        names = package_filename(declaration.filename)
    path = AssetPath.mint(kind, declaration.asset_id or asset_id, names, project_id)
    root.key(path, pointer="/filename")
    encode_metadata(declaration.metadata, mark)
    return Upload(
        root.sub,
        path,
        choose_method(declaration.method, declaration.size),
        mark,
        content_type,
        declaration.size,
        declaration.checksum_sha256,
        declaration.metadata,
    )


def choose_method(wanted: str, size: int) -> Method:
    """The method for ``size`` bytes; ``TooLarge`` for one request over S3's 5 GiB."""
    if size > MAX_SINGLE_BYTES:
        raise TooLarge("One request carries at most 5 GiB")
    return Method.POST if wanted == "post" else Method.PUT
