"""The rules of the ledger, held against both of its forms."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from app.domain.usage import Amount, Usage
from app.limits.ledger import Count, Ledger, Outcome, Settlement, Verdict
from app.limits.memory_ledger import MemoryLedger
from app.limits.redis_ledger import RedisLedger
from tests.limits.redis_server import RedisServer

A = "alice"
FOR_LONG = 600


def usage(size: int) -> Usage:
    return Usage(Amount(size, 1), {"image": Amount(size, 1)}, {"p1": Amount(0, 0)})


@pytest.fixture(params=["memory", "redis"])
def ledger(request: pytest.FixtureRequest) -> Ledger:
    """Either ledger, empty."""
    if request.param == "memory":
        return MemoryLedger()
    request.getfixturevalue("redis_url")
    server: RedisServer = request.getfixturevalue("redis_server")
    return RedisLedger(server.client())


@pytest.fixture
def counted(ledger: Ledger) -> Callable[[int], None]:
    """Count so many bytes now."""

    def record(size: int, *, fresh: float = 60, recount: float = 60) -> None:
        now = ledger.now()
        ledger.record(A, Count(usage(size), now, now + fresh, now + recount))

    return record


def held(ledger: Ledger, mark: str, size: int, quota: int, seconds: float = FOR_LONG) -> Verdict:
    return ledger.hold(A, mark, size, seconds, quota)


def test_nothing_is_held_without_a_fresh_count(
    ledger: Ledger, counted: Callable[..., None]
) -> None:
    """No count, or an old one: it has to be counted first."""
    assert held(ledger, "m", 1, 10).outcome is Outcome.UNCOUNTED
    assert ledger.left(A, 10) is None
    counted(0, fresh=-1)
    assert held(ledger, "m", 1, 10).outcome is Outcome.UNCOUNTED


def test_holds_add_up_to_the_quota_and_not_beyond(
    ledger: Ledger, counted: Callable[..., None]
) -> None:
    """T25: what is stored and what is held leave the rest, to the byte."""
    counted(10)
    assert held(ledger, "m1", 50, 100) == Verdict(Outcome.HELD, 40)
    assert held(ledger, "m2", 41, 100) == Verdict(Outcome.SHORT, 40, may_recount=False)
    assert held(ledger, "m2", 40, 100) == Verdict(Outcome.HELD, 0)
    assert ledger.left(A, 100) == 0
    assert ledger.hold("bob", "m", 1, FOR_LONG, 100).outcome is Outcome.UNCOUNTED


def test_the_same_mark_holds_once(ledger: Ledger, counted: Callable[..., None]) -> None:
    """Signed afresh, an upload's hold lasts on and is not added again."""
    counted(0)
    held(ledger, "m", 60, 100)
    assert held(ledger, "m", 60, 100) == Verdict(Outcome.HELD, 40)


def test_a_settled_hold_counts_until_a_count_has_seen_it(
    ledger: Ledger, counted: Callable[..., None]
) -> None:
    """The count before it does not know the object; the one after does, and then it is dropped."""
    counted(0)
    held(ledger, "m", 60, 100)
    assert ledger.settle(A, "m", 60, FOR_LONG) is Settlement.HELD
    assert ledger.left(A, 100) == 40
    counted(60)
    assert ledger.left(A, 100) == 40


def test_a_count_that_began_before_the_end_does_not_release(
    ledger: Ledger, counted: Callable[..., None]
) -> None:
    """An object that arrives while a count is under way is not lost between the two."""
    counted(0)
    held(ledger, "m", 60, 100)
    began_at = ledger.now()
    ledger.settle(A, "m", 60, FOR_LONG)
    ledger.record(A, Count(usage(0), began_at, began_at + 60, began_at + 60))
    assert ledger.left(A, 100) == 40


def test_an_abandoned_hold_counts_until_a_count_after_its_end(
    ledger: Ledger, counted: Callable[..., None]
) -> None:
    """Its URL expired, but the object may have come in the last moment: the next count tells."""
    counted(0)
    held(ledger, "m", 60, 100, seconds=0.05)
    time.sleep(0.1)
    assert ledger.left(A, 100) == 40
    counted(0)
    assert ledger.left(A, 100) == 100


def test_settling_again_is_known(ledger: Ledger, counted: Callable[..., None]) -> None:
    """Also after a count has seen the object, as long as its URL lives."""
    counted(0)
    held(ledger, "m", 60, 100)
    ledger.settle(A, "m", 60, FOR_LONG)
    counted(60)
    assert ledger.settle(A, "m", 60, FOR_LONG) is Settlement.AGAIN
    assert held(ledger, "m", 60, 100) == Verdict(Outcome.HELD, 40)


def test_an_unknown_object_is_known_from_then_on(
    ledger: Ledger, counted: Callable[..., None]
) -> None:
    """Lost with a process: unknown once, and counted."""
    counted(0)
    assert ledger.settle(A, "m", 60, FOR_LONG) is Settlement.UNKNOWN
    assert ledger.left(A, 100) == 40
    assert ledger.settle(A, "m", 60, FOR_LONG) is Settlement.AGAIN


def test_a_released_hold_is_gone_and_a_settled_one_is_not(
    ledger: Ledger, counted: Callable[..., None]
) -> None:
    """An abort gives back what never came, never what is there."""
    counted(0)
    held(ledger, "m1", 60, 100)
    ledger.release(A, "m1")
    assert ledger.left(A, 100) == 100
    held(ledger, "m2", 60, 100)
    ledger.settle(A, "m2", 60, FOR_LONG)
    ledger.release(A, "m2")
    assert ledger.left(A, 100) == 40


def test_short_says_whether_counting_might_help(
    ledger: Ledger, counted: Callable[..., None]
) -> None:
    """Not before `recount_at`, for a large count is dear."""
    counted(100, recount=60)
    assert held(ledger, "m", 1, 100) == Verdict(Outcome.SHORT, 0, may_recount=False)
    counted(100, recount=-1)
    assert held(ledger, "m", 1, 100) == Verdict(Outcome.SHORT, 0, may_recount=True)


def test_counts_are_remembered_with_their_details(
    ledger: Ledger, counted: Callable[..., None]
) -> None:
    """What is shown is what was counted; a deletion or an arrival marks it stale."""
    assert ledger.count(A) is None
    counted(7)
    found = ledger.count(A)
    assert found is not None
    assert found.usage == usage(7)
    assert not found.stale
    ledger.outdate(A)
    assert (again := ledger.count(A)) is not None
    assert again.stale


def test_an_older_count_does_not_replace_a_newer(ledger: Ledger) -> None:
    """Two counts at once: the one that began later stays."""
    now = ledger.now()
    ledger.record(A, Count(usage(7), now, now + 60, now))
    ledger.record(A, Count(usage(3), now - 1, now + 60, now))
    assert (found := ledger.count(A)) is not None
    assert found.usage.total.bytes == 7


def test_large_sizes_stay_exact(ledger: Ledger, counted: Callable[..., None]) -> None:
    """Terabytes, to the byte."""
    quota = 48 * 1024**4 + 1
    counted(1)
    assert held(ledger, "m", 48 * 1024**4 - 5, quota) == Verdict(Outcome.HELD, 5)


def test_the_memory_of_idle_users_is_bounded() -> None:
    """Who holds nothing is forgotten, who holds something is not."""
    ledger = MemoryLedger(max_accounts=10)
    now = ledger.now()
    ledger.record("keeper", Count(usage(0), now, now + 60, now + 60))
    ledger.hold("keeper", "m", 1, FOR_LONG, 10)
    for number in range(100):
        ledger.record(f"user-{number}", Count(usage(0), now, now + 60, now + 60))
    assert ledger.left("keeper", 10) == 9
    assert len(ledger._accounts) <= 11


def test_nothing_stays_in_redis_for_ever(redis_url: str, redis_server: RedisServer) -> None:
    """Each of a user's keys has an end."""
    with redis_server.client() as client:
        ledger = RedisLedger(client)
        now = ledger.now()
        ledger.record(A, Count(usage(0), now, now + 60, now + 60))
        ledger.hold(A, "m", 1, FOR_LONG, 10)
        ledger.settle("bob", "m", 1, FOR_LONG)
        keys = client.keys("*")
        assert len(keys) == 3
        assert all(0 < client.ttl(key) <= FOR_LONG + 3600 for key in keys)
