"""A copy of an asset: where it lies, what is stored with it, which rules it obeys.

What a copy is stored with is decided here, never taken over by S3: it has a mark of its own, the
cache time of its new kind, and no header that a browser would obey and nobody signed (T28).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from app.domain.assets import StoredObject
from app.domain.dispositions import content_disposition
from app.domain.errors import ValidationFailed
from app.domain.kinds import Kind
from app.domain.metadata import MARK, META_PREFIX, encode_value, marks_package, package_mark
from app.domain.packages import is_package, likelihood
from app.domain.paths import AssetPath, Root
from app.domain.policy import (
    cache_control,
    check_kind_place,
    check_size,
    check_type,
    is_active,
    stored_type,
)
from app.domain.previews import check_preview

#: What a back end may store that browsers obey; S3 has no use for the old ``expires``.
_KEPT = frozenset({"content-disposition", "content-encoding", "content-language"})


@dataclass(frozen=True, slots=True)
class Copy:
    """One object to be copied to ``key``, and the headers that S3 is to keep with it.

    ``replaces``: whether an object at ``key`` gives way, as a version below this one.
    """

    source: StoredObject
    key: str
    headers: Mapping[str, str]
    replaces: bool = False

    @property
    def obeyed_headers(self) -> dict[str, str]:
        """Those of ``headers`` that browsers obey."""
        return {name: text for name, text in self.headers.items() if name in _KEPT}


class Destination(NamedTuple):
    """Where an asset is to go: ``kind`` None is the one that it has, no project the library."""

    kind: Kind | None
    project_id: str | None


@dataclass(frozen=True, slots=True)
class Relocation:
    """Where an asset, or all files of a package, are to lie: paths by the paths they come from.

    ``main`` is the one that stands for all of them.
    """

    paths: Mapping[AssetPath, AssetPath]
    main: AssetPath


def relocate(
    path: AssetPath,
    files: Iterable[AssetPath],
    destination: Destination,
    *,
    asset_id: str,
) -> Relocation:
    """Where ``files`` go when ``path`` goes to ``destination``.

    They get the new ``asset_id``; within a package, names stay. Raises ``ValidationFailed`` for a
    kind that the place does not have.
    """
    kind, project_id = destination.kind or path.kind, destination.project_id
    check_kind_place(kind, project_id)
    whole = is_package(path)
    paths = {
        file: AssetPath.mint(
            kind,
            asset_id,
            file.segments[1:] if whole else file.segments[-1:],
            project_id,
            reserved=file.is_preview,
        )
        for file in files
    }
    main = path if path in paths else min((p for p in paths if not p.is_preview), key=_likelihood)
    return Relocation(paths, paths[main])


def _likelihood(path: AssetPath) -> tuple[bool, int, bool, bool, str]:
    return likelihood("/".join(path.segments[1:]))


def plan_copy(
    source: StoredObject, root: Root, path: AssetPath, *, mark: str, max_bytes: Mapping[Kind, int]
) -> Copy:
    """The copy of ``source`` to ``path``, by the rules of the kind it goes to.

    Raises ``UnsupportedType``, ``TooLarge``, or ``ValidationFailed`` for an empty object and for
    one that was stored compressed.
    """
    if path.is_preview:
        content_type = check_preview(source.content_type, path, source.size)
        return Copy(source, root.key(path), stored_headers(source, path, content_type, mark))
    content_type = stored_type(source.content_type, path.filename, path.kind)
    came_from = root.try_path_of(source.key)
    in_package = came_from is not None and came_from.kind is path.kind and path.has_asset_folder
    check_type(path.kind, content_type, in_package=in_package)
    check_size(path.kind, source.size, max_bytes)
    if "content-encoding" in source.obeyed_headers:
        raise ValidationFailed.at(
            "/path", "Files stored with a Content-Encoding can't be copied or moved."
        )
    return Copy(source, root.key(path), stored_headers(source, path, content_type, mark))


def plan_return(version: StoredObject, path: AssetPath, *, mark: str) -> Copy:
    """The copy of an old ``version`` to its own ``path``, above what is there.

    One that a back end wrote stays a back end's, as it was: with a mark it would be judged as an
    upload, and removed.
    """
    headers = stored_headers(version, path, version.content_type, mark)
    if version.mark is None:
        headers = {
            "content-type": version.content_type,
            "cache-control": cache_control(path.kind),
            **{name: version.obeyed_headers[name] for name in _KEPT & {*version.obeyed_headers}},
            **{META_PREFIX + name: value for name, value in version.metadata.items()},
        }
    return Copy(version, version.key, headers, replaces=True)


def stored_headers(
    source: StoredObject, path: AssetPath, content_type: str, mark: str
) -> dict[str, str]:
    """What S3 is to keep with a copy of ``source``."""
    headers = {"content-type": content_type, "cache-control": cache_control(path.kind)}
    if is_active(content_type):
        headers["content-disposition"] = content_disposition("attachment", path.filename)
    encoded = MARK in source.metadata
    for name, value in source.metadata.items():
        # What a back end wrote gets encoded now, because from now on it is decoded.
        headers[META_PREFIX + name] = value if encoded else encode_value(value)
    own = package_mark(mark) if marks_package(source.mark) else mark
    return headers | {META_PREFIX + MARK: own}
