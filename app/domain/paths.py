"""Paths, roots and keys: the only way a name becomes an S3 key (docs/api.md, Path grammar).

    key  = users/{sub}/ + path
    path = [projects/{project_id}/]{kind}/{one or more safe segments}

A path is refused or taken as it is, never normalised: what is checked, signed and put into a URL is
one string. File names, which people choose, are made safe in ``filenames`` instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from app.domain.errors import NotFound, ValidationFailed
from app.domain.grammar import PREVIEW_START, USERS, UUID, match_path
from app.domain.kinds import LIBRARY_KINDS, PROJECT_KINDS, Kind, check_project_id
from app.domain.limits import MAX_KEY_BYTES
from app.domain.principal import SUB, is_sub
from app.domain.segments import check_key_bytes, fault_in

_KEY = re.compile(rf"{USERS}({SUB.pattern})/(.*)", re.DOTALL)
_KINDS = {str(kind): kind for kind in Kind}


@dataclass(frozen=True, slots=True, init=False)
class AssetPath:
    """A path that satisfies the grammar; constructing it is checking it.

    ``segments`` are those after the kind. ``pointer`` names the input in the ValidationFailed
    that anything off the grammar raises.
    """

    text: str
    project_id: str | None = field(compare=False)
    kind: Kind = field(compare=False)
    segments: tuple[str, ...] = field(compare=False)

    def __init__(self, text: str, *, pointer: str = "/path", reserved: bool = False) -> None:
        match = match_path(text, pointer, reserved=reserved)
        project_id, project_kind, library_kind, rest = match.groups()
        put = object.__setattr__
        put(self, "text", text)
        put(self, "project_id", project_id)
        put(self, "kind", _KINDS[project_kind or library_kind])
        put(self, "segments", tuple(rest.split("/")))

    @classmethod
    def parse(cls, text: str, *, pointer: str = "/path") -> AssetPath:
        """The path that ``text`` is; ValidationFailed at ``pointer`` if it is none."""
        return cls(text, pointer=pointer)

    @classmethod
    def mint(
        cls,
        kind: Kind,
        asset_id: str,
        filename_segments: Sequence[str],
        project_id: str | None = None,
        *,
        reserved: bool = False,
    ) -> AssetPath:
        """The path of a new asset: its file name (or the names of a package) under its own id."""
        if UUID.fullmatch(asset_id) is None:
            raise ValidationFailed.at("/asset_id", "An asset id is a UUID.")
        project = f"projects/{check_project_id(project_id)}/" if project_id is not None else ""
        text = f"{project}{kind}/{asset_id}/{'/'.join(filename_segments)}"
        return cls(text, pointer="/filename", reserved=reserved)

    @property
    def asset_id(self) -> str | None:
        """The UUID folder right below the kind, if there is one."""
        first = self.segments[0]
        return first if len(self.segments) > 1 and UUID.fullmatch(first) else None

    @property
    def filename(self) -> str:
        """The last segment."""
        return self.segments[-1]

    @property
    def folder(self) -> str:
        """The path up to and with its last ``/``."""
        return self.text[: -len(self.segments[-1])]

    @property
    def kind_folder(self) -> str:
        """``[projects/{project_id}/]{kind}/``."""
        return f"projects/{self.project_id}/{self.kind}/" if self.project_id else f"{self.kind}/"

    @property
    def has_asset_folder(self) -> bool:
        """Whether a folder, of whatever name, lies between the kind and the file."""
        return len(self.segments) > 1

    @property
    def asset_folder(self) -> str | None:
        """``…/{kind}/{first folder}/``: what one playback policy covers; None without a folder."""
        return f"{self.kind_folder}{self.segments[0]}/" if self.has_asset_folder else None

    @property
    def names_package(self) -> bool:
        """Whether this is ``…/{kind}/{asset_id}`` alone, which a recursive delete takes."""
        return len(self.segments) == 1 and UUID.fullmatch(self.segments[0]) is not None

    @property
    def is_preview(self) -> bool:
        """Whether this is the picture beside an asset."""
        return len(self.segments) == 2 and self.segments[1].startswith(PREVIEW_START)

    @property
    def package_folder(self) -> str | None:
        """``…/{kind}/{asset_id}/`` for an asset with an id and for ``names_package``, else None."""
        named = self.asset_id or self.names_package
        return f"{self.kind_folder}{self.segments[0]}/" if named else None

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Root:
    """``users/{sub}/``: the only part of the bucket a caller's request can name."""

    sub: str

    def __post_init__(self) -> None:
        if not is_sub(self.sub):
            raise ValidationFailed("The subject cannot be used as a folder name.")

    @property
    def prefix(self) -> str:
        """``users/{sub}/``, with the slash that keeps ``abc`` and ``abcdef`` apart."""
        return f"{USERS}{self.sub}/"

    def key(self, path: AssetPath, *, pointer: str = "/path") -> str:
        """The full S3 key; ValidationFailed when it exceeds 1,024 bytes."""
        key = f"{USERS}{self.sub}/{path.text}"
        check_key_bytes(key, pointer)
        return key

    def check_keys(self, paths: Iterable[AssetPath]) -> None:
        """ValidationFailed at ``/paths/{index}`` of the first whose key exceeds 1,024 bytes."""
        room = MAX_KEY_BYTES - len(self.prefix)
        for index, path in enumerate(paths):
            if len(path.text) * 4 > room:  # else it fits, whatever its characters
                self.key(path, pointer=f"/paths/{index}")

    def path_of(self, key: str, *, pointer: str = "/key") -> AssetPath:
        """The path below this root; NotFound outside it, ValidationFailed off the grammar."""
        if not isinstance(key, str) or not key.startswith(self.prefix):
            raise NotFound
        check_key_bytes(key, pointer)
        return AssetPath(key[len(self.prefix) :], pointer=pointer)

    def try_path_of(self, key: str) -> AssetPath | None:
        """As ``path_of``, but None: listings leave out what the API cannot address."""
        try:
            return self.path_of(key)
        except (NotFound, ValidationFailed):
            return None

    def preview_at(self, key: str) -> AssetPath | None:
        """The preview that lies at ``key``; None for whatever else does."""
        if not key.startswith(self.prefix) or f"/{PREVIEW_START}" not in key:
            return None
        try:
            path = AssetPath(key[len(self.prefix) :], reserved=True)
        except ValidationFailed:
            return None
        return path if path.is_preview and path.asset_id else None

    def list_prefix(
        self, *, kind: Kind | None = None, project_id: str | None = None, prefix: str = ""
    ) -> str:
        """The S3 prefix that lists what all three filters allow, never above this root.

        ``prefix`` is the beginning of a path as paths are written, from the root on
        (``video/0199``); a kind without a project means the library. ValidationFailed when it
        breaks the rules for paths or contradicts ``kind`` or ``project_id``.
        """
        if fault := fault_in(prefix, partial=True):
            raise ValidationFailed.at("/prefix", f"The prefix {fault}.")
        folder = "" if project_id is None else f"projects/{check_project_id(project_id)}/"
        if kind is not None:
            if kind not in (LIBRARY_KINDS if project_id is None else PROJECT_KINDS):
                raise ValidationFailed.at("/kind", f"There is no {kind} in this place.")
            folder += f"{kind}/"
        if not prefix.startswith(folder) and not folder.startswith(prefix):
            raise ValidationFailed.at("/prefix", f"The prefix lies outside {folder}.")
        listed = self.prefix + max(folder, prefix, key=len)
        check_key_bytes(listed, "/prefix")
        return listed


def split_key(key: str) -> tuple[str, str] | None:
    """(sub, the rest) of a key under ``users/``, as an event names it; None for any other key."""
    match = _KEY.fullmatch(key)
    return (match[1], match[2]) if match and is_sub(match[1]) else None
