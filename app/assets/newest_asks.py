"""What can be asked about a folder next, by what is known of it."""

from __future__ import annotations

from app.assets.newest_folder import Folder
from app.assets.newest_keys import Ask
from app.assets.newest_survey import SPAN_BITS

#: A window is to stay below a full answer although densities vary.
MOST = 700
#: Closer to it where what is left of a window is read on.
_MOST_STEADY = 950


def probe(folder: Folder, start: int) -> Ask:
    """Everything from the id ``start`` on, which is below what is known."""
    ask = folder.keys.ids if folder.by_ids else folder.keys.files
    return ask(max(start, folder.floor))


def contents(folder: Folder, need: int) -> Ask:
    """Files of the newest of the ids that are known: of as many as one answer is likely to have all
    of, as a page is to have ``need`` entries; of one alone after an answer that was full. Where
    windows are measured in ids, what it had no room for comes next instead."""
    if folder.counts_ids and folder.reading is not None:
        return folder.keys.rest(folder.reading.start, folder.reading.last)
    weight, most = folder.density.weight, _MOST_STEADY if folder.counts_ids else MOST
    count = need // 4 if weight is None else int(most / weight)
    if folder.density.was_full:
        count = 1
    start = folder.ids[-min(max(count, 1), len(folder.ids))]
    return folder.keys.ids(max(start, folder.floor))._replace(delimiter="")


def survey(folder: Folder, low: int) -> Ask | None:
    """Which spans from the id ``low`` on hold something; None where that tells nothing."""
    if folder.by_ids or folder.surveys == len(SPAN_BITS):
        return None
    ask = folder.keys.spans(low, folder.hi)
    folder.surveys += ask is not None
    return ask


def read_on(folder: Folder) -> Ask:
    """What comes after the last answer: of one long asset, or of the window."""
    if folder.inside is not None:
        return folder.keys.asset(folder.hi - 1, folder.inside)
    if folder.reading is None or folder.by_ids:
        mark = folder.landmark
        return probe(folder, mark.at if mark else folder.floor)
    return folder.keys.rest(folder.reading.start, folder.reading.last)
