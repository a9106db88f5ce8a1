"""What is known of one folder while a listing goes through it from its newest asset to its oldest.

S3 lists in ascending order alone. So the folder is read in windows: from some asset id on, up to
where everything is known already. A window that holds more than one answer of the store can be
read on, or given up for a narrower one; its answer is kept as a landmark, which tells how dense
the assets lie there.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from app.assets.newest_density import Density, Landmark
from app.assets.newest_entries import Entries, Order
from app.assets.newest_keys import Ask, Keys
from app.assets.newest_survey import spans_of
from app.domain.asset_ids import number_of
from app.domain.assets import ListedObject
from app.s3.listings import Page

#: Behind all folders of a place.
_LAST_FOLDER = 99
#: With fewer ids than this in a full answer, windows are measured in ids instead of files.
_FEW_IDS = 50


class Reading(NamedTuple):
    """Files by id from ``start`` on, up to the key ``last``, without a gap."""

    start: int
    files: list[tuple[int, ListedObject]]
    last: str


class Folder:
    """Knowledge of one folder. Ids from ``hi`` on are known; those below ``floor`` not wanted."""

    def __init__(self, entries: Entries, *, floor: int, hi: int) -> None:
        self.keys = Keys(entries.prefix)
        self.index = entries.index
        self.entries = entries
        self.floor = floor
        self.hi = hi
        self.density = Density()
        #: From where to read first, as the page before advised.
        self.plan: int | None = None
        self.reading: Reading | None = None
        #: Whether windows are measured in ids; unless that was tried, and only files led on.
        self.by_ids = False
        self._only_files = False
        #: Where spans begin that hold something, ascending, without a gap up to ``hi``; and how
        #: often that was asked, which may tell nothing.
        self.spans: list[int] = []
        self.surveys = 0
        #: Ids below ``hi`` that are known to be there, ascending, without a gap up to ``hi``.
        self.ids: list[int] = []
        #: The last key that was read of the asset just below ``hi``, which is too long for one
        #: answer.
        self.inside: str | None = None
        self.has_untimed = False
        #: All other names, once an answer had the whole folder.
        self.rest: list[ListedObject] | None = None

    @property
    def live(self) -> bool:
        """Whether there is more to learn."""
        return self.hi > self.floor

    @property
    def edge(self) -> Order:
        """Everything that stands up to here is known."""
        if not self.live:
            return (1, _LAST_FOLDER, "")
        return (1 - self.hi, self.index, self.inside or "" if self.entries.tally is None else "")

    @property
    def counts_ids(self) -> bool:
        """Whether windows are measured in ids for good, as packages are one entry."""
        return self.by_ids and self.entries.grouped

    @property
    def landmark(self) -> Landmark | None:
        """The highest one below ``hi``."""
        return self.density.below(self.hi)

    def learn(self, ask: Ask, page: Page) -> None:
        """Take in the answer to ``ask``."""
        self.density.was_full = False
        if self.inside is not None:
            self._learn_inside(page)
        elif ask.is_of_spans:
            self._learn_spans(ask, page)
        elif ask.is_of_ids:
            self._learn_ids(ask, page)
        else:
            self._learn_files(ask, page)

    def _learn_inside(self, page: Page) -> None:
        number, more = self.hi - 1, page.next_token is not None
        self.inside = page.objects[-1].key if page.objects else self.inside
        if self.entries.take(number, page.objects, more=more):
            # Once more from the beginning, now that it is known to be no package.
            self.inside = ""
        elif not more:
            self.inside, self.hi = None, number

    def _learn_spans(self, ask: Ask, page: Page) -> None:
        if any(self.keys.number(found.key) is not None for found in page.objects):
            # A store that groups by slashes alone.
            return
        names = self.keys.names(page)
        spans, length = spans_of(names)
        self.has_untimed |= bool(page.objects) or len(spans) < len(names)
        if self._mark_full(page) is not None:
            return
        self.spans = [span for span in spans if span < self.hi]
        # Nothing lies behind the last one, and nothing at all without one.
        self.hi = min(self.hi, self.spans[-1] + length if self.spans else ask.start)

    def _learn_ids(self, ask: Ask, page: Page) -> None:
        names = self.keys.names(page)
        numbers = [number_of(name) for name in names]
        self.has_untimed |= bool(page.objects) or None in numbers
        mark = self._mark_full(page)
        if mark is not None:
            if mark.at <= ask.start:
                # Too many other names lie there, which files alone are read on behind.
                self.by_ids, self._only_files = False, True
            return
        self.ids = [number for number in numbers if number is not None and number < self.hi]
        self.by_ids = self.entries.grouped
        if self.by_ids:
            self.density.trend = (len(self.ids), self.hi - ask.start)
        # Nothing lies above the newest one, and nothing at all without one.
        self.hi = self.ids[-1] + 1 if self.ids else ask.start

    def _learn_files(self, ask: Ask, page: Page) -> None:
        numbered = [(self.keys.number(found.key), found) for found in page.objects]
        self.has_untimed |= any(number is None for number, _ in numbered)
        timed = [(n, found) for n, found in numbered if n is not None and n < self.hi]
        ids = len({number for number, _ in timed})
        if timed:
            self.density.weigh(len(timed), ids, steadily=self.counts_ids)
        if self.reading is not None and ask.after == self.reading.last:
            timed = self.reading.files + timed
        if self.keys.is_cut(page, self.hi):
            self._keep(Reading(ask.start, timed, page.objects[-1].key), page)
            return
        if ask.prefix == self.keys.prefix and page.next_token is None:
            self.rest = [found for number, found in numbered if number is None]
        self._complete(ask.start, timed)

    def _complete(self, start: int, timed: Sequence[tuple[int, ListedObject]]) -> None:
        """Everything from ``start`` on is known now."""
        by_id = [(number, [f for _, f in each]) for number, each in groupby(timed, lambda t: t[0])]
        if not self.counts_ids:
            self.density.trend = (len(by_id), self.hi - start)
        for number, files in reversed(by_id):
            self.entries.take(number, files, more=False)
        self.hi = start
        self.reading = None
        self.ids = self.ids[: bisect_left(self.ids, start)]

    def _keep(self, reading: Reading, page: Page) -> None:
        """An answer that was full. When the id that it ends in is the newest, its first files are
        known."""
        self.reading, self.density.was_full = reading, True
        if not self.counts_ids:
            self.density.mark(self.keys.positions(page), self.hi)
        if not reading.files:
            return
        number = reading.files[-1][0]
        if number + 1 == self.hi and reading.start <= number:
            self.inside = reading.last
            self.entries.take(number, [f for each, f in reading.files if each == number], more=True)
            self.reading = None
            self.ids = self.ids[: bisect_left(self.ids, number)]
        elif len({each for each, _ in reading.files[-len(page.objects) :]}) < _FEW_IDS:
            self._measure_in_ids()

    def _measure_in_ids(self) -> None:
        """Windows are measured in ids: packages as one entry from now on, else the next one."""
        if self.ids or self.by_ids:
            self.by_ids = self.counts_ids
            return
        self.by_ids = not self._only_files
        if self.counts_ids:
            self.density.measure_in_ids()
            self.reading = None

    def _mark_full(self, page: Page) -> Landmark | None:
        """A landmark, if an answer without files is not all there is below ``hi``."""
        if not self.keys.is_cut(page, self.hi):
            return None
        positions = self.keys.positions(page)
        return self.density.mark(positions if page.folders else positions[-1:], self.hi)
