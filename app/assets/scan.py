"""Listing in key order what S3 cannot choose by itself: by name, by time, packages as one.

One call looks at a bounded number of objects. Where it stops is the state that the next goes on
from: a page may hold few entries or none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.domain.assets import ListedObject
from app.domain.grammar import UUID
from app.domain.packages import PackageSize, Tally
from app.domain.previews import is_preview, seen
from app.s3.listings import Listings

#: Listings of one call, a thousand objects each.
MAX_CALLS = 16


class Line(NamedTuple):
    """One line of a listing; of a package its manifest, with what the package is.

    ``preview``: the key of the last preview that the listing met, this one's or another's.
    """

    found: ListedObject
    package: PackageSize | None = None
    preview: str = ""


class Stretch(NamedTuple):
    """Keys with a prefix, behind ``after`` and, unless it is empty, before ``end``."""

    prefix: str
    after: str = ""
    end: str = ""


@dataclass
class ScanState:
    """Where a scan stands: in which stretch, behind which key.

    ``folder`` is the package that is being counted, by ``tally``; or, without one, the folder that
    turned out to be none, so that its files are lines of their own.
    """

    stretch: int = 0
    after: str = ""
    folder: str = ""
    tally: Tally | None = None
    #: The key of the last preview: what it shows may come in the next answer, or on the next page.
    preview: str = ""

    def to_claims(self) -> list[Any]:
        tally = self.tally and self.tally.to_claims()
        return [self.stretch, self.after, self.folder, tally, self.preview]

    @classmethod
    def from_claims(cls, claims: list[Any]) -> ScanState:
        stretch, after, folder, tally, preview = claims
        return cls(stretch, after, folder, tally and Tally.from_claims(tally), preview)


@dataclass
class Scan:
    """One call's scan over ``stretches``. ``lines`` are what it found, ``state`` where it stands:
    None at the end."""

    listings: Listings
    stretches: Sequence[Stretch]
    state: ScanState | None
    limit: int
    calls: int
    #: Whether a key is wanted; of a package that of its manifest counts.
    wants: Callable[[str], bool]
    #: Where, in a key, the asset's own folder begins, if packages are one line.
    folder_of: Callable[[str], str]
    lines: list[Line] = field(default_factory=list)

    def run(self) -> None:
        """Go on until the page is full, the calls are used up or the end is reached. Raises
        ``StorageError`` and ``StorageUnavailable``."""
        held: list[ListedObject] = []
        while self.state is not None and self.calls > 0 and len(self.lines) < self.limit:
            self._step(self.state, held)

    def _step(self, state: ScanState, held: list[ListedObject]) -> None:
        """One listing."""
        prefix, after, end = self.stretches[state.stretch]
        self.calls -= 1
        page = self.listings.page(prefix, start_after=max(state.after, after))
        for found in page.objects:
            if end and found.key >= end:
                break
            if not self._add(state, found, held):
                return
        else:
            if page.next_token is not None:
                return
        if state.tally is not None and not self._flush(state, held):
            return
        last = state.stretch + 1 == len(self.stretches)
        self.state = None if last else ScanState(state.stretch + 1)

    def _add(self, state: ScanState, found: ListedObject, held: list[ListedObject]) -> bool:
        """Whether the scan goes on behind this one in the same answer."""
        folder = self.folder_of(found.key)
        if state.tally is not None and folder != state.folder and not self._flush(state, held):
            return False
        if is_preview(found.key):
            state.preview = seen(state.preview, found.key)
        elif folder and (state.tally is not None or folder != state.folder):
            if state.tally is None:
                state.folder, state.tally = folder, Tally()
            state.tally.add(found, found.key[len(folder) :])
            held.append(found)
        elif self.wants(found.key):
            if len(self.lines) == self.limit:
                return False
            self.lines.append(Line(found, preview=state.preview))
        state.after = found.key
        return True

    def _flush(self, state: ScanState, held: list[ListedObject]) -> bool:
        """All of a folder is known. Whether there is room to go on."""
        tally = state.tally
        if tally is None:
            return True
        if len(self.lines) == self.limit:
            # Again on the next page: this one had only its beginning.
            state.after, state.folder, state.tally = state.folder, "", None
            held.clear()
            return False
        state.tally = None
        complete = len(held) == tally.size.files
        files = [*held]
        held.clear()
        if tally.main is not None:
            if self.wants(tally.main.key):
                self.lines.append(Line(tally.main, tally.size, state.preview))
            return True
        if not complete:
            state.after = state.folder
            return False
        return self._add_files(state, files)

    def _add_files(self, state: ScanState, files: Iterable[ListedObject]) -> bool:
        for found in files:
            if self.wants(found.key):
                if len(self.lines) == self.limit:
                    return False
                self.lines.append(Line(found, preview=state.preview))
            state.after = found.key
        return True


def no_folder(_: str) -> str:
    """Where packages are not one line."""
    return ""


def package_folder(root_prefix: str) -> Callable[[str], str]:
    """From a key to its asset's own folder, empty without one."""

    def folder_of(key: str) -> str:
        names = key[len(root_prefix) :].split("/")
        depth = 3 if names[0] == "projects" else 1
        if len(names) > depth + 1 and UUID.fullmatch(names[depth]):
            return root_prefix + "/".join(names[: depth + 1]) + "/"
        return ""

    return folder_of
