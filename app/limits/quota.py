"""How much a user may store, with what is on its way reserved."""

from __future__ import annotations

import logging
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TypeVar

from app.domain.errors import QuotaExceeded, StorageUnavailable
from app.domain.principal import Principal
from app.domain.usage import Usage
from app.limits.ledger import Count, Ledger, Outcome, Settlement, Verdict
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
#: Longer than the gateway takes to write one object itself.
WORK_SECONDS = 900.0
#: S3 finishes a request that began before its URL expired; clocks differ.
_SLACK_SECONDS = 60.0
_COUNTERS = 64

Answer = TypeVar("Answer")
log = logging.getLogger("gateway.limits")


class Quota:
    """Reservations and usage, shared in Redis or kept in this process. Thread-safe.

    Every method raises ``StorageError`` or ``StorageUnavailable`` when it has to count and cannot.
    """

    def __init__(
        self,
        shared: Shared,
        count: Callable[[str], Usage],
        *,
        quota_bytes: int,
        by_group: Mapping[str, int],
        url_seconds: float,
        part_url_seconds: float,
        memory: MemoryLedger | None = None,
    ) -> None:
        """``count`` adds up what a ``sub`` has; 0 bytes mean no quota; ``by_group`` has names as
        ``group_variable`` writes them; the seconds are the lives of an upload's URLs."""
        self._shared = shared
        self._count = count
        self._quota_bytes = quota_bytes
        self._by_group = by_group
        self._url_seconds = url_seconds
        self._part_url_seconds = part_url_seconds
        self._memory: Ledger = memory or MemoryLedger()
        self._redis: Ledger = RedisLedger(shared.client) if shared.client else self._memory
        # Requests that miss a count at once wait for one of them, instead of all counting.
        self._counting = [threading.Lock() for _ in range(_COUNTERS)]

    def limit(self, principal: Principal) -> int | None:
        """The quota in bytes, None without one. The largest of the caller's groups wins."""
        names = map(group_variable, principal.groups)
        groups = [self._by_group[name] for name in names if name in self._by_group]
        if 0 in groups:
            return None
        return max(groups, default=self._quota_bytes) or None

    def reserve(
        self, principal: Principal, mark: str, size: int, *, multipart: bool = False
    ) -> None:
        """Keep ``size`` bytes for the upload of this ``mark`` while URLs that are signed now live.

        Again with the same mark, it lasts on. Raises ``QuotaExceeded``, which says how much is
        left.
        """
        seconds = self._part_url_seconds if multipart else self._url_seconds
        self._hold(principal, mark, size, seconds + _SLACK_SECONDS)

    @contextmanager
    def reserved(self, principal: Principal, size: int) -> Iterator[None]:
        """Keep ``size`` bytes while the gateway itself writes an object (a copy, a restore).

        Raises ``QuotaExceeded`` before. What fails gives them back, unless nobody knows whether
        the object came.
        """
        mark = uuid.uuid4().hex
        self._hold(principal, mark, size, WORK_SECONDS)
        try:
            yield
        except StorageUnavailable:
            raise
        except Exception:
            self.release(principal, mark)
            raise
        if self.limit(principal) is None:
            self.changed(principal.sub)
        else:
            self._ask(lambda ledger: ledger.settle(principal.sub, mark, size, 0))

    def settle(
        self,
        principal: Principal,
        mark: str,
        size: int,
        arrived_at: datetime,
        remove: Callable[[], None],
    ) -> None:
        """Turn a reservation into usage: the object has come.

        One that nobody remembers, and any while Redis is lost, is judged here and now: over the
        quota, the object is ``remove``\\ d and ``QuotaExceeded`` raised. That is for objects that
        arrived within a URL's life. An older one was completed before and stays, whatever has
        become of the quota since.
        """
        quota, sub = self.limit(principal), principal.sub
        seconds = max(self._url_seconds, self._part_url_seconds) + _SLACK_SECONDS
        if quota is None or (datetime.now(UTC) - arrived_at).total_seconds() > seconds:
            self.changed(sub)
            return
        found = self._ask(lambda ledger: ledger.settle(sub, mark, size, seconds))
        if found is Settlement.AGAIN or (found is Settlement.HELD and not self._shared.lost):
            return
        self._count_now(sub)
        left = self._ask(lambda ledger: ledger.left(sub, quota))
        if left is not None and left < 0:
            remove()
            self.changed(sub)
            raise QuotaExceeded(_shortage(left + size, quota))

    def release(self, principal: Principal, mark: str) -> None:
        """Give a reservation back: for an upload whose URLs are dead, as after a multipart abort.

        A presigned PUT or POST still works after its upload was given up, so it keeps its own.
        """
        if self.limit(principal) is not None:
            self._ask(lambda ledger: ledger.release(principal.sub, mark))

    def changed(self, sub: str) -> None:
        """Objects of the user were deleted or written by other ways than an upload."""
        self._ask(lambda ledger: ledger.outdate(sub))

    def remaining(self, principal: Principal) -> int | None:
        """Bytes of the quota that are neither used nor reserved, None without a quota."""
        quota = self.limit(principal)
        if quota is None:
            return None
        self.usage(principal.sub)
        left = self._ask(lambda ledger: ledger.left(principal.sub, quota))
        return quota if left is None else max(0, left)

    def usage(self, sub: str) -> Usage:
        """What the user has, counted a moment ago; a little longer ago where there is much."""
        count, now = self._ask(lambda ledger: (ledger.count(sub), ledger.now()))
        if count is None or count.fresh_until < now or (count.stale and count.recount_at <= now):
            count = self._count_now(sub)
        return count.usage

    def _hold(self, principal: Principal, mark: str, size: int, seconds: float) -> None:
        quota, sub = self.limit(principal), principal.sub
        if quota is None:
            return
        verdict = Verdict(Outcome.UNCOUNTED)
        # Three: Redis may go between the count and the hold, and memory wants a count of its own.
        for _ in range(3):
            verdict = self._ask(lambda ledger: ledger.hold(sub, mark, size, seconds, quota))
            if verdict.outcome is Outcome.HELD:
                return
            if verdict.outcome is Outcome.SHORT and not verdict.may_recount:
                break
            self._count_now(sub)
        if verdict.outcome is Outcome.UNCOUNTED:
            raise StorageUnavailable("What you have stored could not be counted; try again")
        raise QuotaExceeded(_shortage(verdict.left, quota))

    def _count_now(self, sub: str) -> Count:
        """A count that began after this call did."""
        asked_at = self._ask(lambda ledger: ledger.now())
        with self._counting[hash(sub) % _COUNTERS]:
            began_at, known = self._ask(lambda ledger: (ledger.now(), ledger.count(sub)))
            if known and known.began_at > asked_at:
                return known
            started = time.monotonic()
            usage = self._count(sub)
            cost = time.monotonic() - started
            fresh = min(max(FRESH_SECONDS, FRESH_PER_COST * cost), MAX_FRESH_SECONDS)
            pause = RECOUNT_PER_COST * cost if cost > CHEAP_SECONDS else 0
            count = Count(usage, began_at, began_at + fresh, began_at + pause)
            self._ask(lambda ledger: ledger.record(sub, count))
            return count

    def _ask(self, question: Callable[[Ledger], Answer]) -> Answer:
        return self._shared.use(lambda: question(self._redis), lambda: question(self._memory))


def group_variable(group: str) -> str:
    """A Cognito group's name as it stands in ``QUOTA_BYTES_<GROUP>``."""
    return re.sub(r"[^A-Z0-9]", "_", group.upper())


def _shortage(left: int, quota: int) -> str:
    return f"{max(0, left)} of {quota} bytes are left"


def warn_of_separate_counts(*, quota: bool, processes: int, shared: bool) -> None:
    """Say at start that a quota does not hold between processes that share nothing."""
    if quota and processes > 1 and not shared:
        log.warning(
            "a quota with %d processes and no REDIS_URL: each reserves for itself, so that uploads "
            "may pass it together; what completes over it is then removed",
            processes,
        )
