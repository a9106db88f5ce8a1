"""No order of calls stores more than the quota, and nothing that was allowed is taken back (T51).

A store with URLs that live is played against the quota: two processes over one ledger, a worker
that is told of what arrived, listings that are under way while objects come and go.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.domain.assets import StoredObject
from app.domain.errors import QuotaExceeded
from app.domain.principal import Principal
from app.domain.usage import Amount, Counted, Usage, place_of
from app.limits import usage_ledger
from app.limits.ledger import Count
from app.limits.memory_ledger import MemoryLedger
from app.limits.quota import Quota
from app.limits.redis_client import RedisClient
from app.limits.redis_ledger import RedisLedger
from app.limits.shared import Shared
from tests.limits.redis_server import RedisServer

QUOTA = 1000
URL_SECONDS = 900
ALICE = Principal("alice")

which = st.integers(0, 5)
sizes = st.sampled_from([100, 450, 500, 900])


@dataclass
class Upload:
    """A declared upload and its URL."""

    key: str
    size: int
    mark: str
    expires_at: float
    kind: str


class Store:
    """Objects by key, as (size, mark, when it came)."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[int, str, float]] = {}

    @property
    def size(self) -> int:
        return sum(size for size, _, _ in self.objects.values())


class Orders(RuleBasedStateMachine):
    """Calls in any order."""

    server: RedisServer | None = None
    judged_later = False

    @initialize(dear=st.booleans())
    def start(self, dear: bool) -> None:
        self.now = 1_800_000_000.0
        self.store, self.past = Store(), dict[str, tuple[int, str, float]]()
        self.uploads: list[Upload] = []
        self.events: list[tuple[str, str]] = []
        self.listing: tuple[Any, ...] | None = None
        self.pairs = pytest.MonkeyPatch()
        if dear:  # counts are as old as they may be
            self.pairs.setattr(usage_ledger, "CHEAP_SECONDS", -1)
            self.pairs.setattr(usage_ledger, "RECOUNT_PER_COST", 10**9)
        memory = MemoryLedger(clock=lambda: self.now)
        self.ledgers: list[Any] = [memory, memory]
        if self.server:
            with self.server.client() as client:
                client.flushall()
            self.ledgers = [RedisLedger(RedisClient(self.server.url)) for _ in range(2)]
        self.processes = [self.process(ledger) for ledger in self.ledgers]
        self.tick(0)

    def teardown(self) -> None:
        if hasattr(self, "pairs"):
            self.pairs.undo()

    def process(self, ledger: Any) -> Quota:
        quota = Quota(
            Shared(""),
            self.count,
            quota_bytes=QUOTA,
            by_group={},
            url_seconds=URL_SECONDS,
            part_url_seconds=URL_SECONDS,
            judged_later=self.judged_later,
            clock=lambda: self.now,
        )
        quota._ledger._memory = quota._ledger._redis = ledger
        return quota

    def count(self, sub: str, watched: Any) -> Counted:
        return counted(self.store.objects, watched)

    def quota(self, number: int) -> Quota:
        self.tick(0.001)
        return self.processes[number % 2]

    def tick(self, seconds: float) -> None:
        self.now = round(self.now + seconds, 6)
        for ledger in self.ledgers:
            if isinstance(ledger, RedisLedger):
                ledger.now = f"{self.now:.6f}"

    def key(self, number: int) -> str | None:
        keys = sorted(self.store.objects)
        return keys[number % len(keys)] if keys else None

    def write(self, key: str, size: int, mark: str) -> None:
        self.store.objects[key] = (size, mark, self.now)
        self.events.append((key, mark))

    def found(self, key: str) -> StoredObject:
        size, mark, came_at = self.store.objects[key]
        came = datetime.fromtimestamp(came_at, UTC)
        return StoredObject(key, size, "image/png", '"e"', came, None, {"upload": mark}, None, {})

    def arrived(self, upload: Upload) -> bool:
        return self.store.objects.get(upload.key, (0, ""))[1] == upload.mark

    # What callers do ------------------------------------------------------------------------------

    @rule(size=sizes, number=which, kind=st.sampled_from(["put", "form", "multipart"]))
    def declare(self, size: int, number: int, kind: str) -> None:
        """Often to a new key, else to one of a package that another upload is declared for."""
        key = f"k{len(self.uploads)}"
        if number > 3 and self.uploads:
            key = self.uploads[number % len(self.uploads)].key
            if key in self.store.objects:
                return
        upload = Upload(key, size, f"m{len(self.uploads)}", self.now + URL_SECONDS, kind)
        if self.reserved(upload, number):
            self.uploads.append(upload)

    def reserved(self, upload: Upload, number: int, *, completing: bool = False) -> bool:
        try:
            self.quota(number).reserve(
                ALICE,
                upload.key,
                upload.size,
                mark=upload.mark,
                multipart=upload.kind == "multipart",
                completing=completing,
            )
        except QuotaExceeded:
            return False
        return True

    @rule(size=sizes, who=which, undo=st.sampled_from(["move", "delete", "nothing"]))
    def use_it_as_most_do(self, size: int, who: int, undo: str) -> None:
        """Declare, send, complete; perhaps it is moved or deleted soon after."""
        before = len(self.uploads)
        self.declare(size, 0, "put")
        if len(self.uploads) == before:
            return
        self.send(before, less=False)
        self.complete(before, who, answered=True, bad=False)
        if self.arrived(self.uploads[before]) and undo != "nothing":
            number = sorted(self.store.objects).index(self.uploads[before].key)
            if undo == "move":
                self.move(number, who, again=False, counted_at=0)
            else:
                self.delete(number, who)

    @precondition(lambda self: self.uploads)
    @rule(number=which, who=which)
    def sign_again(self, number: int, who: int) -> None:
        upload = self.uploads[number % len(self.uploads)]
        if upload.kind != "gone" and self.reserved(upload, who):
            upload.expires_at = self.now + URL_SECONDS

    @precondition(lambda self: self.uploads)
    @rule(number=which, less=st.booleans())
    def send(self, number: int, less: bool) -> None:
        """By any URL that lives, again and again: a PUT where nothing is, a form over anything."""
        upload = self.uploads[number % len(self.uploads)]
        if upload.kind in ("multipart", "gone") or upload.expires_at < self.now:
            return
        if upload.kind == "put" and upload.key in self.store.objects:
            return
        size = max(1, upload.size // 2) if less and upload.kind == "form" else upload.size
        self.write(upload.key, size, upload.mark)

    @precondition(lambda self: self.uploads)
    @rule(number=which, who=which, answered=st.booleans(), bad=st.booleans())
    def complete(self, number: int, who: int, answered: bool, bad: bool) -> None:
        """Also the second time; with the answer lost; with bytes that are removed for being bad."""
        upload = self.uploads[number % len(self.uploads)]
        if upload.kind == "multipart" and upload.key not in self.store.objects:
            if not self.reserved(upload, who, completing=True):
                return
            self.write(upload.key, upload.size, upload.mark)
            upload.kind = "gone"
        if not self.arrived(upload) or not answered:
            return
        if bad:
            self.remove(upload.key)
            if upload.kind == "gone":
                self.quota(who).release(ALICE, upload.key, mark=upload.mark)
            return
        self.settle(upload, who)

    def settle(self, upload: Upload, who: int) -> None:
        try:
            self.quota(who).settle(
                ALICE,
                self.found(upload.key),
                mark=upload.mark,
                remove=lambda: self.rejected(upload.key),
                multipart=upload.kind == "gone",
            )
        except QuotaExceeded:
            assert upload.key not in self.store.objects

    @precondition(lambda self: self.uploads)
    @rule(number=which, who=which)
    def abort(self, number: int, who: int) -> None:
        upload = self.uploads[number % len(self.uploads)]
        if upload.kind in ("multipart", "gone"):
            upload.kind = "gone"
            self.quota(who).release(ALICE, upload.key, mark=upload.mark)

    @rule(number=which, who=which)
    def delete(self, number: int, who: int) -> None:
        if key := self.key(number):
            self.remove(key)
            self.quota(who).changed("alice")

    def remove(self, key: str) -> None:
        self.past[key] = self.store.objects.pop(key)

    @rule(number=which, who=which, again=st.booleans(), counted_at=st.integers(0, 3))
    def move(self, number: int, who: int, again: bool, counted_at: int) -> None:
        """With a count by the other process somewhere in it, and the source sent again."""
        if (key := self.key(number)) is None:
            return
        size, _, _ = self.store.objects[key]
        target = f"a{self.now}"
        try:
            with self.quota(who).moving(ALICE, {key: size}):
                self.count_by_another(who, counted_at == 1)
                self.store.objects[target] = (size, "copy", self.now)
                self.count_by_another(who, counted_at == 2)
                self.remove(key)
                if again:
                    for upload in range(len(self.uploads)):
                        if self.uploads[upload].key == key:
                            self.send(upload, less=False)
                self.count_by_another(who, counted_at == 3)
        except QuotaExceeded:
            assert target not in self.store.objects

    def count_by_another(self, who: int, wanted: bool) -> None:
        if wanted:
            self.quota(who + 1)._ledger.count_now("alice")

    @rule(number=which, who=which)
    def copy(self, number: int, who: int) -> None:
        if (key := self.key(number)) is None:
            return
        size, _, _ = self.store.objects[key]
        try:
            with self.quota(who).reserved(ALICE, size):
                self.store.objects[f"c{self.now}"] = (size, "copy", self.now)
        except QuotaExceeded:
            return

    @rule(number=which, who=which)
    def restore(self, number: int, who: int) -> None:
        keys = sorted(set(self.past) - set(self.store.objects))
        if not keys:
            return
        key = keys[number % len(keys)]
        size, mark, _ = self.past[key]
        try:
            with self.quota(who).reserved(ALICE, size):
                self.store.objects[key] = (size, mark, self.now)
        except QuotaExceeded:
            return

    # What else happens ----------------------------------------------------------------------------

    @precondition(lambda self: self.events)
    @rule(number=which, who=which)
    def event(self, number: int, who: int) -> None:
        """The worker hears of an object, in any order, late, twice."""
        key, mark = self.events[number % len(self.events)]
        if self.store.objects.get(key, (0, ""))[1] != mark:
            return
        try:
            self.quota(who).admit("alice", self.found(key))
        except QuotaExceeded:
            self.rejected(key)

    def rejected(self, key: str) -> None:
        pytest.fail("what was held is removed")

    @rule(seconds=st.sampled_from([1, 61, 500]))
    def wait(self, seconds: int) -> None:
        self.tick(seconds)

    @precondition(lambda self: self.uploads)
    @rule(number=which, more=st.sampled_from([-1, 30, 61]))
    def wait_for_the_end(self, number: int, more: int) -> None:
        """Around the last moment of a URL."""
        upload = self.uploads[number % len(self.uploads)]
        self.tick(max(0, upload.expires_at + more - self.now))

    @rule(who=which)
    def look(self, who: int) -> None:
        balance = self.quota(who).balance(ALICE)
        assert balance.reserved_bytes >= 0

    @precondition(lambda self: self.listing is None)
    @rule(who=which)
    def begin_listing(self, who: int) -> None:
        ledger = self.quota(who)._ledger._redis
        began_at, watched = ledger.begin("alice")
        self.listing = (ledger, began_at, watched, dict(self.store.objects))

    @precondition(lambda self: self.listing)
    @rule(split=st.integers(0, 4))
    def end_listing(self, split: int) -> None:
        """Keys before the split were listed when it began, those after it now."""
        assert self.listing
        ledger, began_at, watched, before = self.listing
        keys = sorted({*before, *self.store.objects})
        first = set(keys[: split * len(keys) // 4])
        listed = {key: value for key, value in before.items() if key in first}
        listed |= {key: value for key, value in self.store.objects.items() if key not in first}
        usage, seen = counted(listed, watched)
        self.tick(0.001)
        ledger.record("alice", Count(usage, began_at, began_at + 60, began_at + 60), seen)
        self.listing = None

    @invariant()
    def the_quota_holds(self) -> None:
        if hasattr(self, "store"):
            assert self.store.size <= QUOTA


def counted(objects: dict[str, tuple[int, str, float]], watched: Any) -> Counted:
    total = sum(size for size, _, _ in objects.values())
    seen = {place_of(key): objects[key][0] for key in objects if place_of(key) in set(watched)}
    return Counted(Usage(Amount(total, len(objects)), {}, {}), seen)


class Overdrawn(Orders):
    """With a worker: a move may overdraw, and what comes again is judged."""

    judged_later = True

    def __init__(self) -> None:
        super().__init__()
        self.heard: set[tuple[str, str, float]] = set()

    def rejected(self, key: str) -> None:
        self.remove(key)

    def tick(self, seconds: float) -> None:
        """The worker may be late, but not by a URL's life: what is as old as that stays."""
        for key, (_, mark, came_at) in list(self.store.objects.items()):
            late = seconds >= 1 and self.now + seconds > came_at + URL_SECONDS
            if late and mark != "copy" and (key, mark, came_at) not in self.heard:
                self.hear_of_all(0)
        super().tick(seconds)

    @rule(who=which)
    def hear_of_all(self, who: int) -> None:
        for key, (_, mark, came_at) in list(self.store.objects.items()):
            if mark != "copy":
                self.heard.add((key, mark, came_at))
                try:
                    self.quota(who).admit("alice", self.found(key))
                except QuotaExceeded:
                    self.rejected(key)
        assert self.store.size <= QUOTA

    @invariant()
    def the_quota_holds(self) -> None:
        """Only once the worker has heard of all."""


def test_t51_no_order_of_calls_stores_more_than_the_quota() -> None:
    """T51: in the memory of one process."""

    class InMemory(Orders):
        pass

    run(InMemory, examples=150)


def test_t51_no_order_of_calls_of_two_processes_does(redis_server: RedisServer) -> None:
    """T51: two processes that share Redis."""

    class InRedis(Orders):
        server = redis_server

    run(InRedis, examples=40)


def test_t51_with_a_worker_no_order_of_calls_does_for_long() -> None:
    """T51: moves that overdraw; whatever comes again to where they came from is removed."""
    run(Overdrawn, examples=100)


def run(machine: type[Orders], *, examples: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
