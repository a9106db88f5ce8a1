"""One user's account in the memory of a process: ``ledger.py``'s rules, as ``ledger.lua`` has them.

``tests/limits/test_ledgers_agree.py`` holds the two against each other.

Over 200 lines because it is read beside ``ledger.lua``, operation by operation.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from app.limits.ledger import (
    MAX_HOLDS,
    MAX_LOOKS,
    SHARED,
    AccountState,
    Count,
    Hold,
    Outcome,
    Settlement,
    Verdict,
    Work,
    brief,
)


@dataclass(slots=True)
class Held:
    """What is held at one place. ``netted``: what the count ``of_count`` holds of it already."""

    size: int
    until: float
    mark: str
    netted: int = 0
    of_count: float = -1.0
    completing: bool = False
    judged: bool = False
    """What arrives here is judged: a move has overdrawn, or it was rejected before."""
    unproven: bool = False
    """Known by an arrival alone."""
    work: bool = False


@dataclass(slots=True)
class Account:
    """The sums, and the holds by place. Every method takes the instant ``now``."""

    count: Count | None = None
    held: int = 0
    netted: int = 0
    busy_until: float = 0.0
    holds: dict[bytes, Held] = field(default_factory=dict)
    ends: list[tuple[float, bytes]] = field(default_factory=list)
    done: dict[bytes, float] = field(default_factory=dict)

    @property
    def reserved(self) -> int:
        return self.held - self.netted

    @property
    def taken(self) -> int:
        return self.reserved + (self.count.usage.total.bytes if self.count else 0)

    def is_needed(self, now: float) -> bool:
        """Whether a URL can still bring something. Else a new count tells as much."""
        return bool(self.ends) and self.ends[-1][0] > now

    def balance(self, now: float) -> AccountState:
        return AccountState(self.count, self.reserved, self.busy_until > now)

    def outdate(self) -> None:
        if self.count:
            self.count = replace(self.count, stale=True)

    def record(self, count: Count, seen: Mapping[bytes, int]) -> None:
        if self.count and self.count.began_at >= count.began_at:
            return
        self.count, self.netted = count, 0
        while self.ends and self.ends[0][0] < count.began_at:
            self._drop(self.ends[0][1])
        for place, size in seen.items():
            if known := self.holds.get(place):
                known.netted, known.of_count = min(size, known.size), count.began_at
                self.netted += known.netted

    def hold(self, hold: Hold, quota: int, now: float) -> Verdict:
        if self.count is None or self.count.fresh_until < now:
            return Verdict(Outcome.UNCOUNTED)
        known, may_recount = self.holds.get(hold.place), self.count.recount_at <= now
        if known is None and len(self.holds) >= MAX_HOLDS:
            first = max(self.ends[0][0], self.count.recount_at)
            return Verdict(Outcome.CROWDED, 0, may_recount, first)
        size = max(hold.size, known.size) if known else hold.size
        left = quota - self.taken + self._counts(known)
        needed = size - self._netted(known)
        if needed > left:
            frees_at = self._frees_at(needed - left, now, hold.place)
            return Verdict(Outcome.SHORT, left, may_recount, frees_at)
        self._extend(hold, size, now)
        return Verdict(Outcome.HELD, left - needed)

    def work(self, work: Work, quota: int, now: float) -> Verdict:
        again = self._rewritable(work, now)
        added, left = work.size, quota - self.taken
        if work.sources is not None:
            added = min(work.size, sum(min(size, held.size) for size, held in again))
        if added > 0:
            if self.count is None or self.count.fresh_until < now:
                return Verdict(Outcome.UNCOUNTED)
            if added > left and not (work.overdraw and left >= 0):
                frees_at = (
                    self._frees_at(added - left, now, b"")
                    if work.sources is None
                    else max(held.until for _, held in again)
                )
                return Verdict(Outcome.SHORT, left, self.count.recount_at <= now, frees_at)
            if added > left:
                self._overdraw(work, again)
        # A count that is made meanwhile may miss what moves, so it holds all of it.
        netted, of_count = (work.size - added, self.count.began_at) if self.count else (0, -1.0)
        until = now + work.seconds
        self._put(work.place, Held(work.size, until, SHARED, netted, of_count, work=True))
        self.busy_until = max(self.busy_until, until)
        return Verdict(Outcome.HELD, left - added)

    def finish(self, place: bytes, now: float) -> None:
        if known := self.holds.get(place):
            if self.busy_until == known.until:
                self.busy_until = now
            self._end(place, known, now)
        self.outdate()

    def settle(self, hold: Hold, now: float, *, dies: bool) -> Settlement:
        known = self.holds.get(hold.place)
        self.outdate()
        if known is None:
            if self.done.get(hold.place, now) > now:
                return Settlement.HELD
            until = now if dies else now + hold.seconds
            new = Held(hold.size, until, brief(hold.mark), completing=True, unproven=True)
            self._put(hold.place, new)
            self._remember(hold, now)
            return Settlement.UNKNOWN
        expected = hold.size <= known.size and not known.judged
        self._resize(known, max(hold.size, known.size))
        if dies and known.mark == brief(hold.mark):
            self._end(hold.place, known, now)
        self._remember(hold, now)
        return Settlement.HELD if expected else Settlement.UNKNOWN

    def judge(self, place: bytes, now: float, *, stays: bool) -> None:
        if known := self.holds.get(place):
            known.judged = not stays
            if known.unproven and not stays:
                self._end(place, known, now)
        if not stays:
            self.done.pop(place, None)
            self.outdate()

    def release(self, place: bytes, mark: str, now: float) -> None:
        known = self.holds.get(place)
        if known is None or known.mark != brief(mark):
            return
        if known.completing:
            self._end(place, known, now)
            self.outdate()
        else:
            self._drop(place)

    def _rewritable(self, work: Work, now: float) -> list[tuple[int, Held]]:
        """The sources that a URL can still write to."""
        found = [(size, self.holds.get(place)) for place, size in work.sources or ()]
        return [(size, held) for size, held in found if held and held.until > now]

    def _overdraw(self, work: Work, again: list[tuple[int, Held]]) -> None:
        for _, held in again:
            held.judged = True
        for place, _ in work.sources or ():
            self.done.pop(place, None)

    def _remember(self, hold: Hold, now: float) -> None:
        """Know it until nobody asks about it any more, and drop what is that old."""
        self.done.pop(hold.place, None)
        self.done[hold.place] = now + hold.seconds
        for place in list(islice(self.done, 2)):
            if self.done[place] <= now:
                del self.done[place]

    def _netted(self, held: Held | None) -> int:
        """What the count has of it."""
        if held is None or self.count is None or held.of_count != self.count.began_at:
            return 0
        return held.netted

    def _counts(self, held: Held | None) -> int:
        """What it adds to the count."""
        return held.size - self._netted(held) if held else 0

    def _extend(self, hold: Hold, size: int, now: float) -> None:
        known, mark, until = self.holds.get(hold.place), brief(hold.mark), now + hold.seconds
        if known is None:
            self._put(hold.place, Held(size, until, mark, completing=hold.completing))
            return
        self._resize(known, size)
        known.mark = mark if known.mark == mark else SHARED
        known.completing |= hold.completing
        known.unproven = known.judged = False
        self._move_end(hold.place, known, max(known.until, until))

    def _end(self, place: bytes, held: Held, now: float) -> None:
        self._move_end(place, held, min(held.until, now))

    def _move_end(self, place: bytes, held: Held, until: float) -> None:
        del self.ends[bisect_left(self.ends, (held.until, place))]
        held.until = until
        insort(self.ends, (until, place))

    def _resize(self, held: Held, size: int) -> None:
        self.held += size - held.size
        held.size = size

    def _put(self, place: bytes, held: Held) -> None:
        self.holds[place] = held
        insort(self.ends, (held.until, place))
        self.held += held.size
        self.netted += self._netted(held)

    def _drop(self, place: bytes) -> None:
        held = self.holds.pop(place)
        del self.ends[bisect_left(self.ends, (held.until, place))]
        self.held -= held.size
        self.netted -= self._netted(held)

    def _frees_at(self, wanted: int, now: float, without: bytes) -> float | None:
        """When ``wanted`` bytes have come free, but for what is held at ``without``."""
        recount_at, freed = self.count.recount_at if self.count else now, 0
        for until, place in self.ends[:MAX_LOOKS]:
            held = self.holds[place]
            if place != without and not held.work:
                freed += self._counts(held)
                if freed >= wanted:
                    return max(until, recount_at, now)
        if len(self.ends) <= MAX_LOOKS:
            return None
        rest = self.reserved - self._counts(self.holds.get(without))
        return max(self.ends[-1][0], recount_at, now) if rest >= wanted else None
