"""What is known of one folder while a listing goes through it from its newest asset to its oldest.

S3 lists in ascending order alone. So the folder is read in windows: from some asset id on, up to
where everything is known already. A window that holds more than one answer of the store can be
read on, or given up for a narrower one; its answer is kept as a landmark, which tells how dense
the assets lie there.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from app.assets.newest_survey import DASH, SPAN_BITS, spans_of, survey
from app.domain.asset_ids import END, FIRST_DIGIT, number_of, position, text_of
from app.domain.assets import ListedObject
from app.domain.packages import PackageSize, Tally
from app.domain.previews import is_preview, seen
from app.s3.listings import MAX_PAGE, Page

#: Where something stands in the order of the listing: asset id, negative, as the newest comes
#: first; folder; key. Files under one id are in key order.
Order = tuple[int, int, str]
#: Behind all keys: no character sorts after it.
LAST = "\U0010ffff"
#: Behind all folders of a place.
_LAST_FOLDER = 99
_ID_LENGTH = 36
#: With fewer ids than this in a full answer, windows are measured in ids instead of files.
_FEW_IDS = 50


class Entry(NamedTuple):
    """One line of the listing; of a package the manifest, with what the package is.

    ``preview``: the key of the last preview that was met, this one's or another's.
    """

    order: Order
    found: ListedObject
    package: PackageSize | None = None
    preview: str = ""


class Ask(NamedTuple):
    """One listing: keys behind ``after``, to learn about ids from ``start`` on."""

    start: int
    prefix: str
    after: str
    delimiter: str = ""


class Landmark(NamedTuple):
    """Up to the id ``at`` an answer was full; a thousand assets there are ``width`` ids wide."""

    at: int
    width: int


class Reading(NamedTuple):
    """Files by id from ``start`` on, up to the key ``last``, without a gap."""

    start: int
    files: list[tuple[int, ListedObject]]
    last: str


class Folder:
    """Knowledge of one folder. Ids from ``hi`` on are known; those below ``floor`` not wanted."""

    def __init__(
        self,
        prefix: str,
        index: int,
        *,
        floor: int,
        hi: int,
        after: Order,
        matches: Callable[[str], bool],
        grouped: bool,
    ) -> None:
        """``after``: what is wanted stands behind it. ``matches``: which keys are wanted."""
        self.prefix = prefix
        self.index = index
        self.floor = floor
        self.hi = hi
        self.entries: list[Entry] = []
        self.landmarks: list[Landmark] = []
        #: From where to read first, as the page before advised.
        self.plan: int | None = None
        self.reading: Reading | None = None
        #: Ids of the last complete window, and how wide it was.
        self.trend: tuple[int, int] | None = None
        #: Whether the last answer was full.
        self.was_full = False
        self.by_ids = False
        #: Files under one id, by the last answer that had some.
        self.weight: float | None = None
        #: Where spans begin that hold something, ascending, without a gap up to ``hi``; and how
        #: often that was asked, which may tell nothing.
        self.spans: list[int] = []
        self.surveys = 0
        #: Ids below ``hi`` that are known to be there, ascending, without a gap up to ``hi``.
        self.ids: list[int] = []
        #: The last key that was read of the asset just below ``hi``, which is too long for one
        #: answer; and what was counted of it, where packages are one entry.
        self.inside: str | None = None
        self.tally: Tally | None = None
        #: The id whose files are lines of their own though packages are not: it has no manifest,
        #: and is too long to have been kept until this was known.
        self.plain: int | None = None
        #: The key of the last preview that was met.
        self.preview = ""
        self.has_untimed = False
        #: All other names, once an answer had the whole folder.
        self.rest: list[ListedObject] | None = None
        self._after = after
        self._matches = matches
        self._grouped = grouped
        self._held: list[ListedObject] = []

    @property
    def live(self) -> bool:
        """Whether there is more to learn."""
        return self.hi > self.floor

    @property
    def edge(self) -> Order:
        """Everything that stands up to here is known."""
        if not self.live:
            return (1, _LAST_FOLDER, "")
        return (1 - self.hi, self.index, self.inside or "" if self.tally is None else "")

    @property
    def landmark(self) -> Landmark | None:
        """The highest one below ``hi``."""
        below = [mark for mark in self.landmarks if mark.at < self.hi]
        return max(below) if below else None

    def probe(self, start: int) -> Ask:
        """Everything from the id ``start`` on, which is below ``hi``."""
        start = max(start, self.floor)
        if self.by_ids:
            return Ask(start, self.prefix + FIRST_DIGIT, self.prefix + text_of(start), "/")
        if start <= 0:
            # The whole folder, in case one answer can hold it.
            return Ask(start, self.prefix, "")
        return Ask(start, self.prefix + FIRST_DIGIT, self.prefix + text_of(start))

    def contents(self, start: int) -> Ask:
        """The files of the ids from ``start`` on."""
        return self.probe(start)._replace(delimiter="")

    def survey(self, low: int) -> Ask | None:
        """Which spans from the id ``low`` on hold something; None where that tells nothing."""
        if self.by_ids or self.surveys == len(SPAN_BITS):
            return None
        if (wanted := survey(low, self.hi)) is None:
            return None
        self.surveys += 1
        prefix, after = self.prefix + wanted.prefix, self.prefix + wanted.after
        return Ask(wanted.start, prefix, after, DASH)

    def read_on(self) -> Ask:
        """What comes after the last answer: of one long asset, or of the window."""
        if self.inside is not None:
            number = self.hi - 1
            return Ask(number, f"{self.prefix}{text_of(number)}/", self.inside)
        if self.reading is None or self.by_ids:
            mark = self.landmark
            return self.probe(mark.at if mark else self.floor)
        return Ask(self.reading.start, self.prefix + FIRST_DIGIT, self.reading.last)

    def learn(self, ask: Ask, page: Page) -> None:
        """Take in the answer to ``ask``."""
        self.was_full = False
        if self.inside is not None:
            self._learn_inside(page)
        elif ask.delimiter == DASH:
            self._learn_spans(ask, page)
        elif ask.delimiter:
            self._learn_ids(ask, page)
        else:
            self._learn_files(ask, page)

    def _learn_inside(self, page: Page) -> None:
        number = self.hi - 1
        self.inside = page.objects[-1].key if page.objects else self.inside
        self._take(number, page.objects, more=page.next_token is not None)
        if page.next_token is None and self.plain == number and self.inside is None:
            # Once more from the beginning, now that it is known to be no package.
            self.inside = ""
        elif page.next_token is None:
            self.inside, self.hi = None, number

    def _learn_spans(self, ask: Ask, page: Page) -> None:
        if any(self._number(found.key) is not None for found in page.objects):
            # A store that groups by slashes alone.
            return
        names = [folder[len(self.prefix) : -1] for folder in page.folders]
        spans, length = spans_of(names)
        self.has_untimed |= bool(page.objects) or len(spans) < len(names)
        last = max([found.key for found in page.objects[-1:]] + page.folders[-1:], default="")
        if self._is_full(page, last):
            self._mark([position(name) for name in names] or [self._position(last)])
            return
        self.spans = [span for span in spans if span < self.hi]
        # Nothing lies behind the last one, and nothing at all without one.
        self.hi = min(self.hi, self.spans[-1] + length if self.spans else ask.start)

    def _learn_ids(self, ask: Ask, page: Page) -> None:
        names = [folder[len(self.prefix) : -1] for folder in page.folders]
        numbers = [number_of(name) for name in names]
        ids = [number for number in numbers if number is not None and number < self.hi]
        self.has_untimed |= bool(page.objects) or None in numbers
        last = max([found.key for found in page.objects[-1:]] + page.folders[-1:], default="")
        if self._is_full(page, last):
            self._mark([position(name) for name in names] or [self._position(last)])
            return
        self.ids = ids
        self.by_ids = False
        # Nothing lies above the newest one, and nothing at all without one.
        self.hi = ids[-1] + 1 if ids else ask.start

    def _learn_files(self, ask: Ask, page: Page) -> None:
        timed = []
        for found in page.objects:
            number = self._number(found.key)
            if number is None:
                self.has_untimed = True
            elif number < self.hi:
                timed.append((number, found))
        if timed:
            self.weight = len(timed) / len({number for number, _ in timed})
        going_on = self.reading is not None and ask.after == self.reading.last
        if self.reading is not None and going_on:
            timed = self.reading.files + timed
        last = page.objects[-1].key if page.objects else ""
        if self._is_full(page, last):
            self.reading = Reading(ask.start, timed, last)
            self._mark([self._position(found.key) for found in page.objects])
            self._settle(page)
            return
        if ask.prefix == self.prefix and page.next_token is None:
            self.rest = [each for each in page.objects if self._number(each.key) is None]
        self._complete(ask.start, timed)

    def _complete(self, start: int, timed: Sequence[tuple[int, ListedObject]]) -> None:
        """Everything from ``start`` on is known now."""
        self.trend = (len({number for number, _ in timed}), self.hi - start)
        by_id = [(number, [f for _, f in each]) for number, each in groupby(timed, lambda t: t[0])]
        for number, files in reversed(by_id):
            self._take(number, files, more=False)
        self.hi = start
        self.reading = None
        self.ids = self.ids[: bisect_left(self.ids, start)]

    def _settle(self, page: Page) -> None:
        """When the id that the answer ends in is the newest, its first files are known."""
        reading = self.reading
        if reading is None or not reading.files:
            return
        number = reading.files[-1][0]
        if number + 1 == self.hi and reading.start <= number:
            self.inside = reading.last
            self._take(number, [f for each, f in reading.files if each == number], more=True)
            self.reading = None
            self.ids = self.ids[: bisect_left(self.ids, number)]
        elif len({each for each, _ in reading.files[-len(page.objects) :]}) < _FEW_IDS:
            self.by_ids = not self.ids

    def _take(self, number: int, files: Iterable[ListedObject], *, more: bool) -> None:
        """Files of one id, in key order. Where packages are one entry, they wait for the last."""
        files = [*self._without_previews(files)]
        if not self._grouped or number == self.plain:
            self.entries += self._entries(number, files)
            return
        tally = self.tally or Tally()
        for found in files:
            tally.add(found, found.key[len(self.prefix) + _ID_LENGTH + 1 :])
            self._held.append(found)
        self.tally = tally if more else None
        if more:
            return
        held, self._held = self._held, []
        if tally.main is None and len(held) < tally.size.files:
            self.plain, self.inside = number, None
        elif tally.main is None:
            self.entries += self._entries(number, held)
        elif self._matches(tally.main.key):
            order = (-number, self.index, LAST)
            if order > self._after:
                self.entries.append(Entry(order, tally.main, tally.size, self.preview))

    def _entries(self, number: int, files: Iterable[ListedObject]) -> list[Entry]:
        entries = [
            Entry((-number, self.index, found.key), found, preview=self.preview) for found in files
        ]
        return [e for e in entries if e.order > self._after and self._matches(e.found.key)]

    def _without_previews(self, files: Iterable[ListedObject]) -> Iterator[ListedObject]:
        """``files`` of one id in key order, previews first, which are remembered."""
        for found in files:
            if is_preview(found.key):
                self.preview = seen(self.preview, found.key)
            else:
                yield found

    def _is_full(self, page: Page, last: str) -> bool:
        """Whether the answer ends before ``hi``, though there is more."""
        end = text_of(self.hi) if self.hi < END else chr(ord(FIRST_DIGIT) + 1)
        return page.next_token is not None and last < self.prefix + end

    def _mark(self, positions: Sequence[int]) -> None:
        """Remember how dense it is there, by the later half: what comes first may be sparse."""
        self.was_full = True
        half = positions[len(positions) // 2 :]
        width = (half[-1] - half[0]) * MAX_PAGE // max(len(half) - 1, 1)
        self.landmarks.append(Landmark(min(half[-1], self.hi - 1), max(width, 0)))

    def _number(self, key: str) -> int | None:
        name = key[len(self.prefix) : len(self.prefix) + _ID_LENGTH + 1]
        return number_of(name[:-1]) if name.endswith("/") else None

    def _position(self, key: str) -> int:
        return position(key[len(self.prefix) :])
