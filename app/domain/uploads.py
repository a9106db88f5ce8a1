"""An upload's own facts, which travel in its signed ``upload_id`` instead of a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from app.domain.errors import NotFound, TooLarge, ValidationFailed
from app.domain.filenames import package_filename, safe_filename
from app.domain.limits import MAX_SINGLE_BYTES, MIN_PART_BYTES, human_size
from app.domain.metadata import encode_metadata, marks_package, package_mark
from app.domain.parts import PartPlan
from app.domain.paths import AssetPath, Kind, Root
from app.domain.policy import canonical_type, check_kind_place, check_size, kind_for

Claims = Mapping[str, Any]


class PartSizes(NamedTuple):
    """Bytes above which ``auto`` means multipart, and bytes of a part unless it must be larger."""

    threshold: int
    preferred: int


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


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a client says it is about to send; nothing of it has been believed yet.

    Without a ``method`` the size chooses it. ``part_size`` in bytes is a wish, for multipart alone:
    parts grow where there would be too many.
    """

    filename: str
    content_type: str
    size: int
    kind: Kind | None = None
    project_id: str | None = None
    asset_id: str | None = None
    method: Method | None = None
    checksum_sha256: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    checksum_crc64nvme: str | None = None
    part_size: int | None = None
    preview_for: AssetPath | None = None
    #: Seconds after which S3 is to remove it.
    expires_in: int | None = None


def declare_upload(
    declaration: Declaration,
    root: Root,
    *,
    asset_id: str,
    mark: str,
    max_bytes: Mapping[Kind, int],
    part_sizes: PartSizes,
) -> Upload:
    """The upload that ``declaration`` asks for, under a path of ``root``'s own.

    ``asset_id`` and ``mark`` are freshly minted; the declaration's own asset id, which groups the
    files of a package, goes before. Raises ``ValidationFailed``, ``UnsupportedType``, ``TooLarge``.
    """
    project_id, in_package = declaration.project_id, declaration.asset_id is not None
    if declaration.kind is not None:
        check_kind_place(declaration.kind, project_id)
    content_type = canonical_type(
        declaration.content_type,
        declaration.filename,
        kind=declaration.kind,
        project_id=project_id,
        in_package=in_package,
    )
    kind = declaration.kind or kind_for(content_type, project_id=project_id)
    check_size(kind, declaration.size, max_bytes)
    if declaration.asset_id is None:
        names: tuple[str, ...] = (safe_filename(declaration.filename, content_type=content_type),)
    else:
        names = package_filename(declaration.filename)
        mark = package_mark(mark)
    path = AssetPath.mint(kind, declaration.asset_id or asset_id, names, project_id)
    root.key(path, pointer="/filename")
    encode_metadata(declaration.metadata, mark)
    if declaration.checksum_sha256 and declaration.checksum_crc64nvme:
        raise ValidationFailed.at("/checksum_crc64nvme", "Send one checksum: S3 takes one.")
    _check_part_size(declaration.part_size, part_sizes.preferred)
    method = choose_method(declaration.method, declaration.size, part_sizes.threshold)
    return Upload(
        root.sub,
        path,
        method,
        mark,
        content_type,
        declaration.size,
        declaration.checksum_sha256,
        declaration.metadata,
        part_size=_part_size(declaration, part_sizes) if method is Method.MULTIPART else None,
        checksum_crc64nvme=declaration.checksum_crc64nvme,
    )


def choose_method(wanted: Method | None, size: int, threshold: int) -> Method:
    """The method for ``size`` bytes; ``TooLarge`` for one request over S3's 5 GiB."""
    if wanted is Method.MULTIPART or (wanted is None and size > threshold):
        return Method.MULTIPART
    if size > MAX_SINGLE_BYTES:
        raise TooLarge(
            f"One request can carry up to {human_size(MAX_SINGLE_BYTES)}. Use the method multipart."
        )
    return wanted or Method.PUT


def _part_size(declaration: Declaration, part_sizes: PartSizes) -> int:
    if declaration.checksum_sha256 is not None:
        # S3 knows the SHA-256 of parts and a digest of digests, not the whole object's.
        raise ValidationFailed.at(
            "/checksum_sha256",
            "S3 knows no SHA-256 of a whole multipart upload. Use the method put or post.",
        )
    if declaration.checksum_crc64nvme is not None:
        raise ValidationFailed.at(
            "/checksum_crc64nvme", "Send the checksum of a multipart upload when you complete it."
        )
    wanted = declaration.part_size or part_sizes.preferred
    return PartPlan.of(declaration.size, wanted).part_size


def _check_part_size(wanted: int | None, most: int) -> None:
    # Small parts lose little on a slow line; large ones would only lose more.
    if wanted is not None and not MIN_PART_BYTES <= wanted <= max(most, MIN_PART_BYTES):
        raise ValidationFailed.at(
            "/part_size", f"From {MIN_PART_BYTES:,} to {max(most, MIN_PART_BYTES):,} bytes."
        )
