"""Rates: how much is left, when it is reset, and what a lost Redis changes."""

from __future__ import annotations

import logging

import pytest

from app.limits import rates
from app.limits.rates import Rate, Standing, parse_rate
from app.limits.shared import PAUSE_SECONDS, Shared
from tests.auth.tokens import Clock
from tests.limits.redis_server import RedisServer


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("600/minute", (600, 60)),
        ("1/second", (1, 1)),
        ("10 per 5 minutes", (10, 300)),
        ("100 / 2 hours", (100, 7200)),
        ("5000/day", (5000, 86_400)),
    ],
)
def test_a_rate_is_read(text: str, meant: tuple[int, int]) -> None:
    """How many, in how many seconds."""
    assert parse_rate(text) == meant


@pytest.mark.parametrize(
    "text", ["", "600", "/minute", "0/minute", "-1/minute", "1.5/minute", "1/year", "1/minute\n"]
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    """Nothing is guessed: a limit that was meant otherwise is worse than none."""
    with pytest.raises(ValueError, match="not a rate"):
        parse_rate(text)


def test_a_window_counts_down_and_begins_anew() -> None:
    """Three a minute: two left, one, none, exceeded; all again in the next window."""
    clock = Clock(1_800_000_000.0)
    rate = Rate("general", "3/minute", Shared(""), clock=clock)
    assert [rate.hit("alice").remaining for _ in range(4)] == [2, 1, 0, -1]
    assert rate.hit("alice").exceeded
    assert rate.hit("bob") == Standing(3, 2, 61)
    clock.advance(59)
    assert rate.hit("bob").reset_seconds == 2
    clock.advance(1)
    assert rate.hit("alice") == Standing(3, 2, 61)


def test_strangers_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond its bound the memory of a window begins anew."""
    monkeypatch.setattr(rates, "MAX_KEYS", 3)
    rate = Rate("stranger", "100/hour", Shared(""), clock=Clock())
    for number in range(50):
        rate.hit(f"10.0.0.{number}")
    assert len(rate._counts) <= 3


def test_redis_makes_processes_count_together(redis_url: str) -> None:
    """Two of them, one limit; another limit of the same user is apart."""
    clock = Clock()
    one, two = (Rate("general", "3/minute", Shared(redis_url), clock=clock) for _ in range(2))
    assert [one.hit("a").remaining, two.hit("a").remaining, one.hit("a").remaining] == [2, 1, 0]
    assert two.hit("a").exceeded
    assert Rate("signing", "3/minute", Shared(redis_url), clock=clock).hit("a").remaining == 2


def test_counts_in_redis_end_by_themselves(redis_url: str, redis_server: RedisServer) -> None:
    """No key without an end is left in Redis."""
    Rate("general", "3/minute", Shared(redis_url)).hit("a")
    with redis_server.client() as client:
        [key] = client.keys("*")
        assert 0 < client.ttl(key) <= 60


def test_a_lost_redis_costs_no_request_and_one_warning(
    mortal_redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Killed in the middle: limits go on in memory, said once; back, they are shared again."""
    clock = Clock()
    shared = Shared(mortal_redis.url, clock=clock)
    rate = Rate("general", "3/minute", shared, clock=lambda: 1_800_000_000.0)
    with caplog.at_level(logging.WARNING, logger="gateway.limits"):
        assert rate.hit("a").remaining == 2
        mortal_redis.kill()
        assert [rate.hit("a").remaining for _ in range(4)] == [2, 1, 0, -1]
        clock.advance(PAUSE_SECONDS + 1)
        assert rate.hit("a").exceeded
        assert [record.message for record in caplog.records] == [
            "Redis is lost (ConnectionError): each process counts for itself"
        ]
        mortal_redis.start()
        assert rate.hit("a").exceeded, "left alone for a pause"
        clock.advance(PAUSE_SECONDS + 1)
        assert rate.hit("a").remaining == 2
        assert caplog.records[-1].message == "Redis is back: counts are shared again"
    assert len(caplog.records) == 2


def test_a_redis_that_was_never_there_is_the_same(caplog: pytest.LogCaptureFixture) -> None:
    """An address where nobody listens: memory from the first request on."""
    rate = Rate("general", "1/minute", Shared("redis://127.0.0.1:9/0"), clock=Clock())
    assert not rate.hit("a").exceeded
    assert rate.hit("a").exceeded
    assert len(caplog.records) == 1


def test_t37_the_warning_shows_no_password(caplog: pytest.LogCaptureFixture) -> None:
    """T37: neither the address of Redis nor its password is logged."""
    Rate("general", "1/minute", Shared("redis://:sesame@127.0.0.1:9/0")).hit("a")
    assert "lost" in caplog.text
    assert "sesame" not in caplog.text
    assert "127.0.0.1" not in caplog.text
