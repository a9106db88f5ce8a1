"""The ledger of one process: ``ledger.py``'s rules under a lock."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import islice

from app.limits.ledger import Count, Outcome, Settlement, Verdict


@dataclass(frozen=True, slots=True)
class Hold:
    """``until`` is the end of its last URL, ``ended_at`` the settlement or the same."""

    size: int
    until: float
    ended_at: float
    settled: bool = False


@dataclass(slots=True)
class Account:
    """One user's page."""

    count: Count | None = None
    holds: dict[str, Hold] = field(default_factory=dict)

    def taken(self, *, without: str = "") -> int:
        """Bytes that are taken, by objects and by holds that the count has not seen end."""
        began_at = self.count.began_at if self.count else float("-inf")
        held = sum(
            hold.size
            for mark, hold in self.holds.items()
            if hold.ended_at > began_at and mark != without
        )
        return held + (self.count.usage.total.bytes if self.count else 0)

    def forget(self, now: float) -> None:
        """Drop what has ended, has been counted since, and can no longer be asked about."""
        began_at = self.count.began_at if self.count else float("-inf")
        self.holds = {
            mark: hold
            for mark, hold in self.holds.items()
            if hold.until > now or hold.ended_at > began_at
        }


class MemoryLedger:
    """The ledger of one process. Thread-safe.

    Users who hold nothing are forgotten beyond ``max_accounts``, the longest unseen first.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.time, max_accounts: int = 10_000
    ) -> None:
        self.now = clock
        self._max_accounts = max_accounts
        self._accounts: OrderedDict[str, Account] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, sub: str) -> Count | None:
        account = self._accounts.get(sub)
        return account.count if account else None

    def record(self, sub: str, count: Count) -> None:
        with self._lock:
            account = self._account(sub)
            if account.count is None or account.count.began_at <= count.began_at:
                account.count = count
                account.forget(self.now())

    def outdate(self, sub: str) -> None:
        with self._lock:
            account = self._account(sub)
            if account.count:
                account.count = replace(account.count, stale=True)

    def hold(self, sub: str, mark: str, size: int, seconds: float, quota: int) -> Verdict:
        with self._lock:
            account, now = self._account(sub), self.now()
            if account.count is None or account.count.fresh_until < now:
                return Verdict(Outcome.UNCOUNTED)
            known = account.holds.get(mark)
            if known and known.settled:
                return Verdict(Outcome.HELD, quota - account.taken())
            left = quota - account.taken(without=mark)
            if size > left:
                return Verdict(Outcome.SHORT, left, account.count.recount_at <= now)
            until = max(now + seconds, known.until if known else 0)
            account.holds[mark] = Hold(size, until, until)
            return Verdict(Outcome.HELD, left - size)

    def settle(self, sub: str, mark: str, size: int, seconds: float) -> Settlement:
        with self._lock:
            account, now = self._account(sub), self.now()
            known = account.holds.get(mark)
            if known and known.settled:
                return Settlement.AGAIN
            until = known.until if known else now + seconds
            account.holds[mark] = Hold(size, until, now, settled=True)
            if account.count:
                account.count = replace(account.count, stale=True)
            return Settlement.HELD if known else Settlement.UNKNOWN

    def release(self, sub: str, mark: str) -> None:
        with self._lock:
            known = self._account(sub).holds.get(mark)
            if known and not known.settled:
                del self._account(sub).holds[mark]

    def left(self, sub: str, quota: int) -> int | None:
        with self._lock:
            account = self._account(sub)
            return quota - account.taken() if account.count else None

    def _account(self, sub: str) -> Account:
        account = self._accounts.setdefault(sub, Account())
        self._accounts.move_to_end(sub)
        # Two for each that comes, so that those who hold something do not make the rest pile up.
        for oldest in list(islice(self._accounts, 2)):
            if len(self._accounts) > self._max_accounts:
                self._accounts[oldest].forget(self.now())
                if self._accounts[oldest].holds:
                    self._accounts.move_to_end(oldest)
                else:
                    del self._accounts[oldest]
        return account
