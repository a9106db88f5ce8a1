"""Both ledgers are one: whatever is asked of them in whatever order, they answer alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.usage import Amount, Usage
from app.limits import account, redis_ledger
from app.limits.ledger import Count, Hold, Ledger, Work
from app.limits.memory_ledger import MemoryLedger
from app.limits.redis_client import RedisClient
from app.limits.redis_ledger import RedisLedger
from tests.limits.redis_server import RedisServer

SUB = "alice"
PLACES = [bytes([number]) * 16 for number in range(6)]
QUOTA = 1000

places = st.sampled_from(PLACES)
sizes = st.integers(0, 700)
seconds = st.sampled_from([0.5, 5.0, 60.0])
marks = st.sampled_from(["one", "two"])
holds = st.builds(Hold, places, sizes, seconds, marks, st.booleans())
sources = st.lists(st.tuples(places, sizes), max_size=4, unique_by=lambda pair: pair[0])
works = st.builds(
    Work,
    st.sampled_from([b"w" * 16, b"v" * 16]),
    sizes,
    seconds,
    st.none() | sources.map(tuple),
    st.booleans(),
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.sampled_from([0.25, 1.0, 30.0])),
        st.tuples(st.just("hold"), st.lists(holds, min_size=1, max_size=3)),
        st.tuples(st.just("work"), works),
        st.tuples(st.just("finish"), st.sampled_from([b"w" * 16, b"v" * 16])),
        st.tuples(st.just("settle"), holds, st.booleans()),
        st.tuples(st.just("judge"), places, st.booleans()),
        st.tuples(st.just("release"), places, marks),
        st.tuples(st.just("outdate")),
        st.tuples(st.just("begin")),
        st.tuples(st.just("record"), sizes, st.dictionaries(places, st.integers(0, 300))),
    ),
    max_size=25,
)


class Both:
    """The two ledgers at one clock, and a count that may be under way."""

    def __init__(self, server: RedisServer) -> None:
        self.now = 1_800_000_000.0
        self.memory: Ledger = MemoryLedger(clock=lambda: self.now)
        self.redis = RedisLedger(RedisClient(server.url))
        self.began_at = self.now

    def ask(self, question: Callable[[Ledger], Any]) -> Any:
        self.redis.now = f"{self.now:.6f}"
        here, there = question(self.memory), question(self.redis)
        assert here == there
        return here

    def step(self, name: str, *what: Any) -> None:
        getattr(self, f"do_{name}")(*what)
        self.ask(lambda ledger: ledger.balance(SUB))
        self.ask(lambda ledger: sorted(ledger.begin(SUB)[1]))

    def do_pass(self, duration: float) -> None:
        self.now += duration

    def do_hold(self, some: list[Hold]) -> None:
        self.ask(lambda ledger: ledger.hold(SUB, some, QUOTA))

    def do_work(self, work: Work) -> None:
        if work.place not in self.memory.begin(SUB)[1]:  # each has a place of its own
            self.ask(lambda ledger: ledger.work(SUB, work, QUOTA))

    def do_finish(self, place: bytes) -> None:
        self.ask(lambda ledger: ledger.finish(SUB, place))

    def do_settle(self, hold: Hold, dies: bool) -> None:
        self.ask(lambda ledger: ledger.settle(SUB, hold, dies=dies))

    def do_judge(self, place: bytes, stays: bool) -> None:
        self.ask(lambda ledger: ledger.judge(SUB, place, stays=stays))

    def do_release(self, place: bytes, mark: str) -> None:
        self.ask(lambda ledger: ledger.release(SUB, place, mark))

    def do_outdate(self) -> None:
        self.ask(lambda ledger: ledger.outdate(SUB))

    def do_begin(self) -> None:
        self.began_at = self.ask(lambda ledger: ledger.begin(SUB)[0])

    def do_record(self, size: int, seen: dict[bytes, int]) -> None:
        usage = Usage(Amount(size, 1), {"image": Amount(size, 1)}, {})
        count = Count(usage, self.began_at, self.began_at + 60, self.began_at + 2)
        self.ask(lambda ledger: ledger.record(SUB, count, seen))


@given(steps)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_t51_both_ledgers_answer_alike(
    monkeypatch: pytest.MonkeyPatch, redis_server: RedisServer, chosen: list[Any]
) -> None:
    """T51: the memory's arithmetic and the script's, operation by operation, bounds included."""
    with redis_server.client() as client:
        client.flushall()
    for module in (account, redis_ledger):
        monkeypatch.setattr(module, "MAX_HOLDS", 5)
        monkeypatch.setattr(module, "MAX_LOOKS", 3)
    both = Both(redis_server)
    both.step("record", 100, {})
    for step in chosen:
        both.step(*step)
