"""Where to look next: windows that hold enough assets for a page, and not too many to be read.

Nothing is known of how assets lie in time, so this is a search: by the density of what was read
last while that serves, else between what is known to be too much (a landmark) and too little (what
is known already). Distances there may differ by ten orders of magnitude, a burst within a minute
beside years without an asset, so they are halved in their logarithm first.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt

from app.assets.newest_asks import MOST, contents, probe, read_on, survey
from app.assets.newest_density import Landmark
from app.assets.newest_folder import Folder
from app.assets.newest_keys import Ask
from app.domain.asset_ids import end_below
from app.s3.listings import MAX_PAGE

#: Times what a page needs is what a window is to hold: the next pages read it again.
_AMPLE = 4
_FEWEST = 40
#: From so few assets no density is told.
_TELLING = 8
#: So many full answers are read one after the other; more where nothing was found before.
_CLOSE, _CLOSE_WITH_CARE = 2, 6
#: Beyond so many full answers, distances are halved in their logarithm.
_FAR = 128
#: Beyond so many, spans of time are asked for.
_SURVEYED = 128


class Search:
    """Chooses the listings of each round. ``need``: how many entries the page is to have.

    ``careful``: the page before found nothing by all its calls, so that this one reads on from
    where it came to rather than look for a better place.
    """

    def __init__(
        self,
        folders: Sequence[Folder],
        need: int,
        *,
        now: int,
        filtered: bool,
        careful: bool,
    ) -> None:
        self._folders = folders
        self._careful = careful
        self._now = now
        self._need = need
        self._filtered = filtered
        self._asked = False
        self._even: set[int] = set()
        self._spanned: set[int] = set()

    def next(self, calls_left: int) -> list[tuple[Folder, Ask]]:
        """Listings to make side by side; none when there is nothing more to learn."""
        live = sorted((f for f in self._folders if f.live), key=lambda f: f.edge)
        if not live:
            return []
        first = live[0]
        if first.inside is not None:
            return [(first, read_on(first))]
        planned = [
            (f, f.plan) for f in live if f.plan is not None and f.plan < f.hi and f.inside is None
        ]
        if planned:
            for folder in live:
                folder.plan = None
            return [(f, probe(f, plan)) for f, plan in planned]
        waiting = [folder for folder in live if folder.inside is None]
        level = min(folder.hi for folder in live)
        behind = [f for f in waiting if f.hi > level and _can_try(f, level)]
        lowest = min(waiting, key=lambda f: f.hi, default=first)
        if behind and calls_left > len(behind) and self._goes_alone(lowest, live):
            # To ask the others too at each step would take too much.
            return [(lowest, self._choose(lowest, calls_left - len(live) + 1))]
        if behind:
            self._asked = True
            return [(f, probe(f, self._at_or_below(f, level))) for f in behind][:calls_left]
        if all(folder.hi == level and not folder.ids for folder in waiting):
            return self._all_lower(waiting, level)[:calls_left] or self._guide(waiting, calls_left)
        return [(first, self._choose(first, calls_left - len(live) + 1))]

    def _at_or_below(self, folder: Folder, level: int) -> int:
        """Where to ask ``folder`` for all from ``level`` on: for ids it costs no more to ask for as
        many as a page may need."""
        count, span = folder.density.trend or (0, 0)
        if not folder.counts_ids or count < _TELLING:
            return level
        return max(min(level, folder.hi - span * self._target(1) // count), 0)

    def _goes_alone(self, folder: Folder, live: Sequence[Folder]) -> bool:
        """Whether ``folder``, which is known the furthest, goes on until it may be enough for a
        page: with as much in each of the others, until it is known what these have."""
        if self._filtered or self._careful or folder.landmark is None or folder.ids:
            return False
        enough = self._need if self._asked else self._need // len(live)
        return sum(len(each.entries.known) for each in live) < enough

    def _all_lower(self, live: Sequence[Folder], level: int) -> list[tuple[Folder, Ask]]:
        """One window further down for all, while nothing speaks against it."""
        marks = [folder.landmark for folder in live]
        trends = [folder.density.trend for folder in live if folder.density.trend]
        count = sum(count for count, _ in trends)
        if count >= _TELLING:
            # Folders that had several windows each count by their last one.
            rate = sum(count / max(span, 1) for count, span in trends)
            start = max(level - max(int(self._target(len(live)) * len(live) / rate), 1), 0)
        elif not any(marks):
            start = 0
        else:
            return []
        return [(f, probe(f, start)) for f in live if _can_try(f, start)]

    def _guide(self, live: Sequence[Folder], calls_left: int) -> list[tuple[Folder, Ask]]:
        """The folder of the highest landmark alone: where it comes to, the others try at once."""
        guide = max(live, key=lambda f: f.landmark or Landmark(-1, 0))
        return [(guide, self._choose(guide, calls_left - len(live) + 1))]

    def _target(self, folders: int) -> int:
        if self._filtered:
            return MOST
        return min(max(_AMPLE * self._need // folders, _FEWEST), MOST)

    def _choose(self, folder: Folder, calls_left: int) -> Ask:
        if folder.ids:
            return contents(folder, self._need)
        mark = folder.landmark
        target = self._target(len([f for f in self._folders if f.live]))
        if folder.density.trend and folder.density.trend[0] >= _TELLING:
            count, span = folder.density.trend
            start = folder.hi - max(span * target // count, 1)
            folder.density.trend = None
            if mark is None or start > mark.at:
                return probe(folder, max(start, 0))
        if mark is None:
            return probe(folder, folder.floor)
        return self._between(folder, mark, target, calls_left)

    def _between(self, folder: Folder, mark: Landmark, target: int, calls_left: int) -> Ask:
        """Somewhere above ``mark``, where it is too much, and below what is known."""
        # Far above the present there is nothing to be looked for, as a rule.
        top = min(folder.hi, self._now) if mark.at < self._now else folder.hi
        gap = end_below(top) - mark.at
        answers = gap // max(mark.width, 1)
        if gap < 2 or answers <= self._close(calls_left):
            return read_on(folder)
        if not self._careful and (ask := self._by_spans(folder, mark, answers)):
            return ask
        if folder.index not in self._even:
            # As dense as at the landmark all the way up, to begin with.
            self._even.add(folder.index)
            start = mark.at + gap - mark.width * target // MAX_PAGE
            return probe(folder, max(start, mark.at + 1))
        # A full answer shows that it is not only here that it is dense.
        if answers > _FAR and not folder.density.was_full:
            return probe(folder, mark.at + max(isqrt(mark.width * gap), 1))
        return probe(folder, mark.at + max(gap // 2, 1))

    def _close(self, calls_left: int) -> int:
        """How many full answers are read one after the other."""
        if self._careful:
            return max(2, min(calls_left - 1, _CLOSE_WITH_CARE))
        # Whatever one folder takes, the others take as well.
        return _CLOSE if len(self._folders) == 1 else 0

    def _by_spans(self, folder: Folder, mark: Landmark, answers: int) -> Ask | None:
        """By the spans of time above ``mark`` that hold something."""
        spans = [span for span in folder.spans if mark.at < span < folder.hi]
        if spans:
            return probe(folder, spans[-self._some(folder, len(spans))])
        ask = survey(folder, mark.at) if answers > _SURVEYED else None
        if ask:
            self._even.discard(folder.index)
        return ask

    def _some(self, folder: Folder, spans: int) -> int:
        """How many of so many spans to read: a few to begin with; all, if they are likely to hold
        as little as those; else half."""
        if folder.index not in self._spanned:
            self._spanned.add(folder.index)
            return max(isqrt(spans), 1)
        return spans if not folder.density.was_full else max(spans // 2, 1)


def _can_try(folder: Folder, level: int) -> bool:
    """Whether it is not known yet that there is too much from ``level`` on."""
    mark = folder.landmark
    return not folder.ids and folder.inside is None and (mark is None or level > mark.at)
