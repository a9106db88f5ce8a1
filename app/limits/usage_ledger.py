"""The ledgers as one, whether Redis is there or not, and the counts in them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from app.domain.usage import Usage
from app.limits.ledger import Count, Ledger
from app.limits.memory_ledger import MemoryLedger
from app.limits.redis_ledger import RedisLedger
from app.limits.shared import Shared

#: A count is good for a minute, or for a hundred times what it took: counting never costs more
#: than a hundredth of a core a user. Made anew because something changed, it may cost a twentieth;
#: a cheap one is made at will, as any page of a listing is.
FRESH_SECONDS = 60.0
FRESH_PER_COST = 100
MAX_FRESH_SECONDS = 900.0
RECOUNT_PER_COST = 20
CHEAP_SECONDS = 0.1
_COUNTERS = 64

Answer = TypeVar("Answer")


class UsageLedger:
    """What is known of every user's storage. Thread-safe."""

    def __init__(self, shared: Shared, count: Callable[[str], Usage]) -> None:
        """``count`` adds up what a ``sub`` has, and may take its time."""
        self._shared = shared
        self._count = count
        self._memory: Ledger = MemoryLedger()
        self._redis: Ledger = RedisLedger(shared.client) if shared.client else self._memory
        # Requests that miss a count at once wait for one of them, instead of all counting.
        self._counting = [threading.Lock() for _ in range(_COUNTERS)]

    @property
    def lost(self) -> bool:
        """Whether this process is alone with its memory, though it should not be."""
        return self._shared.lost

    def ask(self, question: Callable[[Ledger], Answer]) -> Answer:
        """Put one question to the ledger that is there."""
        return self._shared.use(lambda: question(self._redis), lambda: question(self._memory))

    def usage(self, sub: str) -> Usage:
        """What the user has, counted a moment ago; a little longer ago where there is much."""
        count, now = self.ask(lambda ledger: (ledger.count(sub), ledger.now()))
        if count is None or count.fresh_until < now or (count.stale and count.recount_at <= now):
            count = self.count_now(sub)
        return count.usage

    def count_now(self, sub: str) -> Count:
        """A count that began after this call did."""
        asked_at = self.ask(lambda ledger: ledger.now())
        with self._counting[hash(sub) % _COUNTERS]:
            began_at, known = self.ask(lambda ledger: (ledger.now(), ledger.count(sub)))
            if known and known.began_at > asked_at:
                return known
            started = time.monotonic()
            usage = self._count(sub)
            cost = time.monotonic() - started
            fresh = min(max(FRESH_SECONDS, FRESH_PER_COST * cost), MAX_FRESH_SECONDS)
            pause = RECOUNT_PER_COST * cost if cost > CHEAP_SECONDS else 0
            count = Count(usage, began_at, began_at + fresh, began_at + pause)
            self.ask(lambda ledger: ledger.record(sub, count))
            return count
