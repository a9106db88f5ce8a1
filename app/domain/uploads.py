"""An upload's own facts, which travel in its signed ``upload_id`` instead of a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.domain.errors import NotFound, ValidationFailed
from app.domain.metadata import encode_metadata, marks_package
from app.domain.parts import PartPlan
from app.domain.paths import AssetPath, Root

Claims = Mapping[str, Any]


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
    checksum_crc64nvme: str | None = None
    #: The asset that it is a preview of.
    preview_for: AssetPath | None = None
    #: S3 removes it so many days after it came; None for never.
    expiry_days: int | None = None

    @property
    def key(self) -> str:
        """The full S3 key."""
        return Root(self.sub).key(self.path)

    @property
    def in_package(self) -> bool:
        """Whether its folder is shared with other uploads, so that its path may be taken."""
        return marks_package(self.mark)

    @property
    def plan(self) -> PartPlan | None:
        """How the bytes are cut; None unless this is multipart with parts of known sizes."""
        return PartPlan(self.size, self.part_size) if self.part_size else None

    def marked(self, mark: str) -> Upload:
        """The same with another mark. Raises ``ValidationFailed`` when the metadata leave it no
        room."""
        if mark == self.mark:
            return self
        encode_metadata(self.metadata, mark)
        return replace(self, mark=mark)

    def expiring(self, days: int | None) -> Upload:
        """The same, removed by S3 after so many days. Raises ``ValidationFailed`` for a form, which
        would need a tag in XML."""
        if days is None:
            return self
        if self.method is Method.POST:
            raise ValidationFailed.at("/method", "Temporary files go by put or multipart.")
        return replace(self, expiry_days=days)

    def to_claims(self) -> dict[str, Any]:
        """The facts as JSON, short because it stands in URLs: what is not set is left out."""
        return {name: value for name, value in self._facts().items() if value not in (None, {})}

    def _facts(self) -> dict[str, Any]:
        return {
            "sub": self.sub,
            "path": self.path.text,
            "method": self.method.value,
            "mark": self.mark,
            "type": self.content_type,
            "size": self.size,
            "sha256": self.checksum_sha256,
            "metadata": dict(self.metadata),
            "s3_id": self.s3_upload_id,
            "part_size": self.part_size,
            "crc64nvme": self.checksum_crc64nvme,
            "for": self.preview_for and self.preview_for.text,
            "days": self.expiry_days,
        }

    @classmethod
    def from_claims(cls, claims: Claims, *, sub: str) -> Upload:
        """The upload of ``claims``; ``NotFound`` when it is another user's, or was only listed."""
        if claims["sub"] != sub or "method" not in claims:
            raise NotFound
        asset = claims.get("for")
        return cls(
            sub,
            AssetPath(claims["path"], reserved=asset is not None),
            Method(claims["method"]),
            claims["mark"],
            claims["type"],
            claims["size"],
            claims.get("sha256"),
            claims.get("metadata", {}),
            claims.get("s3_id"),
            claims.get("part_size"),
            claims.get("crc64nvme"),
            AssetPath.parse(asset) if asset is not None else None,
            claims.get("days"),
        )


@dataclass(frozen=True, slots=True)
class ListedUpload:
    """An unfinished multipart upload as S3's listing knows it, without what was declared.

    So it serves to look and to abort, not to sign or to complete.
    """

    sub: str
    path: AssetPath
    s3_upload_id: str
    initiated_at: datetime = field(default=datetime.min, compare=False)

    @property
    def key(self) -> str:
        """The full S3 key."""
        return Root(self.sub).key(self.path)

    def to_claims(self) -> dict[str, Any]:
        """As ``Upload.to_claims``, told apart by having no method."""
        return {"sub": self.sub, "path": self.path.text, "s3_id": self.s3_upload_id}


def upload_of(claims: Claims, *, sub: str) -> Upload | ListedUpload:
    """Whatever upload ``claims`` are of; ``NotFound`` when it is another user's."""
    if "method" in claims:
        return Upload.from_claims(claims, sub=sub)
    if claims["sub"] != sub:
        raise NotFound
    return ListedUpload(sub, AssetPath.parse(claims["path"]), claims["s3_id"])
