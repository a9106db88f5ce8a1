"""What somebody else wrote into Redis is counted anew, and never a 500."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.limits.rates import Rate
from app.limits.redis_ledger import key_of
from app.limits.shared import Shared
from tests.auth.tokens import Clock
from tests.limits.redis_server import RedisServer
from tests.limits.test_quota import ALICE, Bucket, arrive, make, never, reserves

NAMES = ("account", "holds", "ends", "usage", "done")

TYPES: dict[str, Callable[[redis.Redis, str], Any]] = {
    "text": lambda client, key: client.set(key, "not yours"),
    "bytes": lambda client, key: client.set(key, b"\xff\xfe"),
    "list": lambda client, key: client.rpush(key, "a", "b"),
    "set": lambda client, key: client.sadd(key, "a"),
    "sorted set": lambda client, key: client.zadd(key, {"a": 1}),
    "hash": lambda client, key: client.hset(key, "a", "b"),
    "stream": lambda client, key: client.xadd(key, {"a": "b"}),
    "nothing": lambda client, key: None,
}
FIELDS = ("bytes", "began", "fresh", "recount", "stale", "held", "netted", "busy")
VALUES = ("", "x", "nan", "inf", "1e400", "0x", "{}", "\x00")
DETAILS = (
    "",
    "[]",
    "{}",
    "null",
    "7",
    "[[1,2],{},3]",
    '[["a",1],{},{}]',
    "[" * 100_000,
    "[[7,1],{},{}]",
)


def everything_works(bucket: Bucket, url: str) -> None:
    """All that a quota is asked, by a process that finds what is there."""
    quota = make(bucket, 100, url)
    assert quota.balance(ALICE).usage.total.bytes == 60
    assert reserves(quota, "l", 40)
    assert not reserves(quota, "n", 1)
    bucket["l"] = 40
    arrive(quota, "l", 40, never)
    with quota.moving(ALICE, {"k": 60}):
        pass
    quota.release(ALICE, "l", mark="l")
    quota.changed("alice")
    assert quota.remaining(ALICE) == 0


def used(url: str) -> Bucket:
    """A bucket of one object, and an account that has seen it."""
    bucket = Bucket()
    quota = make(bucket, 100, url)
    quota.reserve(ALICE, "k", 60, mark="m", completing=True)
    bucket["k"] = 60
    arrive(quota, "k", 60, never)
    quota.release(ALICE, "k", mark="m")
    quota.balance(ALICE)
    return bucket


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("name", NAMES)
def test_any_type_under_any_key(
    name: str, kind: str, redis_url: str, redis_server: RedisServer
) -> None:
    """Another type, another text, or a key that Redis evicted."""
    bucket = used(redis_url)
    with redis_server.client() as client:
        client.delete(key_of("alice", name))
        TYPES[kind](client, key_of("alice", name))
    everything_works(bucket, redis_url)


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("field", FIELDS)
def test_any_number_of_the_account(
    field: str, value: str, redis_url: str, redis_server: RedisServer
) -> None:
    """No number, or none of this world."""
    bucket = used(redis_url)
    with redis_server.client() as client:
        client.hset(key_of("alice"), field, value)
    everything_works(bucket, redis_url)


@pytest.mark.parametrize("details", DETAILS)
def test_any_details(details: str, redis_url: str, redis_server: RedisServer) -> None:
    """No JSON, another document, deep nesting, another count's."""
    bucket = used(redis_url)
    with redis_server.client() as client:
        client.set(key_of("alice", "usage"), details)
    everything_works(bucket, redis_url)


@given(st.text(max_size=40) | st.binary(max_size=40).map(repr))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_hold(redis_url: str, redis_server: RedisServer, text: str) -> None:
    """Whatever stands where a hold is."""
    with redis_server.client() as client:
        client.flushall()
        bucket = used(redis_url)
        place = client.zrange(key_of("alice", "ends"), 0, 0) or [b"p" * 16]
        client.hset(key_of("alice", "holds"), place[0], text.encode(errors="replace"))
        client.zadd(key_of("alice", "ends"), {place[0]: 2e9})
    everything_works(bucket, redis_url)


@pytest.mark.parametrize("kind", TYPES)
def test_any_type_where_a_rate_is(kind: str, redis_url: str, redis_server: RedisServer) -> None:
    """The window is counted anew, and ends."""
    clock = Clock()
    rate = Rate("general", "3/minute", Shared(redis_url), clock=clock)
    rate.hit("alice")
    with redis_server.client() as client:
        [key] = client.keys("*")
        client.delete(key)
        TYPES[kind](client, key)
        assert [rate.hit("alice").remaining for _ in range(4)] == [2, 1, 0, -1]
        assert 0 < client.ttl(key) <= 60


def test_t55_a_key_that_answers_slowly_loses_nobody_else(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """T55: one user's account times out: that user is counted here for a while, others there."""
    shared = Shared(redis_url)
    assert shared.client
    run = shared.client.run

    def slow(script: Any, keys: list[str], values: list[Any]) -> Any:
        if "{slow}" in keys[0]:
            raise redis.TimeoutError
        return run(script, keys, values)

    monkeypatch.setattr(shared.client, "run", slow)
    clock = Clock()
    rate = Rate("general", "3/minute", shared, clock=clock)
    assert [rate.hit("slow").remaining for _ in range(3)] == [2, 1, 0]
    assert [rate.hit("alice").remaining for _ in range(2)] == [2, 1]
    assert Rate("general", "3/minute", Shared(redis_url), clock=clock).hit("alice").remaining == 0
    assert "Redis is lost" not in caplog.text
    assert caplog.text.count("Redis is slow for one user") == 1
