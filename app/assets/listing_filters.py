"""What a listing is asked for, as keys: which prefix, which folders, which names."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from app.assets.newest_cursor import Place
from app.assets.scan import Stretch
from app.domain.asset_ids import END, FIRST_DIGIT, first_at, text_of
from app.domain.kinds import LIBRARY_KINDS, PROJECT_KINDS
from app.domain.listing import Filters
from app.domain.paths import Root
from app.domain.previews import is_preview
from app.domain.principal import Principal


def prefix_of(principal: Principal, filters: Filters) -> str:
    """What all listed keys begin with. ``ValidationFailed`` for what no path begins with."""
    root = Root(principal.sub)
    return root.list_prefix(kind=filters.kind, project_id=filters.project_id, prefix=filters.prefix)


def place_of(root: Root, filters: Filters) -> Place:
    """The library, or the project that is named: its folders, and the time that is asked for."""
    kinds = LIBRARY_KINDS if filters.project_id is None else PROJECT_KINDS
    folders = [
        root.list_prefix(kind=kind, project_id=filters.project_id)
        for kind in sorted(kinds if filters.kind is None else [filters.kind])
    ]
    return Place(
        folders,
        first_at(filters.since) if filters.since else 0,
        first_at(filters.until) if filters.until else END,
        not filters.timed,
        first_at(datetime.now(UTC)),
    )


def timed_stretches(place: Place) -> Iterable[Stretch]:
    """The keys of ``place`` that lie within its time, and some without a time among them."""
    for folder in place.folders:
        end = folder + text_of(place.ceiling) if place.ceiling < END else ""
        yield Stretch(folder + FIRST_DIGIT, folder + text_of(place.floor), end)


def matcher(q: str) -> Callable[[str], bool]:
    """Whether a key's file name holds ``q``, letter case and its spelling in Unicode aside."""
    wanted = _folded(q)
    if not wanted:
        return lambda key: not is_preview(key)
    return lambda key: wanted in _folded(key.rpartition("/")[2]) and not is_preview(key)


def _folded(text: str) -> str:
    # Twice, as folding the case of some letters takes them apart (Unicode, section 3.13, D145).
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
