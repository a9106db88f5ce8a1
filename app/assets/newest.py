"""Newest first, though S3 lists in ascending order alone.

The folders of a place are read in windows that end where everything is known already
(``newest_folder``), chosen by how dense the assets lie (``newest_search``), and merged. A page
costs at most ``MAX_CALLS`` listings; what it learned and did not show goes into the cursor: not as
contents, but as where to read again. So changes between two pages move nothing that stays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.assets.newest_cursor import Place, folders_after, state_after
from app.assets.newest_entries import Entry
from app.assets.newest_folder import Folder
from app.assets.newest_keys import Ask
from app.assets.newest_search import Search
from app.assets.scan import MAX_CALLS, Line, Scan, ScanState, Stretch, no_folder, package_folder
from app.domain.asset_ids import FIRST_DIGIT, ID_LENGTH, number_of
from app.s3.in_parallel import in_parallel
from app.s3.listings import Listings, Page


@dataclass(frozen=True, slots=True)
class Newest:
    """One listing, newest first. ``matches`` says which keys are wanted."""

    listings: Listings
    root_prefix: str
    place: Place
    matches: Callable[[str], bool]
    filtered: bool
    grouped: bool

    def page(self, limit: int, state: Any) -> tuple[list[Line], Any]:
        """A page that goes on from ``state``, and the next state; None at the end. Raises
        ``StorageError`` and ``StorageUnavailable``."""
        if state and "rest" in state:
            return self._rest([], limit, MAX_CALLS, ScanState.from_claims(state["rest"]), state)
        folders = folders_after(state, self.place, self.matches, grouped=self.grouped)
        calls = self._look(folders, limit, careful=bool(state and state["careful"]))
        ready = ready_entries(folders)
        lines = [Line(entry.found, entry.package, entry.preview) for entry in ready[:limit]]
        if len(ready) > limit or any(folder.live for folder in folders):
            return lines, state_after(state, folders, ready, limit, filtered=self.filtered)
        untimed = _seen_untimed(state, folders)
        if not self.place.whole:
            return lines, None
        known = [folder.rest for folder in folders]
        if all(rest is not None for rest in known):
            found = [each for rest in known if rest is not None for each in rest]
            if not any(map(self.matches, (each.key for each in found))):
                return lines, None
        start = ScanState()
        return self._rest(lines, limit, MAX_CALLS - calls, start, {"untimed": untimed})

    def _look(self, folders: Sequence[Folder], limit: int, *, careful: bool) -> int:
        """Learn until a page is known. How many listings that took."""
        search = Search(folders, limit, now=self.place.now, filtered=self.filtered, careful=careful)
        calls = 0
        while calls < MAX_CALLS and len(ready_entries(folders)) < limit:
            asks = search.next(MAX_CALLS - calls)
            if not asks:
                break
            calls += len(asks)
            for (folder, ask), page in zip(asks, self._ask(asks), strict=True):
                folder.learn(ask, page)
        return calls

    def _ask(self, asks: Sequence[tuple[Folder, Ask]]) -> list[Page]:
        def one(ask: Ask) -> Page:
            return self.listings.page(ask.prefix, start_after=ask.after, delimiter=ask.delimiter)

        return in_parallel(one, (ask for _, ask in asks))

    def _rest(
        self, lines: list[Line], limit: int, calls: int, start: ScanState, state: Any
    ) -> tuple[list[Line], Any]:
        """Names without a time, in key order. A folder that showed none among its timed ones has
        them behind those alone."""
        untimed = state["untimed"]
        folders = self.place.folders
        scan = Scan(
            self.listings,
            [
                Stretch(prefix, "" if untimed >> index & 1 else f"{prefix}{FIRST_DIGIT}~")
                for index, prefix in enumerate(folders)
            ],
            start,
            limit,
            calls,
            wants=lambda key: self.matches(key) and not is_timed(key, folders),
            folder_of=package_folder(self.root_prefix) if self.grouped else no_folder,
        )
        scan.lines = lines
        scan.run()
        if scan.state is None:
            return lines, None
        return lines, {"rest": scan.state.to_claims(), "untimed": untimed}


def ready_entries(folders: Sequence[Folder]) -> list[Entry]:
    """All that is known up to where the first folder's knowledge ends, in order."""
    edge = min(folder.edge for folder in folders)
    return sorted(e for folder in folders for e in folder.entries.known if e.order <= edge)


def _seen_untimed(state: Any, folders: Sequence[Folder]) -> int:
    """A bit for each folder that has names without a time among those with one."""
    seen = state["untimed"] if state else 0
    for folder in folders:
        seen |= folder.has_untimed << folder.index
    return int(seen)


def is_timed(key: str, folders: Sequence[str]) -> bool:
    """Whether ``key`` lies under a timed id in one of ``folders``."""
    for prefix in folders:
        if key.startswith(prefix):
            name = key[len(prefix) : len(prefix) + ID_LENGTH + 1]
            return name.endswith("/") and number_of(name[:-1]) is not None
    return False
