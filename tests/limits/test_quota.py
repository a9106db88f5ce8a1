"""Quotas: what is reserved, by whom, and when the bucket is counted."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.errors import NotFound, QuotaExceeded, StorageUnavailable
from app.domain.principal import Principal
from app.domain.usage import Amount, Usage
from app.limits.allowance import group_variable, warn_of_separate_counts
from app.limits.quota import Quota
from app.limits.shared import Shared
from tests.limits.redis_server import RedisServer

ALICE = Principal("alice")


class Bucket:
    """What a count finds: ``size`` bytes; ``counts`` how often somebody looked."""

    def __init__(self) -> None:
        self.size = 0
        self.counts = 0

    def count(self, sub: str) -> Usage:
        self.counts += 1
        return Usage(Amount(self.size, 1), {}, {})


def make(
    bucket: Bucket,
    quota: int = 100,
    url: str = "",
    by_group: dict[str, int] | None = None,
    url_seconds: float = 900,
) -> Quota:
    return Quota(
        Shared(url),
        bucket.count,
        quota_bytes=quota,
        by_group=by_group or {},
        url_seconds=url_seconds,
        part_url_seconds=url_seconds,
    )


@pytest.fixture(params=["memory", "redis"])
def url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "memory" else str(request.getfixturevalue("redis_url"))


def reserves(quota: Quota, mark: str, size: int) -> bool:
    try:
        quota.reserve(ALICE, mark, size)
    except QuotaExceeded:
        return False
    return True


def arrive(
    quota: Quota, mark: str, size: int, remove: Callable[[], None], ago_seconds: float = 0
) -> None:
    arrived_at = datetime.now(UTC) - timedelta(seconds=ago_seconds)
    quota.settle(ALICE, mark, size, arrived_at, remove)


def never() -> None:
    pytest.fail("nothing was to be removed")


def test_t25_parallel_reservations_never_exceed_the_quota(url: str) -> None:
    """T25: of 64 at once, ten fit; in memory, and by Redis across processes that share nothing."""
    bucket = Bucket()
    bucket.size = 5
    together = make(bucket, 105, url)
    apart = [make(bucket, 105, url) for _ in range(64)] if url else [together] * 64
    with ThreadPoolExecutor(32) as pool:
        done = pool.map(lambda pair: reserves(pair[1], f"m{pair[0]}", 10), enumerate(apart))
    assert sum(done) == 10


def test_no_quota_asks_nobody() -> None:
    """Without a quota nothing is counted or held."""
    bucket = Bucket()
    quota = make(bucket, 0)
    quota.reserve(ALICE, "m", 10**15)
    arrive(quota, "m", 10**15, never)
    assert quota.limit(ALICE) is None
    assert quota.remaining(ALICE) is None
    assert bucket.counts == 0


def test_a_groups_quota_wins_and_the_largest_of_several() -> None:
    """Also where it is smaller than the general one; 0 is none."""
    quota = make(Bucket(), 100, by_group={"SMALL": 10, "BIG_STUDIO": 500, "FREE": 0})

    def limit(*groups: str) -> int | None:
        return quota.limit(Principal("a", groups=frozenset(groups)))

    assert limit() == 100
    assert limit("unknown") == 100
    assert limit("small") == 10
    assert limit("small", "big-studio") == 500
    assert limit("small", "free") is None
    assert group_variable("eu/Team 1") == "EU_TEAM_1"


def test_what_is_left_is_said(url: str) -> None:
    """The refusal names the bytes."""
    bucket = Bucket()
    bucket.size = 40
    with pytest.raises(QuotaExceeded, match="60 of 100 bytes are left"):
        make(bucket, 100, url).reserve(ALICE, "m", 61)


def test_an_upload_is_counted_once_all_the_way(url: str) -> None:
    """Reserved, arrived, counted: never twice once counted, never not."""
    bucket = Bucket()
    quota = make(bucket, 100, url)
    quota.reserve(ALICE, "m", 60)
    assert quota.remaining(ALICE) == 40
    bucket.size = 60
    arrive(quota, "m", 60, never)
    assert not reserves(quota, "m2", 41)
    assert quota.usage("alice").total.bytes == 60
    assert quota.remaining(ALICE) == 40
    assert reserves(quota, "m2", 40)


def test_room_that_was_made_is_found(url: str) -> None:
    """A deletion that nobody told of is noticed before an upload is refused."""
    bucket = Bucket()
    bucket.size = 100
    quota = make(bucket, 100, url)
    assert not reserves(quota, "m", 50)
    bucket.size = 0
    assert reserves(quota, "m", 50)


def test_a_lost_reservation_is_judged_at_completion(url: str) -> None:
    """T25: another process's, forgotten: over the quota the object goes; within it stays."""
    bucket = Bucket()
    quota = make(bucket, 100, url)
    quota.reserve(ALICE, "known", 60)
    bucket.size = 50
    removed: list[str] = []
    with pytest.raises(QuotaExceeded, match="40 of 100 bytes are left"):
        arrive(quota, "lost", 50, lambda: removed.append("lost"))
    assert removed == ["lost"]
    bucket.size = 40
    arrive(quota, "fits", 40, never)


def test_what_was_completed_before_is_never_removed(url: str) -> None:
    """Completed again, with the quota lowered since: an asset that was accepted stays."""
    bucket = Bucket()
    quota = make(bucket, 100, url)
    quota.reserve(ALICE, "m", 60)
    bucket.size = 60
    arrive(quota, "m", 60, never)
    bucket.size = 500
    arrive(quota, "m", 60, never)
    fresh = make(bucket, 10)
    arrive(fresh, "m", 60, never, ago_seconds=3600)


def test_a_group_is_not_held_to_the_general_quota_by_those_who_do_not_know_it() -> None:
    """T25: a worker knows the sub alone; it admits what any group may have, and not more."""
    bucket = Bucket()
    worker = make(bucket, 10, by_group={"STUDIO": 100})
    bucket.size = 90
    worker.admit("alice", "m1", 90, datetime.now(UTC))
    bucket.size = 101
    with pytest.raises(QuotaExceeded):
        worker.admit("alice", "m2", 11, datetime.now(UTC))
    make(bucket, 10, by_group={"FREE": 0}).admit("alice", "m3", 11, datetime.now(UTC))


def test_while_redis_is_lost_completions_are_counted(mortal_redis: RedisServer) -> None:
    """Each process reserves for itself then; together they are over, and the last one goes."""
    bucket = Bucket()
    one, two = (make(bucket, 100, mortal_redis.url) for _ in range(2))
    assert reserves(one, "before", 10)
    mortal_redis.kill()
    assert reserves(one, "m1", 60)
    assert reserves(two, "m2", 60), "nobody can know"
    bucket.size = 60
    arrive(one, "m1", 60, never)
    bucket.size = 120
    with pytest.raises(QuotaExceeded):
        arrive(two, "m2", 60, lambda: setattr(bucket, "size", 60))
    assert bucket.size == 60


def test_work_of_the_gateways_own_is_reserved(url: str) -> None:
    """A copy is held while it is made; failed it is given back, unless nobody knows."""
    bucket = Bucket()
    quota = make(bucket, 100, url)
    with quota.reserved(ALICE, 60):
        assert quota.remaining(ALICE) == 40
        with pytest.raises(QuotaExceeded), quota.reserved(ALICE, 41):
            pytest.fail("there was no room")
    bucket.size = 60
    assert quota.remaining(ALICE) == 40
    with pytest.raises(NotFound), quota.reserved(ALICE, 10):
        raise NotFound
    assert quota.remaining(ALICE) == 40
    with pytest.raises(StorageUnavailable), quota.reserved(ALICE, 10):
        raise StorageUnavailable
    assert quota.remaining(ALICE) == 30


def test_a_released_upload_leaves_its_room(url: str) -> None:
    """After a multipart abort."""
    quota = make(Bucket(), 100, url)
    quota.reserve(ALICE, "m", 100, multipart=True)
    quota.release(ALICE, "m")
    assert reserves(quota, "m2", 100)


def test_usage_is_counted_rarely_and_again_after_a_change() -> None:
    """A second look costs nothing; a change is seen; many who miss it wait for one count."""
    bucket = Bucket()
    quota = make(bucket)
    for _ in range(5):
        quota.usage("alice")
    assert bucket.counts == 1
    bucket.size = 7
    quota.changed("alice")
    assert quota.usage("alice").total.bytes == 7
    assert bucket.counts == 2


def test_dear_counts_are_made_anew_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where counting takes long, neither refusals nor looks make it happen each time."""
    monkeypatch.setattr("app.limits.usage_ledger.CHEAP_SECONDS", -1)
    monkeypatch.setattr("app.limits.usage_ledger.RECOUNT_PER_COST", 10**9)
    bucket = Bucket()
    bucket.size = 100
    quota = make(bucket)
    for number in range(5):
        assert not reserves(quota, f"m{number}", 1)
        quota.changed("alice")
        quota.usage("alice")
    assert bucket.counts == 1


def test_separate_counts_are_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    """A quota, several processes, no Redis: said at start; otherwise silence."""
    with caplog.at_level(logging.WARNING):
        for quota, processes, shared in ((True, 1, False), (True, 4, True), (False, 4, False)):
            warn_of_separate_counts(quota=quota, processes=processes, shared=shared)
        assert not caplog.records
        warn_of_separate_counts(quota=True, processes=4, shared=False)
    assert "REDIS_URL" in caplog.text
