"""How much a user may store, with what is on its way reserved."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from prometheus_client import Counter

from app.domain.errors import QuotaExceeded, StorageUnavailable
from app.domain.principal import Principal
from app.domain.usage import Usage
from app.limits.allowance import Allowance
from app.limits.ledger import Outcome, Settlement, Verdict
from app.limits.shared import Shared
from app.limits.usage_ledger import UsageLedger

QUOTA_REFUSALS = Counter("gateway_quota_refusals", "Requests refused for their user's quota")
#: Longer than the gateway takes to write one object itself.
WORK_SECONDS = 900.0
#: S3 finishes a request that began before its URL expired; clocks differ.
_SLACK_SECONDS = 60.0


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
    ) -> None:
        """``count`` adds up what a ``sub`` has; ``quota_bytes`` and ``by_group`` as ``Allowance``
        has them; the seconds are the lives of an upload's URLs."""
        self._books = UsageLedger(shared, count)
        self._allowance = Allowance(quota_bytes, by_group)
        self._url_seconds = url_seconds
        self._part_url_seconds = part_url_seconds

    def limit(self, principal: Principal) -> int | None:
        """The quota in bytes, None without one."""
        return self._allowance.of(principal)

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
            self._books.ask(lambda ledger: ledger.settle(principal.sub, mark, size, 0))

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
        self._settle(principal.sub, self.limit(principal), mark, size, arrived_at, remove)

    def admit(self, sub: str, mark: str, size: int, arrived_at: datetime) -> None:
        """As ``settle``, by somebody who does not know the user's groups and removes nothing here.

        So the largest quota that is set counts: nobody loses an object that a group allows.
        """
        largest = self._allowance.largest()
        self._settle(sub, largest, mark, size, arrived_at, lambda: None)

    def _settle(
        self,
        sub: str,
        quota: int | None,
        mark: str,
        size: int,
        arrived_at: datetime,
        remove: Callable[[], None],
    ) -> None:
        seconds = max(self._url_seconds, self._part_url_seconds) + _SLACK_SECONDS
        if quota is None or (datetime.now(UTC) - arrived_at).total_seconds() > seconds:
            self.changed(sub)
            return
        found = self._books.ask(lambda ledger: ledger.settle(sub, mark, size, seconds))
        if found is Settlement.AGAIN or (found is Settlement.HELD and not self._books.lost):
            return
        self._books.count_now(sub)
        left = self._books.ask(lambda ledger: ledger.left(sub, quota))
        if left is not None and left < 0:
            remove()
            self.changed(sub)
            QUOTA_REFUSALS.inc()
            raise QuotaExceeded(_shortage(left + size, quota))

    def release(self, principal: Principal, mark: str) -> None:
        """Give a reservation back: for an upload whose URLs are dead, as after a multipart abort.

        A presigned PUT or POST still works after its upload was given up, so it keeps its own.
        """
        if self.limit(principal) is not None:
            self._books.ask(lambda ledger: ledger.release(principal.sub, mark))

    def changed(self, sub: str) -> None:
        """Objects of the user were deleted or written by other ways than an upload."""
        self._books.ask(lambda ledger: ledger.outdate(sub))

    def remaining(self, principal: Principal) -> int | None:
        """Bytes of the quota that are neither used nor reserved, None without a quota."""
        quota = self.limit(principal)
        if quota is None:
            return None
        self._books.usage(principal.sub)
        left = self._books.ask(lambda ledger: ledger.left(principal.sub, quota))
        return quota if left is None else max(0, left)

    def usage(self, sub: str) -> Usage:
        """What the user has, counted a moment ago; a little longer ago where there is much."""
        return self._books.usage(sub)

    def _hold(self, principal: Principal, mark: str, size: int, seconds: float) -> None:
        quota, sub = self.limit(principal), principal.sub
        if quota is None:
            return
        verdict = Verdict(Outcome.UNCOUNTED)
        # Three: Redis may go between the count and the hold, and memory wants a count of its own.
        for _ in range(3):
            verdict = self._books.ask(lambda ledger: ledger.hold(sub, mark, size, seconds, quota))
            if verdict.outcome is Outcome.HELD:
                return
            if verdict.outcome is Outcome.SHORT and not verdict.may_recount:
                break
            self._books.count_now(sub)
        if verdict.outcome is Outcome.UNCOUNTED:
            raise StorageUnavailable("What you have stored could not be counted; try again")
        QUOTA_REFUSALS.inc()
        raise QuotaExceeded(_shortage(verdict.left, quota))


def _shortage(left: int, quota: int) -> str:
    return f"{max(0, left)} of {quota} bytes are left"
