"""What clients declare, and the upload that comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from app.domain.errors import TooLarge, ValidationFailed
from app.domain.filenames import package_filename, safe_filename
from app.domain.kinds import Kind
from app.domain.limits import MAX_SINGLE_BYTES, MIN_PART_BYTES, human_size
from app.domain.metadata import encode_metadata, package_mark
from app.domain.parts import PartPlan
from app.domain.paths import AssetPath, Root
from app.domain.policy import canonical_type, check_kind_place, check_size, kind_for
from app.domain.uploads import Method, Upload


class PartSizes(NamedTuple):
    """Bytes above which ``auto`` means multipart, and bytes of a part unless it must be larger."""

    threshold: int
    preferred: int


@dataclass(frozen=True, slots=True)
class UploadRules:
    """What the settings say of uploads.

    ``post_policies``: whether the store takes form uploads. ``expiry_days``: the bucket's rules for
    temporary files.
    """

    max_bytes: Mapping[Kind, int]
    part_sizes: PartSizes
    post_policies: bool
    expiry_days: tuple[int, ...] = ()


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
        asset_id, mark = declaration.asset_id, package_mark(mark)
    path = AssetPath.mint(kind, asset_id, names, project_id)
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
