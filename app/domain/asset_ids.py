"""Asset ids as numbers in the order of time: UUIDv7 (RFC 9562, section 5.7).

An id counts as timed in the one spelling that sorts like its number: lower case, version 7, and of
a time before the year 2527, when the first digit changes. All others, such as random UUIDs that
clients made themselves, say nothing of time.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

#: What all timed ids begin with.
FIRST_DIGIT = "0"
#: Larger than every timed id.
END = 1 << 124
_TIMED = re.compile(r"0[0-9a-f]{7}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_DIGITS = 32
#: Characters of an id.
ID_LENGTH = 36
_DASHES = frozenset({8, 13, 18, 23})
_RANDOM_BITS = 80
_RANDOM = (1 << _RANDOM_BITS) - 1
#: The last one of a millisecond: version 7, variant 10.
_LAST_RANDOM = 0x7FFF_BFFF_FFFF_FFFF_FFFF
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def number_of(text: str) -> int | None:
    """The number of a timed id; None for any other text."""
    return int(text.replace("-", ""), 16) if _TIMED.fullmatch(text) else None


def text_of(number: int) -> str:
    """An id's text. Numbers that are no ids' have one, too, to list from there."""
    digits = f"{number:0{_DIGITS}x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def end_below(number: int) -> int:
    """The smallest number from which on, up to ``number``, there are no ids: those of one
    millisecond end long before the next begins."""
    rest = number & _RANDOM
    return number - rest + min(rest, _LAST_RANDOM + 1) if rest else number - _RANDOM + _LAST_RANDOM


def first_at(instant: datetime) -> int:
    """The smallest number of an id of ``instant`` or later; ids have whole milliseconds."""
    milliseconds = -((_EPOCH - instant) // _MILLISECOND)
    return min(max(milliseconds, 0) << _RANDOM_BITS, END)


def position(name: str) -> int:
    """About where ``name`` sorts among the numbers, whether an id stands at its beginning or not;
    never falls from one name to the next."""
    digits = ""
    for at, char in enumerate(name[:ID_LENGTH]):
        if at in _DASHES:
            if char == "-":
                continue
            return _filled(digits, "0" if char < "-" else "f")
        if char not in "0123456789abcdef":
            if "9" < char < "a":
                digits += "9"
            return _filled(digits, "0" if char < "0" else "f")
        digits += char
    return _filled(digits, "0")


def _filled(digits: str, fill: str) -> int:
    return int(digits.ljust(_DIGITS, fill), 16)
