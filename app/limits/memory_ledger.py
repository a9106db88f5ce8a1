"""The ledger of one process: an ``Account`` for each user, under a lock."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from itertools import islice

from app.limits.account import Account
from app.limits.ledger import AccountState, Count, Hold, Settlement, Verdict, Work


class MemoryLedger:
    """The ledger of one process. Thread-safe.

    Users who hold nothing are forgotten beyond ``max_accounts``, the longest unseen first.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.time, max_accounts: int = 10_000
    ) -> None:
        self._now = clock
        self._max_accounts = max_accounts
        self._accounts: OrderedDict[str, Account] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, sub: str) -> tuple[float, Sequence[bytes]]:
        with self._lock:
            return self._now(), list(self._account(sub).holds)

    def record(self, sub: str, count: Count, seen: Mapping[bytes, int]) -> None:
        with self._lock:
            self._account(sub).record(count, seen)

    def balance(self, sub: str) -> tuple[float, AccountState]:
        with self._lock:
            now = self._now()
            return now, self._account(sub).balance(now)

    def outdate(self, sub: str) -> None:
        with self._lock:
            self._account(sub).outdate()

    def hold(self, sub: str, holds: Sequence[Hold], quota: int) -> list[Verdict]:
        with self._lock:
            account, now = self._account(sub), self._now()
            return [account.hold(each, quota, now) for each in holds]

    def work(self, sub: str, work: Work, quota: int) -> Verdict:
        with self._lock:
            return self._account(sub).work(work, quota, self._now())

    def finish(self, sub: str, place: bytes) -> None:
        with self._lock:
            self._account(sub).finish(place, self._now())

    def settle(self, sub: str, hold: Hold, *, dies: bool) -> Settlement:
        with self._lock:
            return self._account(sub).settle(hold, self._now(), dies=dies)

    def judge(self, sub: str, place: bytes, *, stays: bool) -> None:
        with self._lock:
            self._account(sub).judge(place, self._now(), stays=stays)

    def release(self, sub: str, place: bytes, mark: str) -> None:
        with self._lock:
            self._account(sub).release(place, mark, self._now())

    def _account(self, sub: str) -> Account:
        account = self._accounts.setdefault(sub, Account())
        self._accounts.move_to_end(sub)
        # Two for each that comes, so that those who hold something do not make the rest pile up.
        for oldest in list(islice(self._accounts, 2)):
            if len(self._accounts) > self._max_accounts:
                if self._accounts[oldest].is_needed(self._now()):
                    self._accounts.move_to_end(oldest)
                else:
                    del self._accounts[oldest]
        return account
