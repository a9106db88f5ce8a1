"""Quotas: what is reserved, by whom, and when the bucket is counted."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.assets import StoredObject
from app.domain.errors import (
    NotFound,
    Problem,
    QuotaExceeded,
    StorageUnavailable,
    TooManyUploads,
)
from app.domain.principal import Principal
from app.domain.usage import Amount, Counted, Usage, place_of
from app.limits import account, redis_ledger
from app.limits.allowance import group_variable, warn_of_separate_counts
from app.limits.quota import Quota, Want
from app.limits.shared import Shared
from tests.limits.redis_server import RedisServer

ALICE = Principal("alice")


class Bucket(dict[str, int]):
    """Sizes by key; ``counts``: how often somebody looked."""

    counts = 0

    def count(self, sub: str, watched: Collection[bytes]) -> Counted:
        self.counts += 1
        seen = {place_of(key): size for key, size in self.items() if place_of(key) in watched}
        return Counted(Usage(Amount(self.size, len(self)), {}, {}), seen)

    @property
    def size(self) -> int:
        return sum(self.values())

    def remove(self, key: str) -> None:
        del self[key]


def make(
    bucket: Bucket,
    quota: int = 100,
    url: str = "",
    by_group: dict[str, int] | None = None,
    url_seconds: float = 900,
    judged_later: bool = False,
) -> Quota:
    return Quota(
        Shared(url),
        bucket.count,
        quota_bytes=quota,
        by_group=by_group or {},
        url_seconds=url_seconds,
        part_url_seconds=url_seconds,
        judged_later=judged_later,
    )


@pytest.fixture(params=["memory", "redis"])
def url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "memory" else str(request.getfixturevalue("redis_url"))


def reserves(quota: Quota, key: str, size: int) -> bool:
    try:
        quota.reserve(ALICE, key, size, mark=key)
    except QuotaExceeded:
        return False
    return True


def stored(key: str, size: int, ago_seconds: float = 0) -> StoredObject:
    came = datetime.now(UTC) - timedelta(seconds=ago_seconds)
    return StoredObject(key, size, "image/png", '"e"', came, None, {"upload": key}, None, {})


def arrive(
    quota: Quota, key: str, size: int, remove: Callable[[], None], ago_seconds: float = 0
) -> None:
    quota.settle(ALICE, stored(key, size, ago_seconds), mark=key, remove=remove)


def never() -> None:
    pytest.fail("nothing was to be removed")


def test_t25_parallel_reservations_never_exceed_the_quota(url: str) -> None:
    """T25: of 64 at once, ten fit; in memory, and by Redis across processes that share nothing."""
    bucket = Bucket(old=5)
    together = make(bucket, 105, url)
    apart = [make(bucket, 105, url) for _ in range(64)] if url else [together] * 64
    with ThreadPoolExecutor(32) as pool:
        done = pool.map(lambda pair: reserves(pair[1], f"k{pair[0]}", 10), enumerate(apart))
    assert sum(done) == 10


def test_no_quota_asks_nobody() -> None:
    """Without a quota nothing is counted or held."""
    bucket = Bucket()
    quota = make(bucket, 0)
    quota.reserve(ALICE, "k", 10**15, mark="m")
    arrive(quota, "k", 10**15, never)
    with quota.reserved(ALICE, 10**15), quota.moving(ALICE, {"k": 10**15}):
        pass
    assert quota.limit(ALICE) is None
    assert quota.remaining(ALICE) is None
    assert quota.reserve_all(ALICE, [Want("k", 10**15, "m")]) == [None]
    assert bucket.counts == 0
    assert quota.balance(ALICE)[1:] == (None, 0, None)


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


def test_what_is_left_is_said_and_when_more_comes_free(url: str) -> None:
    """The refusal names the bytes; and a time only if waiting helps."""
    bucket = Bucket(old=40)
    quota = make(bucket, 100, url)
    with pytest.raises(QuotaExceeded, match="60 of 100 bytes are left") as refused:
        quota.reserve(ALICE, "k", 61, mark="m")
    assert refused.value.extensions == {}
    quota.reserve(ALICE, "k", 60, mark="m")
    with pytest.raises(QuotaExceeded, match="0 of 100 bytes are left") as refused:
        quota.reserve(ALICE, "l", 60, mark="m")
    frees_at = datetime.fromisoformat(refused.value.extensions["frees_at"])
    assert 0 < (frees_at - datetime.now(UTC)).total_seconds() - 900 < 65


def test_t51_sent_completed_deleted_and_sent_again(url: str) -> None:
    """T51: the bytes that a URL can bring back stay held, and `reserved_bytes` shows it."""
    bucket = Bucket()
    quota = make(bucket, 100, url)
    for number in range(5):
        if not reserves(quota, f"k{number}", 90):
            continue
        bucket[f"k{number}"] = 90
        arrive(quota, f"k{number}", 90, never)
        assert quota.balance(ALICE)[1:] == (100, 0, 10)
        del bucket[f"k{number}"]
        quota.changed("alice")
        assert quota.balance(ALICE)[1:] == (100, 90, 10)
        bucket[f"k{number}"] = 90
    assert list(bucket) == ["k0"]


def test_t51_sent_completed_moved_and_sent_again(url: str) -> None:
    """T51: a move is refused, with the time, while its source's URL could bring all of it back."""
    bucket = Bucket()
    quota = make(bucket, 100, url)
    quota.reserve(ALICE, "k", 90, mark="k")
    bucket["k"] = 90
    arrive(quota, "k", 90, never)
    with pytest.raises(QuotaExceeded) as refused, quota.moving(ALICE, {"k": 90}):
        pytest.fail("it was moved")
    assert refused.value.extensions["frees_at"].endswith("Z")
    assert quota.remaining(ALICE) == 10


def test_t52_with_a_worker_it_is_moved_and_what_is_sent_again_is_rejected(url: str) -> None:
    """T52, T51: at 97 %; the worker, and completion, remove what the first URL brings again."""
    bucket = Bucket()
    quota = make(bucket, 100, url, judged_later=True)
    worker = make(bucket, 100, url, judged_later=True) if url else quota
    quota.reserve(ALICE, "k", 97, mark="k")
    bucket["k"] = 97
    arrive(quota, "k", 97, never)
    with quota.moving(ALICE, {"k": 97}):
        bucket["copy"] = 97
        with pytest.raises(StorageUnavailable):  # while both are there nobody can judge
            worker.admit("alice", stored("k", 97))
        del bucket["k"]
    bucket["k"] = 97
    with pytest.raises(QuotaExceeded):
        worker.admit("alice", stored("k", 97))
    with pytest.raises(QuotaExceeded):
        arrive(quota, "k", 97, lambda: bucket.remove("k"))
    assert bucket == {"copy": 97}
    with pytest.raises(QuotaExceeded), quota.moving(ALICE, {"k": 97}):
        pytest.fail("it was moved")


def test_t52_what_no_url_can_bring_back_moves_at_the_quotas_edge(url: str) -> None:
    """T52: an old package of 97 %, or one that came in parts, with other uploads under way."""
    bucket = Bucket(old=57)
    quota = make(bucket, 100, url)
    quota.reserve(ALICE, "parts", 40, mark="m", completing=True)
    bucket["parts"] = 40
    quota.settle(ALICE, stored("parts", 40), mark="m", remove=never, multipart=True)
    quota.reserve(ALICE, "k", 3, mark="k")
    with quota.moving(ALICE, {"old": 57, "parts": 40}):
        assert quota.remaining(ALICE) == 0
        bucket.clear()
        bucket["there"] = 97
    assert quota.remaining(ALICE) == 0
    assert quota.balance(ALICE).reserved_bytes == 3


def test_an_upload_is_counted_once_all_the_way(url: str) -> None:
    """Reserved, arrived, counted, completed by the caller and the worker, in any order."""
    bucket = Bucket()
    quota = make(bucket, 100, url)
    quota.reserve(ALICE, "k", 60, mark="k")
    assert quota.remaining(ALICE) == 40
    bucket["k"] = 60
    for _ in range(2):
        quota.admit("alice", stored("k", 60))
        assert not reserves(quota, "l", 41)
        arrive(quota, "k", 60, never)
        assert quota.balance(ALICE)[1:] == (100, 0, 40)
    assert reserves(quota, "l", 40)


def test_an_upload_that_nobody_completes_counts_once(url: str) -> None:
    """As Uppy's forms do without a worker: a count sees it, and its reservation is netted."""
    bucket = Bucket()
    quota = make(bucket, 100, url)
    quota.reserve(ALICE, "k", 60, mark="k")
    bucket["k"] = 50
    quota.changed("alice")
    assert quota.balance(ALICE)[1:] == (100, 10, 40)
    assert reserves(quota, "l", 40)


def test_room_that_was_made_is_found(url: str) -> None:
    """A deletion that nobody told of is noticed before an upload is refused."""
    bucket = Bucket(old=100)
    quota = make(bucket, 100, url)
    assert not reserves(quota, "k", 50)
    bucket.clear()
    assert reserves(quota, "k", 50)


def test_a_lost_reservation_is_judged_at_completion(url: str) -> None:
    """T25: another process's, forgotten: over the quota the object goes; within it stays."""
    bucket = Bucket()
    quota = make(bucket, 100, url)
    quota.reserve(ALICE, "known", 60, mark="known")
    bucket["lost"] = 50
    with pytest.raises(QuotaExceeded, match="40 of 100 bytes are left"):
        arrive(quota, "lost", 50, lambda: bucket.remove("lost"))
    assert not bucket
    bucket["fits"] = 40
    arrive(quota, "fits", 40, never)
    assert quota.remaining(ALICE) == 0


def test_what_was_completed_before_is_never_removed(url: str) -> None:
    """Completed again, with the quota lowered since: an asset that was accepted stays."""
    bucket = Bucket()
    quota = make(bucket, 100, url)
    quota.reserve(ALICE, "k", 60, mark="k")
    bucket["k"] = 60
    arrive(quota, "k", 60, never)
    bucket["others"] = 500
    arrive(quota, "k", 60, never)
    fresh = make(bucket, 10)
    arrive(fresh, "k", 60, never, ago_seconds=3600)


def test_a_group_is_not_held_to_the_general_quota_by_those_who_do_not_know_it() -> None:
    """T25: a worker knows the sub alone; it admits what any group may have, and not more."""
    bucket = Bucket(k=90)
    worker = make(bucket, 10, by_group={"STUDIO": 100})
    worker.admit("alice", stored("k", 90))
    bucket["l"] = 11
    for _ in range(2):  # told of again, as its removal failed
        with pytest.raises(QuotaExceeded):
            worker.admit("alice", stored("l", 11))
    make(bucket, 10, by_group={"FREE": 0}).admit("alice", stored("l", 11))


def test_while_redis_is_lost_completions_are_counted(mortal_redis: RedisServer) -> None:
    """Each process reserves for itself then; together they are over, and the last one goes."""
    bucket = Bucket()
    one, two = (make(bucket, 100, mortal_redis.url) for _ in range(2))
    assert reserves(one, "before", 10)
    mortal_redis.kill()
    assert reserves(one, "k1", 60)
    assert reserves(two, "k2", 60), "nobody can know"
    bucket["k1"] = 60
    arrive(one, "k1", 60, never)
    bucket["k2"] = 60
    with pytest.raises(QuotaExceeded):
        arrive(two, "k2", 60, lambda: bucket.remove("k2"))
    assert bucket == {"k1": 60}


def test_work_of_the_gateways_own_is_reserved(url: str) -> None:
    """A copy is held while it is made; then the count tells what came of it."""
    bucket = Bucket()
    quota = make(bucket, 100, url)
    with quota.reserved(ALICE, 60):
        assert quota.remaining(ALICE) == 40
        with pytest.raises(QuotaExceeded), quota.reserved(ALICE, 41):
            pytest.fail("there was no room")
        bucket["copy"] = 60
    assert quota.remaining(ALICE) == 40
    for error in (NotFound, StorageUnavailable):
        with pytest.raises(error), quota.reserved(ALICE, 10):
            raise error
        assert quota.remaining(ALICE) == 40


def test_a_released_upload_leaves_its_room(url: str) -> None:
    """After a multipart abort."""
    quota = make(Bucket(), 100, url)
    quota.reserve(ALICE, "k", 100, mark="m", multipart=True)
    quota.release(ALICE, "k", mark="m")
    assert reserves(quota, "l", 100)


def test_a_batch_is_held_in_order_each_for_itself(url: str) -> None:
    """T63: what does not fit says so, and what comes after it may; room is looked for once."""
    bucket = Bucket(old=100)
    quota = make(bucket, 100, url)
    assert quota.remaining(ALICE) == 0
    bucket["old"] = 10
    wants = [Want(f"k{number}", size, "m") for number, size in enumerate((50, 41, 40, 1))]
    slugs = [problem.slug if problem else None for problem in quota.reserve_all(ALICE, wants)]
    assert slugs == [None, "quota-exceeded", None, "quota-exceeded"]
    assert quota.remaining(ALICE) == 0
    assert quota.reserve_all(ALICE, []) == []


def test_a_large_batch_is_held_in_few_steps(url: str) -> None:
    """T63: a thousand files."""
    quota = make(Bucket(), 1000, url)
    problems = quota.reserve_all(ALICE, [Want(f"k{number}", 1, "m") for number in range(1001)])
    assert [bool(problem) for problem in problems] == [False] * 1000 + [True]


def test_t55_more_holds_than_one_may_have_are_a_429(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T55: with the seconds until one of them ends."""
    for module in (account, redis_ledger):
        monkeypatch.setattr(module, "MAX_HOLDS", 2)
    quota = make(Bucket(), 100, url)
    assert reserves(quota, "k1", 1)
    assert reserves(quota, "k2", 1)
    with pytest.raises(TooManyUploads) as refused:
        quota.reserve(ALICE, "k3", 1, mark="m")
    assert 900 < (refused.value.retry_after_seconds or 0) <= 962


def test_usage_is_counted_rarely_and_again_after_a_change(redis_url: str) -> None:
    """A second look costs nothing; a change is seen; many who miss it wait for one count."""
    bucket = Bucket()
    quota = make(bucket, url=redis_url)
    for _ in range(5):
        quota.usage("alice")
    assert bucket.counts == 1
    bucket["k"] = 7
    quota.changed("alice")
    assert quota.usage("alice").total.bytes == 7
    assert bucket.counts == 2


def test_alone_each_look_counts_what_others_may_have_changed() -> None:
    """Of two processes without Redis, the one learns of no upload that the other completed."""
    bucket = Bucket()
    one, other = make(bucket), make(bucket)
    assert one.usage("alice").total.bytes == 0
    bucket["k"] = 7
    other.changed("alice")
    assert one.usage("alice").total.bytes == 7


def test_dear_counts_are_made_anew_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where counting takes long, neither refusals nor looks make it happen each time."""
    monkeypatch.setattr("app.limits.usage_ledger.CHEAP_SECONDS", -1)
    monkeypatch.setattr("app.limits.usage_ledger.RECOUNT_PER_COST", 10**9)
    bucket = Bucket(old=100)
    quota = make(bucket)
    for number in range(5):
        assert not reserves(quota, f"k{number}", 1)
        quota.changed("alice")
        quota.usage("alice")
    assert bucket.counts == 1


def test_a_count_that_fails_is_the_stores_problem(url: str) -> None:
    """Nothing is held without one; what a batch holds already is not taken back."""
    fails = [True]
    bucket = Bucket(old=50)

    def count(sub: str, watched: Collection[bytes]) -> Counted:
        if fails[0]:
            raise StorageUnavailable
        return bucket.count(sub, watched)

    quota = make(bucket, 100, url)
    quota._ledger._count = count
    with pytest.raises(Problem, match="storage"):
        quota.reserve(ALICE, "k", 1, mark="m")
    quota._ledger._counting._ended.clear()
    fails[0] = False
    quota.usage("alice")
    fails[0] = True
    problems = quota.reserve_all(ALICE, [Want("k", 50, "m"), Want("l", 1, "m")])
    assert [problem and problem.slug for problem in problems] == [None, "quota-exceeded"]


def test_separate_counts_are_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    """A quota, several processes, no Redis: said at start; otherwise silence."""
    with caplog.at_level(logging.WARNING):
        for quota, processes, shared in ((True, 1, False), (True, 4, True), (False, 4, False)):
            warn_of_separate_counts(quota=quota, processes=processes, shared=shared)
        assert not caplog.records
        warn_of_separate_counts(quota=True, processes=4, shared=False)
    assert "REDIS_URL" in caplog.text


def test_a_multipart_upload_of_days_is_free_when_it_is_deleted(url: str) -> None:
    """S3 dates its object by the day on which the upload began; its URLs are dead all the same."""
    bucket = Bucket()
    quota = make(bucket, 100, url)
    quota.reserve(ALICE, "k", 60, mark="m", completing=True)
    bucket["k"] = 60
    found = stored("k", 60, ago_seconds=3 * 86_400)
    quota.settle(ALICE, found, mark="m", remove=never, multipart=True)
    assert quota.balance(ALICE)[1:] == (100, 0, 40)
    bucket.remove("k")
    quota.changed("alice")
    assert quota.balance(ALICE)[1:] == (100, 0, 100)
