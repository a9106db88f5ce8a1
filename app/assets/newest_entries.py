"""The lines of one folder, newest first, as the files of its assets become known.

Of a package its manifest alone is a line, once all of its files were counted; previews are none,
but remembered for what comes behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from app.domain.asset_ids import ID_LENGTH
from app.domain.assets import ListedObject
from app.domain.packages import PackageSize, Tally
from app.domain.previews import is_preview, seen

#: Where something stands in the order of the listing: asset id, negative, as the newest comes
#: first; folder; key. Files under one id are in key order.
Order = tuple[int, int, str]
#: Behind all keys: no character sorts after it.
LAST = "\U0010ffff"


class Entry(NamedTuple):
    """One line of the listing; of a package the manifest, with what the package is.

    ``preview``: the key of the last preview that was met, this one's or another's.
    """

    order: Order
    found: ListedObject
    package: PackageSize | None = None
    preview: str = ""


class Entries:
    """What is to be listed of one folder, as far as it is known."""

    def __init__(
        self,
        prefix: str,
        index: int,
        after: Order,
        matches: Callable[[str], bool],
        *,
        grouped: bool,
    ) -> None:
        """``after``: what is wanted stands behind it. ``matches``: which keys are wanted.
        ``grouped``: a package is one entry."""
        self.known: list[Entry] = []
        #: What was counted of an asset that is too long for one answer.
        self.tally: Tally | None = None
        #: The id whose files are lines of their own though packages are not: it has no manifest,
        #: and is too long to have been kept until this was known.
        self.plain: int | None = None
        #: The key of the last preview that was met.
        self.preview = ""
        self.grouped = grouped
        self.prefix = prefix
        self.index = index
        self._after = after
        self._matches = matches
        self._held: list[ListedObject] = []

    def take(self, number: int, files: Iterable[ListedObject], *, more: bool) -> bool:
        """Files of one id, in key order; ``more`` of it are to come. Where packages are one entry,
        they wait for the last: whether they have to come once more, from the first."""
        files = [*self._without_previews(files)]
        if not self.grouped or number == self.plain:
            self.known += self._entries(number, files)
            return False
        tally = self.tally or Tally()
        for found in files:
            tally.add(found, found.key[len(self.prefix) + ID_LENGTH + 1 :])
            self._held.append(found)
        self.tally = tally if more else None
        return False if more else self._flush(number, tally)

    def _flush(self, number: int, tally: Tally) -> bool:
        held, self._held = self._held, []
        if tally.main is None and len(held) < tally.size.files:
            self.plain = number
            return True
        if tally.main is None:
            self.known += self._entries(number, held)
        elif self._matches(tally.main.key):
            order = (-number, self.index, LAST)
            if order > self._after:
                self.known.append(Entry(order, tally.main, tally.size, self.preview))
        return False

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
