"""The ledgers as one, whether Redis is there or not, and the counts in them."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from app.domain.errors import StorageUnavailable
from app.domain.usage import Counted
from app.limits.counting import Counting
from app.limits.ledger import AccountState, Count, Hold, Ledger, Verdict, Work
from app.limits.memory_ledger import MemoryLedger
from app.limits.redis_ledger import RedisLedger, key_of
from app.limits.shared import Shared

#: A count is good for a minute, or for a hundred times what it took: counting never costs more
#: than a hundredth of a core a user. Made anew because something changed, it may cost a twentieth;
#: a cheap one is made at will, as any page of a listing is; without Redis at each look.
FRESH_SECONDS = 60.0
FRESH_PER_COST = 100
MAX_FRESH_SECONDS = 900.0
RECOUNT_PER_COST = 20
CHEAP_SECONDS = 0.1

Answer = TypeVar("Answer")
#: Adds up what a ``sub`` has, and tells the sizes of objects at some places; may take its time.
Counter = Callable[[str, Collection[bytes]], Counted]


class UsageLedger:
    """What is known of every user's storage. Thread-safe."""

    def __init__(self, shared: Shared, count: Counter) -> None:
        self._shared = shared
        self._count = count
        self._memory: Ledger = MemoryLedger()
        self._redis: Ledger = RedisLedger(shared.client) if shared.client else self._memory
        self._counting = Counting()

    def lost(self, sub: str) -> bool:
        """Whether this process is alone with its memory, though it should not be."""
        return self._shared.lost(key_of(sub))

    def _alone(self, sub: str) -> bool:
        return self._shared.client is None or self.lost(sub)

    def ask(self, sub: str, question: Callable[[Ledger], Answer]) -> Answer:
        """Put one question about ``sub`` to the ledger that is there."""
        return self._shared.use(
            key_of(sub), lambda: question(self._redis), lambda: question(self._memory)
        )

    def hold(self, sub: str, holds: Sequence[Hold], quota: int) -> list[Verdict]:
        return self.ask(sub, lambda ledger: ledger.hold(sub, holds, quota))

    def work(self, sub: str, work: Work, quota: int) -> Verdict:
        return self.ask(sub, lambda ledger: ledger.work(sub, work, quota))

    def balance(self, sub: str) -> tuple[Count, AccountState]:
        """How the user stands by a count of a moment ago; longer ago where there is much, or the
        store is slow."""
        now, balance = self._look(sub)
        count = balance.count
        # What other processes have changed is not told to one that counts for itself.
        stale = count is not None and (count.stale or self._alone(sub))
        if count and count.fresh_until >= now and not (stale and count.recount_at <= now):
            return count, balance
        try:
            return self.count_now(sub, join=True)
        except StorageUnavailable:
            if count is None or count.fresh_until < now:
                raise
            return count, balance

    def count_now(self, sub: str, *, join: bool = False) -> tuple[Count, AccountState]:
        """By a count that began after this call did; ``join``: or that is under way."""
        self._counting.run(sub, lambda: self._count_and_record(sub), join=join)
        _, balance = self._look(sub)
        if balance.count is None:  # Redis went in between, and memory knows of no count
            raise StorageUnavailable("What you have stored could not be counted; try again")
        return balance.count, balance

    def _look(self, sub: str) -> tuple[float, AccountState]:
        return self.ask(sub, lambda ledger: ledger.balance(sub))

    def _count_and_record(self, sub: str) -> None:
        began_at, watched = self.ask(sub, lambda ledger: ledger.begin(sub))
        started = time.monotonic()
        usage, seen = self._count(sub, watched)
        cost = time.monotonic() - started
        fresh = min(max(FRESH_SECONDS, FRESH_PER_COST * cost), MAX_FRESH_SECONDS)
        pause = RECOUNT_PER_COST * cost if cost > CHEAP_SECONDS else 0
        count = Count(usage, began_at, began_at + fresh, began_at + pause)
        self.ask(sub, lambda ledger: ledger.record(sub, count, seen))
