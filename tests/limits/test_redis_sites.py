"""Redis at scale: the same limits by a cluster, by Sentinel and by TLS, through a failover."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.limits import shared as shared_module
from app.limits.rates import Rate
from app.limits.redis_ledger import key_of
from app.limits.shared import Shared
from tests.auth.tokens import Clock
from tests.limits.redis_sites import Cluster, Sentinels, tls_server
from tests.limits.test_quota import ALICE, Bucket, arrive, make, never, reserves


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    made = Cluster()
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def sentinels() -> Iterator[Sentinels]:
    made = Sentinels()
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture(autouse=True)
def short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is lost is tried again soon."""
    monkeypatch.setattr(shared_module, "PAUSE_SECONDS", 0.2)


def two_processes_agree(url: str) -> None:
    """On a quota and on a rate."""
    bucket = Bucket()
    one, two = (make(bucket, 100, url) for _ in range(2))
    assert reserves(one, "k1", 60)
    assert not reserves(two, "k2", 41)
    bucket["k1"] = 60
    arrive(two, "k1", 60, never)
    with one.moving(ALICE, {"old": 1}), two.reserved(ALICE, 10):
        assert one.balance(ALICE).remaining_bytes == 29
    first, second = (Rate("general", "3/minute", Shared(url), clock=Clock()) for _ in range(2))
    assert [first.hit("a").remaining, second.hit("a").remaining] == [2, 1]


def test_by_a_cluster(cluster: Cluster) -> None:
    """All of a user's keys lie in one slot, wherever that is."""
    two_processes_agree(cluster.url)
    shared = Shared(cluster.url)
    nodes = set()
    for number in range(20):
        rate = Rate("general", "3/minute", shared, clock=Clock())
        assert rate.hit(f"user-{number}").remaining == 2
        assert shared.client
        nodes.add(shared.client.node_of(key_of(f"user-{number}")))
    assert len(nodes) == 3


def test_t25_a_quota_is_exact_through_a_clusters_failover(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    """T25: what was held before the primary died is held after it; no call fails in between, and
    users of other nodes notice nothing."""
    caplog.set_level(logging.WARNING, logger="gateway.limits")
    bucket = Bucket()
    one, two = (make(bucket, 100, cluster.url) for _ in range(2))
    shared = Shared(cluster.url)
    rate = Rate("other", "1000/minute", shared, clock=Clock())
    key = key_of("alice")
    other = next(
        name
        for name in map(str, range(100))
        if cluster.primary_of(f"{{{name}}}") != cluster.primary_of(key)
    )
    assert reserves(one, "k1", 60)
    hits = [rate.hit(other).remaining]
    cluster.kill_primary_of(key)
    for number in range(20):
        reserves((one, two)[number % 2], "k1", 60)
        hits.append(rate.hit(other).remaining)
    cluster.fail_over(key)
    for process in (one, two):
        wait_until_found(process, key)
        assert not reserves(process, f"k{id(process)}", 41)
        assert process.balance(ALICE).remaining_bytes == 40
    hits.append(
        Rate("other", "1000/minute", Shared(cluster.url), clock=Clock()).hit(other).remaining
    )
    assert hits == list(range(999, 999 - len(hits), -1))
    assert caplog.text.count("Redis is lost") == 2, "once a process"
    assert caplog.text.count("Redis is back") == 2


def wait_until_found(process: object, key: str) -> None:
    from tests.limits.redis_sites import until

    ledger = process._ledger  # type: ignore[attr-defined]

    def is_found() -> bool:
        ledger.ask("alice", lambda each: each.balance("alice"))
        return not ledger.lost("alice")

    until(is_found, "Redis was not found again")


def test_t25_a_quota_is_exact_through_sentinels_failover(sentinels: Sentinels) -> None:
    """T25: as by a cluster."""
    two_processes_agree(sentinels.url)
    bucket = Bucket(k1=60)
    one = make(bucket, 100, sentinels.url)
    assert one.remaining(ALICE) == 40
    sentinels.fail_over()
    wait_until_found(one, key_of("alice"))
    assert not reserves(one, "k2", 41)
    assert reserves(one, "k2", 40)
    assert make(bucket, 100, sentinels.url).remaining(ALICE) == 0


def test_by_tls(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With a password, and a certificate that is checked."""
    with tls_server(tmp_path) as url:
        two_processes_agree(url)
        assert "lost" not in caplog.text
        unchecked = url.partition("?")[0]
        assert Rate("general", "3/minute", Shared(unchecked), clock=Clock()).hit("a").remaining == 2
        assert "lost" in caplog.text


def test_a_clusters_node_by_a_plain_address_is_named(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    """What `redis://` finds there is told, and counted in memory."""
    url = f"redis://127.0.0.1:{cluster.nodes[1].port}/0"
    rate = Rate("plain", "3/minute", Shared(url), clock=Clock())
    for number in range(8):
        assert rate.hit(f"user-{number}").remaining == 2
    assert "redis+cluster://" in caplog.text
