"""A versioned bucket in memory that lists as S3 does, in answers as short as a test wants, and
counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from app.s3.versions import Version, VersionPage, Versions

_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


class _Kept(NamedTuple):
    number: int
    deleted: bool


class MemoryVersions(Versions):
    """``calls`` counts listings; ``most`` is the length of an answer; ``apart``: deletions stand
    behind the versions of an answer, as some stores have them."""

    def __init__(self, most: int = 1000, *, apart: bool = False) -> None:
        self.most = most
        self.apart = apart
        self.calls = 0
        #: The newest first.
        self.kept: dict[str, list[_Kept]] = {}
        self._made = 0

    def put(self, key: str) -> None:
        self._add(key, deleted=False)

    def hide(self, key: str) -> None:
        """Delete it, as often as one likes."""
        self._add(key, deleted=True)

    def uncover(self, key: str) -> None:
        """Take the newest deletion away, if there is one."""
        versions = self.kept.get(key)
        if versions and versions[0].deleted:
            versions.pop(0)

    def erase(self, key: str) -> None:
        """Remove the newest version that is no deletion, as a rule of the bucket does."""
        for kept in self.kept.get(key, []):
            if not kept.deleted:
                self.kept[key].remove(kept)
                return

    def deleted(self) -> dict[str, tuple[str, datetime]]:
        """What can be restored by key: the version that would come back, and when it went."""
        found = {}
        for key, versions in self.kept.items():
            below = next((each for each in versions if not each.deleted), None)
            if below and versions[0].deleted:
                found[key] = (_id(below), _time(versions[0]))
        return found

    def check_kept(self) -> None:
        return

    def page(self, prefix: str, after: Mapping[str, str]) -> VersionPage:
        self.calls += 1
        key_marker, id_marker = after.get("key-marker", ""), after.get("version-id-marker", "")
        entries: list[tuple[str, Version]] = []
        for key in sorted(key for key in self.kept if key.startswith(prefix)):
            for place, kept in enumerate(self.kept[key]):
                # Ids fall from the newest to the oldest, whether the marker's is there or not.
                behind = bool(id_marker) and key == key_marker and _id(kept) < id_marker
                if key > key_marker or behind:
                    entries.append((key, _version(kept, is_latest=place == 0)))
        found = entries[: self.most]
        last = found[-1] if found else None
        more = len(entries) > self.most
        if self.apart:
            found = sorted(found, key=lambda entry: entry[1].deleted)
        if not more or last is None:
            return VersionPage(found, None)
        markers = {"key-marker": last[0], "version-id-marker": last[1].version_id}
        return VersionPage(found, markers)

    def _add(self, key: str, *, deleted: bool) -> None:
        self._made += 1
        self.kept.setdefault(key, []).insert(0, _Kept(self._made, deleted))


def _id(kept: _Kept) -> str:
    return f"{kept.number:06}"


def _time(kept: _Kept) -> datetime:
    return _BEGAN + timedelta(seconds=kept.number)


def _version(kept: _Kept, *, is_latest: bool) -> Version:
    size, etag = (None, None) if kept.deleted else (kept.number, '"etag"')
    return Version(_id(kept), is_latest, kept.deleted, size, etag, _time(kept))
