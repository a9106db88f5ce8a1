"""Redis for tests: one a session, emptied for each test, and one that a test may kill."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.limits import redis_client
from tests.limits.redis_server import RedisServer


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    server = RedisServer()
    server.start()
    yield server
    server.kill()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no lost Redis."""
    monkeypatch.setattr(redis_client, "TIMEOUT_SECONDS", 10.0)


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """An empty Redis."""
    with redis_server.client() as client:
        client.flushall()
    return redis_server.url


@pytest.fixture
def mortal_redis() -> Iterator[RedisServer]:
    """A Redis of this test's own."""
    server = RedisServer()
    server.start()
    yield server
    server.kill()
