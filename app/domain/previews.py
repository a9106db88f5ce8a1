"""Previews: a small picture beside an asset, under a name in its folder that nobody else can have.

No path that is asked for can have it, so that a preview is never listed, linked, moved or replaced
but with its asset (T62). It sorts before the asset's own files: a listing meets it first.
"""

from __future__ import annotations

from app.domain.declarations import Declaration
from app.domain.errors import TooLarge, UnsupportedType, ValidationFailed
from app.domain.grammar import PREVIEW_START
from app.domain.kinds import Kind
from app.domain.limits import MIB
from app.domain.metadata import encode_metadata
from app.domain.paths import AssetPath, Root, split_key
from app.domain.policy import canonical_type, check_size
from app.domain.uploads import Method, Upload

MAX_BYTES = MIB
#: A preview's name by its type: the extension decides as what it is served.
_EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


def is_preview(key: str) -> bool:
    """Whether ``key``, or what it ends with, is the name of a preview."""
    return key.rpartition("/")[2].startswith(PREVIEW_START)


def seen(known: str, key: str) -> str:
    """The preview that counts once a listing came to that at ``key``: the first of its folder."""
    return known if known.rpartition("/")[0] == key.rpartition("/")[0] else key


def previews_of(root: Root, path: AssetPath) -> str | None:
    """What the keys of the previews of the asset at ``path`` begin with; None if it can have none,
    as it lies in no folder of its own."""
    if path.asset_id is None:
        return None
    return f"{root.prefix}{path.package_folder}{PREVIEW_START}"


def preview_at(root: Root, path: AssetPath, key: str) -> AssetPath | None:
    """The preview at ``key`` if it is one of the asset at ``path``."""
    found = root.preview_at(key) if key else None
    return found if found and found.package_folder == path.package_folder else None


def preview_owner(key: str) -> tuple[Root, AssetPath] | None:
    """Whose preview lies at ``key``; None for whatever else does."""
    sub, _ = split_key(key) or ("", "")
    if not sub:
        return None
    root = Root(sub)
    found = root.preview_at(key)
    return (root, found) if found else None


def check_preview(content_type: str, path: AssetPath, size: int) -> str:
    """``content_type``, if it is the one that the preview at ``path`` is served as, and ``size``
    bytes are few enough. Raises ``UnsupportedType``, ``ValidationFailed``, ``TooLarge``."""
    if path.filename != f"{PREVIEW_START}{_EXTENSIONS.get(content_type)}":
        raise UnsupportedType("A preview is a WebP, JPEG or PNG picture.")
    check_size(Kind.IMAGE, size, {})
    if size > MAX_BYTES:
        raise TooLarge("A preview can be up to 1 MiB.")
    return content_type


def declare_preview(asset: AssetPath, declaration: Declaration, root: Root, *, mark: str) -> Upload:
    """The upload of a preview of ``asset``. Raises ``ValidationFailed``, ``UnsupportedType``,
    ``TooLarge``."""
    if asset.asset_id is None:
        raise ValidationFailed.at("/preview_for", "Only assets in a folder of their own have one.")
    for name in ("kind", "project_id", "asset_id"):
        if getattr(declaration, name) is not None:
            raise ValidationFailed.at(f"/{name}", "preview_for says where it goes.")
    if declaration.method is Method.MULTIPART:
        raise ValidationFailed.at("/method", "A preview goes in one request; use put.")
    if declaration.checksum_sha256 and declaration.checksum_crc64nvme:
        raise ValidationFailed.at("/checksum_crc64nvme", "Send one checksum: S3 takes one.")
    content_type = canonical_type(declaration.content_type, declaration.filename, kind=Kind.IMAGE)
    if content_type not in _EXTENSIONS:
        raise UnsupportedType("A preview is a WebP, JPEG or PNG picture.")
    name = f"{asset.kind_folder}{asset.segments[0]}/{PREVIEW_START}{_EXTENSIONS[content_type]}"
    path = AssetPath(name, reserved=True)
    check_preview(content_type, path, declaration.size)
    root.key(path, pointer="/preview_for")
    encode_metadata(declaration.metadata, mark)
    return Upload(
        root.sub,
        path,
        declaration.method or Method.PUT,
        mark,
        content_type,
        declaration.size,
        declaration.checksum_sha256,
        declaration.metadata,
        checksum_crc64nvme=declaration.checksum_crc64nvme,
        preview_for=asset,
    )
