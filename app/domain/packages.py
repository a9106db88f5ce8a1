"""HLS and DASH packages: the folder of one asset id with a manifest, counted as one thing."""

from __future__ import annotations

from typing import Any, NamedTuple

from app.domain.assets import ListedObject
from app.domain.instants import parse_instant

MANIFESTS = (".m3u8", ".mpd")
_FIRST_MANIFESTS = ("master", "manifest", "index", "main")


class PackageSize(NamedTuple):
    """Files of a package, its manifest among them, and their bytes."""

    files: int
    bytes: int


def is_manifest(name: str) -> bool:
    """Whether ``name``, a path below the asset's folder, makes a package of the folder.

    Those of the renditions lie in folders of their own, as a rule.
    """
    return "/" not in name and name.lower().endswith(MANIFESTS)


def likelihood(name: str) -> tuple[bool, int, bool, str]:
    """Sorts first, of the files of a folder, the manifest that stands for all of them."""
    stem, dot, extension = name.rpartition("/")[2].lower().rpartition(".")
    return (
        dot + extension not in MANIFESTS,
        name.count("/"),
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
        if is_manifest(name) and (self.main is None or likelihood(name) < likelihood(self._name)):
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
