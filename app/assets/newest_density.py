"""How dense assets lie in one folder, by the answers that were read of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from app.s3.listings import MAX_PAGE

#: For so many ids counts what was known of their weight before.
_MEMORY = 10


class Landmark(NamedTuple):
    """Up to the id ``at`` an answer was full; a thousand assets there are ``width`` ids wide."""

    at: int
    width: int


class Density:
    """What tells how wide the next window is to be; never what is listed."""

    def __init__(self) -> None:
        self.landmarks: list[Landmark] = []
        #: Ids of the last complete window, and how wide it was.
        self.trend: tuple[int, int] | None = None
        #: Whether the last answer was full.
        self.was_full = False
        #: Files under one id, by the last answer that had some, or by several.
        self.weight: float | None = None

    def below(self, hi: int) -> Landmark | None:
        """The highest landmark below ``hi``."""
        below = [mark for mark in self.landmarks if mark.at < hi]
        return max(below) if below else None

    def mark(self, positions: Sequence[int], hi: int) -> Landmark:
        """Remember how dense it is at these ``positions`` of an answer that was full, by the later
        half: what comes first may be sparse."""
        self.was_full = True
        half = positions[len(positions) // 2 :]
        width = (half[-1] - half[0]) * MAX_PAGE // max(len(half) - 1, 1)
        mark = Landmark(min(half[-1], hi - 1), max(width, 0))
        self.landmarks.append(mark)
        return mark

    def weigh(self, files: int, ids: int, *, steadily: bool) -> None:
        """So many ``files`` lay under so many ``ids``. ``steadily``: by what was read before, too,
        as one package is short and the next one long."""
        if steadily and self.weight is not None:
            files, ids = files + round(_MEMORY * self.weight), ids + _MEMORY
        self.weight = files / ids

    def measure_in_ids(self) -> None:
        """As many ids take more room than as many files."""
        if self.weight and self.landmarks:
            lowest = min(self.landmarks)
            self.landmarks = [Landmark(lowest.at, int(lowest.width * self.weight))]
