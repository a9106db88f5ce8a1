"""What is held against a user's quota: a count of the bucket, and holds that are not in it yet.

A hold counts until a count that *began* after its end. Its end is when it is settled (the object
is there) or when the last URL it stood for expires. So nothing falls between two stools: an object
that arrives while a count is under way, or after its upload was given up for lost, is held until
a count must have seen it. At worst an object counts twice for a while, never not at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from app.domain.usage import Usage


@dataclass(frozen=True, slots=True)
class Count:
    """A count of a user's objects. Instants are the ledger's, in seconds.

    Past ``fresh_until`` it is not used any more; before ``recount_at`` it is not made anew even
    when that would help, for counting a hundred thousand objects takes seconds.
    """

    usage: Usage
    began_at: float
    fresh_until: float
    recount_at: float
    stale: bool = False
    """Objects are known to have come or gone since."""


class Outcome(StrEnum):
    """What became of a hold."""

    HELD = "held"
    SHORT = "short"
    UNCOUNTED = "uncounted"
    """There is no fresh count: count, then try again."""


class Verdict(NamedTuple):
    """``left``: bytes of the quota that are free; below zero over the quota."""

    outcome: Outcome
    left: int = 0
    may_recount: bool = False
    """With ``SHORT``: a count that is made now might find room."""


class Settlement(StrEnum):
    """How a hold was found when its object had come."""

    HELD = "held"
    AGAIN = "again"
    """It was settled before."""
    UNKNOWN = "unknown"
    """A process or Redis lost it, or its time was over."""


class Ledger(Protocol):
    """The books of all users; ``mark`` names one hold of one user."""

    def now(self) -> float:
        """The instant by the clock that all who share this ledger share."""

    def count(self, sub: str) -> Count | None:
        """The last count, however old."""

    def record(self, sub: str, count: Count) -> None:
        """Keep a count, unless one that began later is there."""

    def outdate(self, sub: str) -> None:
        """Objects went: what is shown should be counted again."""

    def hold(self, sub: str, mark: str, size: int, seconds: float, quota: int) -> Verdict:
        """Hold ``size`` bytes that long, if the quota leaves them. Atomic.

        Again under the same mark it replaces, and does nothing once that is settled.
        """

    def settle(self, sub: str, mark: str, size: int, seconds: float) -> Settlement:
        """The object is there: the hold ends now. An unknown one is known from now on, for so
        long at least."""

    def release(self, sub: str, mark: str) -> None:
        """Forget a hold whose object can no longer come."""

    def left(self, sub: str, quota: int) -> int | None:
        """Bytes of the quota that are free, None without a count."""
