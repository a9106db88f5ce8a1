"""How much a user may store, with what URLs can still bring reserved.

Over 200 lines because it is all that use cases know of the quota, and half of it is said to them.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from app.domain.assets import StoredObject
from app.domain.errors import Problem, StorageError, StorageUnavailable
from app.domain.principal import Principal
from app.domain.usage import Usage, place_of
from app.limits.allowance import Allowance
from app.limits.ledger import Hold, Outcome, Settlement, Verdict, Work
from app.limits.refusals import exceeded, refusal
from app.limits.shared import Shared
from app.limits.usage_ledger import Counter, UsageLedger

#: Longer than the gateway takes to write one object itself.
WORK_SECONDS = 900.0
#: S3 finishes a request that began before its URL expired; clocks differ.
_SLACK_SECONDS = 60.0
#: Redis may go between the count and the hold, and memory wants a count of its own.
_ATTEMPTS = 3


class Want(NamedTuple):
    """Room for what may be sent to ``key``, in bytes."""

    key: str
    size: int
    mark: str
    multipart: bool = False
    completing: bool = False


class Balance(NamedTuple):
    """How a user stands. ``reserved_bytes``: what URLs can still bring, and what was written but
    not counted yet; ``remaining_bytes`` is after those, both None without a quota."""

    usage: Usage
    quota_bytes: int | None
    reserved_bytes: int
    remaining_bytes: int | None


class Quota:
    """Reservations and usage, shared in Redis or kept in this process. Thread-safe.

    Every method raises ``StorageError`` or ``StorageUnavailable`` when it has to count and cannot.
    """

    def __init__(
        self,
        shared: Shared,
        count: Counter,
        *,
        quota_bytes: int,
        by_group: Mapping[str, int],
        url_seconds: float,
        part_url_seconds: float,
        judged_later: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``count`` adds up what a ``sub`` has; ``quota_bytes`` and ``by_group`` as ``Allowance``
        has them; the seconds are the lives of an upload's URLs; ``judged_later``: somebody calls
        ``admit`` for whatever arrives."""
        self._ledger = UsageLedger(shared, count)
        self._allowance = Allowance(quota_bytes, by_group)
        self._url_seconds = url_seconds
        self._part_url_seconds = part_url_seconds
        self._judged_later = judged_later
        self._clock = clock

    def limit(self, principal: Principal) -> int | None:
        """The quota in bytes, None without one."""
        return self._allowance.of(principal)

    def deciding_groups(self, principal: Principal) -> tuple[str, ...]:
        """The groups by which ``limit`` is what it is, for somebody who stores in this name."""
        return self._allowance.deciding_groups(principal)

    def reserve(
        self,
        principal: Principal,
        key: str,
        size: int,
        *,
        mark: str,
        multipart: bool = False,
        completing: bool = False,
    ) -> None:
        """Keep ``size`` bytes at ``key`` while URLs that are signed now live.

        Again for the same key, it lasts on, and the larger size stays. ``completing`` goes before
        parts are put together, by whomever. Raises ``QuotaExceeded``, which says how much is left
        and when more comes free, and ``TooManyUploads``.
        """
        want = Want(key, size, mark, multipart or completing, completing)
        [problem] = self.reserve_all(principal, [want])
        if problem:
            raise problem

    def reserve_all(self, principal: Principal, wants: Sequence[Want]) -> list[Problem | None]:
        """As ``reserve``, each for itself, in order: what it would raise, or None if it is held."""
        if (quota := self.limit(principal)) is None or not wants:
            return [None] * len(wants)
        sub = principal.sub
        holds = [
            Hold(place_of(want.key), want.size, self._life(want), want.mark, want.completing)
            for want in wants
        ]
        verdicts = {number: Verdict(Outcome.UNCOUNTED) for number in range(len(holds))}
        for attempt in range(_ATTEMPTS):
            again = [number for number, verdict in verdicts.items() if verdict.may_count]
            if not again:
                break
            if attempt:
                self._count_for(sub, verdicts.values())
            found = self._ledger.hold(sub, [holds[number] for number in again], quota)
            verdicts.update(zip(again, found, strict=True))
        return [refusal(verdicts[number], quota) for number in range(len(holds))]

    @contextmanager
    def reserved(self, principal: Principal, size: int) -> Iterator[None]:
        """Keep ``size`` bytes while the gateway itself writes objects (a copy, a restore).

        Raises ``QuotaExceeded`` before. Then the next count tells what came of it.
        """
        with self._working(principal, Work(uuid.uuid4().bytes, size, WORK_SECONDS)):
            yield

    @contextmanager
    def moving(self, principal: Principal, sources: Mapping[str, int]) -> Iterator[None]:
        """Keep what is moved, while it is copied and ``sources`` (sizes by key) are deleted.

        A move adds nothing, but for sources that a URL can still write to: those count twice until
        it expires, and ``QuotaExceeded`` is raised when that is too much. Where arrivals are judged
        later it passes once even so, and what comes again to its sources is judged.
        """
        places = [(place_of(key), size) for key, size in sources.items()]
        work = Work(
            uuid.uuid4().bytes, sum(sources.values()), WORK_SECONDS, places, self._judged_later
        )
        with self._working(principal, work):
            yield

    def settle(
        self,
        principal: Principal,
        found: StoredObject,
        *,
        mark: str,
        remove: Callable[[], None],
        multipart: bool = False,
    ) -> None:
        """The object has come, and its URLs died with that if it was ``multipart``.

        One that nobody held room for, and any while Redis is lost, is judged here and now: over the
        quota, the object is ``remove``\\ d and ``QuotaExceeded`` raised. That is for objects that
        arrived within a URL's life. An older one was completed before and stays, whatever has
        become of the quota since.
        """
        quota = self.limit(principal)
        self._settle(principal.sub, quota, found, mark, remove, dies=multipart)

    def admit(self, sub: str, found: StoredObject) -> None:
        """As ``settle``, by somebody who does not know the user's groups and removes nothing here.

        So the largest quota that is set counts: nobody loses an object that a group allows. It is
        not for what the gateway wrote itself.
        """
        mark = found.mark or found.etag
        self._settle(sub, self._allowance.largest(), found, mark, lambda: None, dies=False)

    def release(self, principal: Principal, key: str, *, mark: str) -> None:
        """End a reservation whose URLs are dead, as after a multipart abort.

        A presigned PUT or POST still works after its upload was given up, so it keeps its own.
        """
        if self.limit(principal) is not None:
            sub, place = principal.sub, place_of(key)
            self._ledger.ask(sub, lambda ledger: ledger.release(sub, place, mark))

    def changed(self, sub: str) -> None:
        """Objects of the user were deleted, or written by other ways than an upload.

        What URLs can bring back stays reserved.
        """
        self._ledger.ask(sub, lambda ledger: ledger.outdate(sub))

    def balance(self, principal: Principal) -> Balance:
        """Usage by a count of a moment ago, longer ago where there is much; and what is left."""
        count, state = self._ledger.balance(principal.sub)
        quota = self.limit(principal)
        if quota is None:
            return Balance(count.usage, None, 0, None)
        return Balance(count.usage, quota, state.reserved, max(0, quota - state.taken))

    def remaining(self, principal: Principal) -> int | None:
        """Bytes of the quota that are neither used nor reserved, None without a quota."""
        if self.limit(principal) is None:
            return None
        return self.balance(principal).remaining_bytes

    def usage(self, sub: str) -> Usage:
        """What the user has, counted a moment ago; a little longer ago where there is much."""
        return self._ledger.balance(sub)[0].usage

    @contextmanager
    def _working(self, principal: Principal, work: Work) -> Iterator[None]:
        sub, quota = principal.sub, self.limit(principal)
        if quota is not None:
            self._begin_work(sub, work, quota)
        try:
            yield
        finally:
            self._ledger.ask(sub, lambda ledger: ledger.finish(sub, work.place))

    def _begin_work(self, sub: str, work: Work, quota: int) -> None:
        verdict = Verdict(Outcome.UNCOUNTED)
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._count_for(sub, [verdict])
            verdict = self._ledger.work(sub, work, quota)
            if not verdict.may_count:
                break
        if problem := refusal(verdict, quota):
            raise problem

    def _settle(
        self,
        sub: str,
        quota: int | None,
        found: StoredObject,
        mark: str,
        remove: Callable[[], None],
        *,
        dies: bool,
    ) -> None:
        seconds = max(self._url_seconds, self._part_url_seconds) + _SLACK_SECONDS
        age = self._clock() - found.last_modified.timestamp()
        if quota is None or age > seconds:
            if quota is not None and dies:
                # S3 dates an object that came in parts by the day on which its upload began.
                self._ledger.ask(sub, lambda ledger: ledger.release(sub, place_of(found.key), mark))
            self.changed(sub)
            return
        hold = Hold(place_of(found.key), found.size, seconds, mark)
        settlement = self._ledger.ask(sub, lambda ledger: ledger.settle(sub, hold, dies=dies))
        if settlement is Settlement.HELD and not self._ledger.lost(sub):
            return
        _, state = self._ledger.count_now(sub)
        stays = state.taken <= quota
        if not stays and state.busy:
            # What moves may have been counted at both of its places.
            raise StorageUnavailable("Assets are being moved or copied; try again")
        if not stays:
            remove()
        self._ledger.ask(sub, lambda ledger: ledger.judge(sub, hold.place, stays=stays))
        if not stays:
            raise exceeded(quota - state.taken + found.size, quota)

    def _count_for(self, sub: str, verdicts: Iterable[Verdict]) -> None:
        """Count for those that it may help. What is held already is not lost by a failure."""
        outcomes = {verdict.outcome for verdict in verdicts}
        try:
            self._ledger.count_now(sub, join=Outcome.UNCOUNTED in outcomes)
        except (StorageUnavailable, StorageError):
            if Outcome.HELD not in outcomes:
                raise

    def _life(self, want: Want) -> float:
        seconds = self._part_url_seconds if want.multipart else self._url_seconds
        return seconds + _SLACK_SECONDS
