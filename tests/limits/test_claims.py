"""Who may work on an asset: one request at a time, whatever process it is in."""

from __future__ import annotations

import os
import threading

import pytest
import redis

from app.domain.errors import InProgress
from app.limits.claims import Claims
from app.limits.shared import Shared


@pytest.fixture(params=["memory", "redis"])
def claims(request: pytest.FixtureRequest) -> Claims:
    url = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    return Claims(Shared(url))


def is_free(claims: Claims, sub: str = "alice", what: str = "video/a.mp4") -> bool:
    try:
        with claims.claimed(sub, what):
            return True
    except InProgress:
        return False


def test_t52_a_claim_is_for_one_and_ends(claims: Claims) -> None:
    """T52: nobody else has it meanwhile, others' assets are free, and it ends with its work."""
    with claims.claimed("alice", "video/a.mp4"):
        assert not is_free(claims)
        assert is_free(claims, what="video/b.mp4")
        assert is_free(claims, sub="bob")
    assert is_free(claims)
    with pytest.raises(ZeroDivisionError), claims.claimed("alice", "video/a.mp4"):
        _ = 1 / 0
    assert is_free(claims)


def test_t52_of_many_threads_one_has_it(claims: Claims) -> None:
    """T52: of eight at once exactly one gets in."""
    start, done, entered = threading.Barrier(8), threading.Event(), []

    def claim() -> None:
        start.wait()
        try:
            with claims.claimed("alice", "video/a.mp4"):
                entered.append(1)
                done.wait(60)
        except InProgress:
            refused.release()

    refused = threading.Semaphore(0)
    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert all(refused.acquire(timeout=60) for _ in range(7))
    done.set()
    for thread in threads:
        thread.join()
    assert entered == [1]


def test_t52_processes_of_one_server_share_claims_without_redis() -> None:
    """T52: what one forked process holds, its sister does not get; its death gives it back."""
    claims = Claims(Shared(""))
    ready, finish = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        with claims.claimed("alice", "video/a.mp4"):
            os.write(ready[1], b"1")
            os.read(finish[0], 1)
            os._exit(0)
    assert os.read(ready[0], 1) == b"1"
    assert not is_free(claims)
    os.write(finish[1], b"1")
    os.waitpid(child, 0)
    assert is_free(claims)


def test_foreign_data_in_a_claims_place_is_no_claim(redis_url: str) -> None:
    """What somebody else left there without an end does not keep an asset from ever moving."""
    foreign = redis.Redis.from_url(redis_url)
    foreign.hset("gateway:claim:{alice}:video/foreign.mp4", "a", "b")
    claims = Claims(Shared(redis_url))
    assert is_free(claims, what="video/foreign.mp4")
    assert is_free(claims, what="video/foreign.mp4")
