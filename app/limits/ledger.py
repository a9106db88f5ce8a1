"""What is held against a user's quota: a count of the bucket, and what URLs can still add to it.

A hold stands for a place, which is one key: so many bytes may lie there while a URL for it lives.
Taken is what was counted, and of each hold what the count did not see at its place::

    taken = counted + Σ max(0, held - seen)

So bytes at a place count once, whether they are to come, have come, or came while it was counted,
and whoever removes them frees nothing while a URL can bring them back. A hold is dropped by a
count that *began* after its end: what arrived in the last moment has been seen by then. At worst
an object counts twice for a while, never not at all.

All numbers are running sums, so that no call's work grows with the number of holds
(``account.py``, and the same in ``ledger.lua``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple, Protocol

from app.domain.usage import Usage

#: Places that one user may hold at a time: eleven uploads a second, each with a URL for 15 minutes.
MAX_HOLDS = 10_000
#: Holds that are looked at to tell when bytes come free.
MAX_LOOKS = 100
#: The mark of a hold that several uploads share; none of them may release it.
SHARED = "*"


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


class Hold(NamedTuple):
    """``size`` bytes at ``place`` for ``seconds``, for the upload of this ``mark``.

    ``completing``: parts are about to be put together, so the object may come at any moment.
    """

    place: bytes
    size: int
    seconds: float
    mark: str
    completing: bool = False


class Work(NamedTuple):
    """An object, or many, that the gateway itself is about to write.

    ``sources`` are the places that a move empties: what is there moves freely, but for what a URL
    that lives can bring back. None for a copy, which adds all of ``size``. ``overdraw`` lets a move
    pass that does not fit, if the user is not over: what comes again to its sources is then judged.
    """

    place: bytes
    size: int
    seconds: float
    sources: Sequence[tuple[bytes, int]] | None = None
    overdraw: bool = False


class Outcome(StrEnum):
    """What became of a hold."""

    HELD = "held"
    SHORT = "short"
    CROWDED = "crowded"
    """The user holds as many places as one may."""
    UNCOUNTED = "uncounted"
    """There is no fresh count: count, then try again."""


class Verdict(NamedTuple):
    """``left``: bytes of the quota that are free; below zero over the quota."""

    outcome: Outcome
    left: int = 0
    may_recount: bool = False
    """With ``SHORT`` and ``CROWDED``: a count that is made now might find room."""
    frees_at: float | None = None
    """When enough comes free by itself; None if that never happens."""

    @property
    def may_count(self) -> bool:
        """Whether it is worth to count and to try again."""
        return self.outcome is Outcome.UNCOUNTED or self.may_recount


class Settlement(StrEnum):
    """How a hold was found when its object had come."""

    HELD = "held"
    UNKNOWN = "unknown"
    """Nobody held so much there: lost by a process or Redis, or its time was over, or the object
    came again to where a move had overdrawn."""


@dataclass(frozen=True, slots=True)
class AccountState:
    """``reserved``: bytes that are held and not in the ``count``; ``busy``: the gateway itself is
    writing objects, so that a count may see them twice."""

    count: Count | None
    reserved: int
    busy: bool

    @property
    def taken(self) -> int:
        """Bytes that are taken of the quota."""
        return self.reserved + (self.count.usage.total.bytes if self.count else 0)


class Ledger(Protocol):
    """The ledger of all users. Every call is atomic."""

    def begin(self, sub: str) -> tuple[float, Sequence[bytes]]:
        """The instant at which a count begins, and the places whose sizes it is to tell."""

    def record(self, sub: str, count: Count, seen: Mapping[bytes, int]) -> None:
        """Keep a count, unless one that began no earlier is there."""

    def balance(self, sub: str) -> tuple[float, AccountState]:
        """The instant, and how the user stands; the last count, however old."""

    def outdate(self, sub: str) -> None:
        """Objects came or went: what is shown should be counted again."""

    def hold(self, sub: str, holds: Sequence[Hold], quota: int) -> list[Verdict]:
        """Hold what the quota leaves room for, in order, each for itself.

        What is held at a place already lasts on; the larger size stays.
        """

    def work(self, sub: str, work: Work, quota: int) -> Verdict:
        """Hold what the gateway writes, until ``finish``."""

    def finish(self, sub: str, place: bytes) -> None:
        """The gateway wrote it, or did not: the next count tells."""

    def settle(self, sub: str, hold: Hold, *, dies: bool) -> Settlement:
        """The object is there. ``dies``: so are its URLs, and the hold ends now.

        An unknown one is held from now on. What is settled stays known for ``hold.seconds``.
        """

    def judge(self, sub: str, place: bytes, *, stays: bool) -> None:
        """What came there stays, or is being removed and what comes again is judged again."""

    def release(self, sub: str, place: bytes, mark: str) -> None:
        """End a hold whose URLs are dead; one that never began to complete is free at once."""


def brief(mark: str) -> str:
    """A mark as ledgers keep it: of one length, without blanks."""
    return blake2b(mark.encode(), digest_size=8).hexdigest()
