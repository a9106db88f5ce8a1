"""Key server and Redis on bad days, as callers see them.

What they do when they are gone is in ``tests/auth/test_jwks.py``, ``tests/security`` and
``tests/limits/test_lost_redis.py``; here are rotation, slowness and silence.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import pytest

from app.api.context import EXTENSION
from tests.auth.tokens import Clock, JwksServer, TokenMaker, rsa_key
from tests.faults.answers import LINKS
from tests.faults.dead_stores import silent
from tests.gateway import ALICE, Caller, Gateway, running_gateway, stop_rates
from tests.stores.store import Store

NOWHERE = Store("nowhere", "http://127.0.0.1:9", "eu-central-1", "key", "secret", frozenset())
OLD, NEW = TokenMaker(), TokenMaker(kid="test-key-2", key=rsa_key("second"))


@pytest.fixture
def key_server() -> Iterator[JwksServer]:
    with JwksServer(OLD) as server:
        yield server


@pytest.fixture
def gateway(key_server: JwksServer) -> Iterator[Gateway]:
    with running_gateway(NOWHERE, "bucket-one", COGNITO_JWKS_URL=key_server.url) as gateway:
        yield gateway


@pytest.fixture
def clock(gateway: Gateway) -> Iterator[Clock]:
    """The key cache's, half a minute after it has fetched the old key."""
    clock, services = Clock(), gateway.app.extensions[EXTENSION]
    with mock.patch.multiple(
        services.auth.jwks, _clock=clock, _old_at=clock(), _next_fetch_at=clock()
    ):
        assert ask(gateway, OLD) == (200, None)
        clock.advance(31)
        yield clock


def ask(gateway: Gateway, pool: TokenMaker) -> tuple[int, str | None]:
    """Links for a new user of the pool: the status, and when to come again."""
    caller = Caller(gateway.app, ALICE, pool(sub=str(uuid.uuid4())))
    answer = caller.post("/v1/links", LINKS)
    return answer.status_code, answer.headers.get("Retry-After")


def test_rotated_keys_are_seen_at_once(
    gateway: Gateway, key_server: JwksServer, clock: Clock
) -> None:
    """The pool signs by a new key: the first token of it is accepted, those of the old are 401."""
    key_server.publish(NEW)
    assert ask(gateway, NEW) == (200, None)
    assert ask(gateway, OLD)[0] == 401


def test_a_slow_key_server_delays_new_keys_alone(
    gateway: Gateway, key_server: JwksServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tokens of the known key are not delayed while others wait; a token of an unknown key is a 503
    after a while, and good once the keys are there."""
    key_server.publish(OLD, NEW)
    jwks = gateway.app.extensions[EXTENSION].auth.jwks
    monkeypatch.setattr(jwks, "_timeout_seconds", 60)
    monkeypatch.setattr("app.auth.jwks.PATIENCE_SECONDS", 60)
    with ThreadPoolExecutor(4) as pool, key_server.silent():
        waiting = [pool.submit(ask, gateway, NEW) for _ in range(4)]
        assert [ask(gateway, OLD) for _ in range(5)] == [(200, None)] * 5
        assert not any(each.done() for each in waiting)
        monkeypatch.setattr("app.auth.jwks.PATIENCE_SECONDS", 0.05)
        assert ask(gateway, NEW) == (503, "1")
    assert (200, None) in {each.result() for each in waiting}
    assert ask(gateway, NEW) == (200, None)


def test_a_silent_redis_delays_one_request_in_five_seconds() -> None:
    """Redis takes connections and says nothing: whoever tries it waits for half a second, everybody
    is answered, and counts are kept by each process for itself."""
    with silent() as redis:
        url = redis.store.endpoint.replace("http", "redis")
        limits = {"RATE_LIMIT_SIGNING": "30/hour", "REDIS_URL": url}
        with running_gateway(NOWHERE, "bucket-one", **limits) as gateway:
            stop_rates(gateway)
            caller = gateway.client_for(ALICE)
            began = time.monotonic()
            assert caller.post("/v1/links", LINKS).status_code == 200
            assert time.monotonic() - began < 5
            began = time.monotonic()
            statuses = [caller.post("/v1/links", LINKS).status_code for _ in range(30)]
            assert time.monotonic() - began < 5
            assert statuses[:20] == [200] * 20
            assert statuses[-1] == 429
