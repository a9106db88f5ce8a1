"""A bucket in memory that lists as S3 does, in answers as short as a test wants, and counts."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from datetime import UTC, datetime

from app.domain.asset_ids import number_of, text_of
from app.domain.assets import ListedObject
from app.s3.listings import MAX_PAGE, Listings, Page

WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)


class MemoryBucket(Listings):
    """``calls`` counts listings; ``most`` is the length of an answer."""

    def __init__(self, keys: Iterable[str], most: int = MAX_PAGE) -> None:
        self.keys = sorted(keys)
        self.most = most
        self.calls = 0

    def put(self, key: str) -> None:
        if key not in self.keys:
            insort(self.keys, key)

    def page(
        self,
        prefix: str,
        *,
        limit: int = MAX_PAGE,
        token: str | None = None,
        delimiter: str = "",
        start_after: str = "",
    ) -> Page:
        self.calls += 1
        behind = max(start_after, token or "")
        at = max(bisect_left(self.keys, prefix), bisect_right(self.keys, behind))
        objects: list[ListedObject] = []
        folders: list[str] = []
        while at < len(self.keys) and self.keys[at].startswith(prefix):
            if len(objects) + len(folders) == min(limit, self.most):
                return Page(objects, folders, self.keys[at - 1])
            key = self.keys[at]
            if delimiter and delimiter in key[len(prefix) :]:
                folder = key[: key.index(delimiter, len(prefix)) + 1]
                at = bisect_right(self.keys, f"{folder}\U0010ffff")
                if folder > behind:
                    folders.append(folder)
                continue
            objects.append(ListedObject(key, len(key), '"etag"', WRITTEN))
            at += 1
        return Page(objects, folders, None)


def asset_id(milliseconds: int, random: int) -> str:
    """A UUIDv7 of that time and 74 random bits."""
    high, low = random >> 62 & 0xFFF, random & (1 << 62) - 1
    return text_of(milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low)


def newest_first(keys: Iterable[str], folders: list[str]) -> list[str]:
    """A plain sort: ids from the newest, by folder and key within one; then all others by key."""
    timed, others = [], []
    for key in keys:
        for index, folder in enumerate(folders):
            if key.startswith(folder):
                name, slash, _ = key[len(folder) :].partition("/")
                number = number_of(name) if slash else None
                if number is None:
                    others.append(key)
                else:
                    timed.append((-number, index, key))
    return [key for _, _, key in sorted(timed)] + sorted(others)
