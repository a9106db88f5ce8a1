"""Which spans of time hold anything at all, whatever it is that they hold.

An asset id begins with eight digits, a span of 65 seconds, and four more, a millisecond, each with
a dash behind it. A listing by dashes has one line for all that lies within such a span, be it one
asset or 50,000: where assets come in bursts, years fit into one answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from app.domain.asset_ids import FIRST_DIGIT, text_of

DASH = "-"
#: By the bits of an id behind a span's digits: how many characters name it, how many the one around
#: it.
_LENGTHS = {96: (8, 0), 80: (13, 9)}
#: Both kinds of spans, which is how many surveys lead from decades to one millisecond.
SPAN_BITS = tuple(_LENGTHS)
_SPAN = re.compile(r"0[0-9a-f]{7}(?:-[0-9a-f]{4})?")


class Survey(NamedTuple):
    """A listing of the spans from the id ``start`` on."""

    start: int
    prefix: str
    after: str


def survey(low: int, high: int) -> Survey | None:
    """Of the longest spans of which several lie from ``low`` up to ``high``; None where all is
    within one millisecond."""
    for bits, (length, around) in _LENGTHS.items():
        if low >> bits != (high - 1) >> bits:
            start = low >> bits << bits
            text = text_of(start)
            return Survey(start, text[:around] or FIRST_DIGIT, text[:length])
    return None


def spans_of(names: Sequence[str]) -> tuple[list[int], int]:
    """Where the spans of these names begin, and how long the last one is; names that are none are
    left out."""
    found = [name for name in names if _SPAN.fullmatch(name)]
    bits = next((b for b, (length, _) in _LENGTHS.items() if found and length == len(found[-1])), 0)
    return [int(name.replace(DASH, ""), 16) << bits for name in found], 1 << bits
