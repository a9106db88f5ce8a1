"""HLS and DASH packages: the folder of one asset id with a manifest, counted as one thing."""

from __future__ import annotations

from typing import Any, NamedTuple

from app.domain.assets import ListedObject
from app.domain.instants import parse_instant
from app.domain.kinds import Kind
from app.domain.paths import AssetPath

MANIFESTS = (".m3u8", ".mpd")
_FIRST_MANIFESTS = ("master", "manifest", "index", "main")
#: As in ``holiday.master.m3u8``: a package that its folder gave a name.
_NAMED_FIRST = ".master"


class PackageSize(NamedTuple):
    """Files of a package, its manifest among them, and their bytes."""

    files: int
    bytes: int


def is_manifest(path: AssetPath) -> bool:
    """Whether the file at ``path`` names other files, without which it is nothing."""
    return path.filename.lower().endswith(MANIFESTS)


def is_package(path: AssetPath) -> bool:
    """Whether ``path`` stands for a folder: ``…/{kind}/{asset_id}`` alone, or its manifest.

    A manifest without what it names is no asset, so it is never copied or moved on its own.
    """
    return path.names_package or is_main_file(path)


def is_main_file(path: AssetPath) -> bool:
    """Whether ``path`` is a file that stands for its whole folder: ``…/{asset_id}/{manifest}``."""
    return path.asset_id is not None and len(path.segments) == 2 and is_manifest(path)


def is_played(path: AssetPath) -> bool:
    """Whether ``path`` is a manifest that takes a signature for its folder to be played."""
    return path.kind in (Kind.AUDIO, Kind.VIDEO) and is_manifest(path)


def likelihood(name: str) -> tuple[bool, int, bool, bool, str]:
    """Sorts first, of the files of a folder, the manifest that stands for all of them."""
    stem, dot, extension = name.rpartition("/")[2].lower().rpartition(".")
    return (
        dot + extension not in MANIFESTS,
        name.count("/"),
        not stem.endswith(_NAMED_FIRST),
        stem not in _FIRST_MANIFESTS,
        name,
    )


class Tally:
    """Counts the files of one folder as they come."""

    def __init__(self, files: int = 0, size: int = 0) -> None:
        self.size = PackageSize(files, size)
        self.main: ListedObject | None = None
        self._name = ""

    def add(self, found: ListedObject, name: str) -> None:
        """``name``: below the folder."""
        self.size = PackageSize(self.size.files + 1, self.size.bytes + found.size)
        # Manifests of the renditions lie in folders of their own, as a rule.
        is_main = "/" not in name and name.lower().endswith(MANIFESTS)
        if is_main and (self.main is None or likelihood(name) < likelihood(self._name)):
            self.main, self._name = found, name

    def to_claims(self) -> list[Any]:
        """As JSON, for a cursor: a folder may be longer than what one call looks at."""
        main = self.main and [*self.main[:3], self.main.last_modified.isoformat(), self._name]
        return [*self.size, main]

    @classmethod
    def from_claims(cls, claims: list[Any]) -> Tally:
        files, size, main = claims
        tally = cls(files, size)
        if main:
            key, length, etag, modified, name = main
            tally.main = ListedObject(key, length, etag, parse_instant(modified))
            tally._name = name
        return tally
