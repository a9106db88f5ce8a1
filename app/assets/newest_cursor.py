"""What a page of the newest hands on to the next: where it ended, and what it learned.

The end is exact, the rest are hints: what was uploaded or deleted meanwhile makes them worse, not
wrong. Hints have 64 of an id's 128 bits, more than the time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from app.assets.newest_density import Landmark
from app.assets.newest_entries import LAST, Entries, Entry, Order
from app.assets.newest_folder import Folder
from app.domain.packages import Tally

_HINT_BITS = 64
_LANDMARKS = 4
_AMPLE = 4
_TELLING = 8
_TREND = 100
#: An id with more files than this, of those that are known, is read on where the page ended.
_LONG = 200
#: Of the ids that are known below what is, as many are listed again for the next page.
_IDS = 400
_FEW_IDS = 100
# How far the files of the last id were shown.
_ALL, _SOME, _SOME_OF_MANY = 0, 1, 2


class Place(NamedTuple):
    """Folders of kinds, in key order, and the ids that are wanted: from ``floor`` on, below
    ``ceiling``.

    ``whole``: names without a time, too. ``now``: the id that would be made now; few are larger,
    though whoever makes ids may have another clock.
    """

    folders: Sequence[str]
    floor: int
    ceiling: int
    whole: bool
    now: int


def folders_after(
    state: Any, place: Place, matches: Callable[[str], bool], *, grouped: bool
) -> list[Folder]:
    """The folders as the page before left them; fresh ones without a ``state``."""
    if not state:
        start: Order = (-place.ceiling, -1, "")
        fresh = (
            Entries(prefix, index, start, matches, grouped=grouped)
            for index, prefix in enumerate(place.folders)
        )
        return [Folder(each, floor=place.floor, hi=place.ceiling) for each in fresh]
    return [
        _folder_after(state, place, index, matches, grouped) for index in range(len(place.folders))
    ]


def _folder_after(
    state: Any, place: Place, index: int, matches: Callable[[str], bool], grouped: bool
) -> Folder:
    digits, at, name, shown = state["at"]
    number = int(digits, 16)
    done, plan, marks, weight = state["folders"][index]
    prefix = place.folders[index]
    here = index == at
    hi = number + 1 if index > at or (here and shown != _ALL) else number
    after = (-number, at, place.folders[at] + name if shown != _ALL else LAST)
    entries = Entries(prefix, index, after, matches, grouped=grouped)
    hi = place.floor if done else min(hi, place.ceiling)
    folder = Folder(entries, floor=place.floor, hi=hi)
    folder.density.landmarks = [Landmark(_unhint(a), _unhint(width)) for a, width in marks]
    folder.plan = None if plan is None else _unhint(plan)
    folder.by_ids, folder.density.weight = weight > 0, weight or None
    if here and shown != _ALL:
        folder.entries.plain = number if grouped and (name or shown == _SOME_OF_MANY) else None
        folder.inside = prefix + name if shown == _SOME_OF_MANY else None
    if here and state["preview"]:
        folder.entries.preview = prefix + state["preview"]
    counted = state.get("tally")
    if counted and counted[0] == index:
        folder.inside = prefix + counted[1]
        folder.entries.tally = Tally.from_claims(counted[2])
    return folder


def state_after(
    state: Any, folders: Sequence[Folder], ready: Sequence[Entry], limit: int, *, filtered: bool
) -> dict[str, Any]:
    """The state behind the first ``limit`` of the ``ready`` entries."""
    if len(ready) >= limit:
        at = _behind(folders, ready[limit - 1])
    else:
        at = _at_edge(folders, min(folder.edge for folder in folders))
        if state and _order(state["at"], folders) > _order(at, folders):
            # An asset that was shown in part is not read that far again.
            at = state["at"]
    number, order = int(at[0], 16), _order(at, folders)
    plan = _plan(folders, ready, limit, filtered=filtered)
    level = max(folder.hi for folder in folders)
    folder = folders[at[1]]
    counting = folder.entries.tally is not None and folder.hi == number + 1 and not at[2]
    full = len(ready) >= limit and not counting
    preview = ready[limit - 1].preview if full else folder.entries.preview
    return {
        "at": at,
        "untimed": (state["untimed"] if state else 0)
        | sum(folder.has_untimed << folder.index for folder in folders),
        "folders": [_hints(folder, plan, order, level) for folder in folders],
        "tally": _counted(folder) if counting else None,
        "careful": not ready,
        # Where the next page begins inside an asset, it does not meet its preview again.
        "preview": preview[len(folder.keys.prefix) :],
    }


def _order(at: Sequence[Any], folders: Sequence[Folder]) -> Order:
    """Where a page ended that ended ``at`` this."""
    digits, index, name, shown = at
    return (-int(digits, 16), index, LAST if shown == _ALL else folders[index].keys.prefix + name)


def _behind(folders: Sequence[Folder], entry: Entry) -> list[Any]:
    """Where the page ends, by its last entry."""
    order = entry.order
    number, index, key = -order[0], order[1], order[2]
    folder = folders[index]
    same = [e for e in folder.entries.known if e.order[0] == order[0]]
    shown = _ALL
    if key != LAST and folder.inside is not None and folder.hi == number + 1:
        shown = _SOME_OF_MANY
    elif key != LAST and same[-1] is not entry:
        shown = _SOME_OF_MANY if len(same) > _LONG else _SOME
    return [f"{number:x}", index, key[len(folder.keys.prefix) :] if shown else "", shown]


def _at_edge(folders: Sequence[Folder], edge: Order) -> list[Any]:
    """The same of a page that ended because its calls were used up."""
    number, folder = -edge[0], folders[edge[1]]
    shown = _SOME_OF_MANY if folder.inside is not None and folder.entries.tally is None else _SOME
    return [f"{number:x}", folder.index, edge[2][len(folder.keys.prefix) :], shown]


def _counted(folder: Folder) -> list[Any]:
    """How far the files of a package were counted, which were too many for one page."""
    inside, tally = folder.inside or "", folder.entries.tally
    return [folder.index, inside[len(folder.keys.prefix) :], tally and tally.to_claims()]


def _plan(
    folders: Sequence[Folder], ready: Sequence[Entry], limit: int, *, filtered: bool
) -> int | None:
    """From which id on all folders are to be read next; None: from where each is known now."""
    if filtered:
        return None
    level = max(folder.hi for folder in folders if folder.live or folder.entries.known)
    if len(ready) > (1 + _AMPLE) * limit:
        # What is known is more than one answer tells again.
        return -ready[(1 + _AMPLE) * limit].order[0]
    if len(ready) >= 2 * limit:
        return None
    # The density at the end of what is known, as far as it can be told.
    some = min(_TREND, max(len(ready) // 2, 1))
    if some < _TELLING:
        return None
    width = max(-ready[-some].order[0] - level, 1) // some
    return max(level - width * _AMPLE * limit, 0)


def _hints(folder: Folder, plan: int | None, order: Order, level: int) -> list[Any]:
    """Whether the folder is through, where to read it next, its landmarks, and the files of an id
    where windows are measured in ids, else 0."""
    left = any(entry.order > order for entry in folder.entries.known)
    if not folder.live and not left:
        return [True, None, [], 0]
    marks = sorted(mark for mark in folder.density.landmarks if mark.at < folder.hi)[-_LANDMARKS:]
    # A plan above what is known is for all.
    start = folder.hi if plan is None else plan if plan > level else min(plan, folder.hi)
    if folder.counts_ids and len(folder.ids) > _FEW_IDS:
        start = folder.ids[-min(len(folder.ids), _IDS)]
    elif marks and start <= marks[-1].at:
        # Known to be too much.
        start = folder.hi
    weight = round(folder.density.weight or 0) if folder.counts_ids else 0
    told = None if start >= -order[0] else _hint(start)
    return [False, told, [[_hint(at), _hint(width)] for at, width in marks], weight]


def _hint(number: int) -> str:
    return f"{number >> _HINT_BITS:x}"


def _unhint(text: str) -> int:
    return int(text, 16) << _HINT_BITS
