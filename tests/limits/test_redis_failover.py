"""One address of Redis or Valkey through what happens to it: no call fails, none is miscounted.

``redis_sites.py`` has clusters and Sentinels. Here a service changes its primary behind an address,
as ElastiCache, Render and Railway do.
"""

from __future__ import annotations

import logging
import os
import selectors
import shutil
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any

import pytest
import redis

from app.limits import redis_client
from app.limits import shared as shared_module
from app.limits.rates import Rate
from app.limits.shared import Shared
from tests.auth.tokens import Clock
from tests.limits.redis_server import RedisServer, valkey_program
from tests.limits.redis_sites import until
from tests.limits.test_quota import ALICE, Bucket, make, reserves


class Address:
    """A port that takes whoever connects to ``leads_to``; who has connected stays."""

    def __init__(self, leads_to: int) -> None:
        self.leads_to = leads_to
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._wake, woken = socket.socketpair()
        self._selector.register(woken, selectors.EVENT_READ)
        self._thread.start()

    def close(self) -> None:
        self._wake.close()
        self._thread.join()

    def _run(self) -> None:
        peers: dict[socket.socket, socket.socket] = {}
        while True:
            for key, _ in self._selector.select():
                ready: Any = key.fileobj
                if ready is self._listener:
                    self._join(peers)
                elif ready not in peers:
                    for each in [each.fileobj for each in self._selector.get_map().values()]:
                        each.close()  # type: ignore[union-attr]
                    self._selector.close()
                    return
                else:
                    self._pass_on(ready, peers)

    def _join(self, peers: dict[socket.socket, socket.socket]) -> None:
        here, _ = self._listener.accept()
        try:
            there = socket.create_connection(("127.0.0.1", self.leads_to))
        except OSError:
            here.close()
            return
        for one, other in ((here, there), (there, here)):
            peers[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _pass_on(self, ready: socket.socket, peers: dict[socket.socket, socket.socket]) -> None:
        data = b""
        with suppress(OSError):
            data = ready.recv(65_536)
        if data:
            with suppress(OSError):
                peers[ready].sendall(data)
            return
        for each in (peers.pop(ready), ready):
            peers.pop(each, None)
            self._selector.unregister(each)
            each.close()


@pytest.fixture(scope="module", params=["redis", "valkey"])
def program(request: pytest.FixtureRequest) -> str:
    return shutil.which("redis-server") or "" if request.param == "redis" else valkey_program()


@pytest.fixture(scope="module")
def pair(program: str) -> Iterator[tuple[RedisServer, RedisServer]]:
    """Two servers, which a test makes primary and replica."""
    servers = [RedisServer("--repl-diskless-sync-delay", "0", program=program) for _ in range(2)]
    for each in servers:
        each.start()
    yield servers[0], servers[1]
    for each in servers:
        each.kill()


@pytest.fixture
def server(pair: tuple[RedisServer, RedisServer]) -> RedisServer:
    """One, empty and well."""
    with pair[0].client() as client:
        client.replicaof("NO", "ONE")
        client.flushall()
    return pair[0]


@pytest.fixture(autouse=True)
def short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_module, "PAUSE_SECONDS", 0.0)


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.WARNING, logger="gateway.limits")
    return caplog


def follow(replica: RedisServer, primary: RedisServer) -> None:
    """Return when ``replica`` has all that ``primary`` has, and gets the rest."""
    with replica.client() as client, primary.client() as told:
        told.replicaof("NO", "ONE")
        client.replicaof("127.0.0.1", str(primary.port))
        until(
            lambda: client.info("replication")["master_link_status"] == "up",
            "the replica did not come",
        )


def swap(primary: RedisServer, replica: RedisServer) -> None:
    """Make the one the other, as a service does that replaces a machine: nothing is lost."""
    with primary.client() as old, replica.client() as new:
        # Not by WAIT, which waits for this connection's own writes.
        sent = old.info("replication")["master_repl_offset"]
        until(
            lambda: new.info("replication")["slave_repl_offset"] >= sent, "the replica lags behind"
        )
        new.replicaof("NO", "ONE")
        old.replicaof("127.0.0.1", str(replica.port))


def test_t25_a_primary_that_became_a_replica_is_left(
    pair: tuple[RedisServer, RedisServer], said: pytest.LogCaptureFixture
) -> None:
    """T25: kept connections lead to what refuses writes (READONLY); the address leads on to the
    new primary, and counts go on there at once, exactly."""
    follow(pair[1], pair[0])
    with pair[0].client() as client:
        client.flushall()
    bucket = Bucket()
    with closing(Address(pair[0].port)) as address:
        one, two = (make(bucket, 100, address.url) for _ in range(2))
        rates = [
            Rate("general", "9/minute", Shared(address.url), clock=lambda: 1_800_000_000.0)
            for _ in range(2)
        ]
        assert reserves(one, "k1", 60)
        assert not reserves(two, "k2", 41)
        assert [rate.hit("a").remaining for rate in rates] == [8, 7]
        address.leads_to = pair[1].port
        swap(*pair)
        assert reserves(two, "k2", 30)
        assert not reserves(one, "k3", 11)
        assert [rate.hit("a").remaining for rate in rates] == [6, 5]
        assert two.balance(ALICE).remaining_bytes == 10
    assert not said.records


def set_option(name: str, value: str) -> Callable[[redis.Redis], Any]:
    return lambda client: client.config_set(name, value)


def become_replica(client: redis.Redis) -> None:
    client.replicaof("127.0.0.1", "9")


def lose_primary(client: redis.Redis) -> None:
    client.config_set("replica-serve-stale-data", "no")
    become_replica(client)


def become_primary(client: redis.Redis) -> None:
    client.replicaof("NO", "ONE")
    client.config_set("replica-serve-stale-data", "yes")


def ask_for_a_password(client: redis.Redis) -> None:
    client.config_set("requirepass", "sesame")
    client.client_kill_filter(_type="normal", skipme=True)


#: What a Redis that runs says no with, how that comes about, and how it ends.
STATES: dict[str, tuple[Callable[[redis.Redis], Any], Callable[[redis.Redis], Any]]] = {
    "a replica": (become_replica, become_primary),
    "a replica without its primary": (lose_primary, become_primary),
    "full": (set_option("maxmemory", "1"), set_option("maxmemory", "0")),
    "without enough replicas": (
        set_option("min-replicas-to-write", "1"),
        set_option("min-replicas-to-write", "0"),
    ),
    "with another password": (ask_for_a_password, set_option("requirepass", "")),
}


@pytest.mark.parametrize("state", STATES)
def test_t25_a_redis_that_refuses_is_a_lost_one(
    state: str, server: RedisServer, said: pytest.LogCaptureFixture
) -> None:
    """T25: each process counts for itself, which is said once; afterwards all count together, and
    what was held before is held."""
    breaks, mends = STATES[state]
    bucket = Bucket()
    one, two = (make(bucket, 100, server.url) for _ in range(2))
    shared = Shared(server.url)
    rate = Rate("general", "9/minute", shared, clock=lambda: 1_800_000_000.0)
    assert reserves(one, "k1", 60)
    assert rate.hit("a").remaining == 8
    assert two.balance(ALICE).remaining_bytes == 40
    with server.client() as client:
        breaks(client)
        try:
            assert [rate.hit("a").remaining for _ in range(3)] == [8, 7, 6]
            assert reserves(one, "k2", 30)
            assert not reserves(two, "k3", 101)
        finally:
            mends(client)
    assert rate.hit("a").remaining == 7
    assert not reserves(two, "k4", 41)
    one.balance(ALICE)
    lost, back = (said.text.count(f"Redis is {word}") for word in ("lost", "back"))
    assert lost == back
    assert lost in (2, 3), "once a process, of those who wrote or could not read"


def test_t25_connections_that_are_cut_lose_nothing(
    server: RedisServer, said: pytest.LogCaptureFixture
) -> None:
    """T25: idle ones are cut by a service's upgrade, its limits, and whatever is between."""
    bucket = Bucket()
    one, two = (make(bucket, 100, server.url) for _ in range(2))
    rate = Rate("general", "99/minute", Shared(server.url), clock=lambda: 1_800_000_000.0)
    with server.client() as client:
        for number in range(10):
            client.client_kill_filter(_type="normal", skipme=True)
            assert rate.hit("a").remaining == 98 - number
            assert reserves((one, two)[number % 2], f"k{number}", 10)
    assert not reserves(one, "k", 1)
    assert not said.records


def test_t25_a_redis_that_says_nothing_is_waited_for_once(
    server: RedisServer, said: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T25: a machine that went away without a word: what is asked meanwhile is counted here, and
    only one request waits. What it is told late is counted once."""
    monkeypatch.setattr(redis_client, "TIMEOUT_SECONDS", 0.1)
    clock = Clock()
    shared = Shared(server.url, clock=clock)
    monkeypatch.setattr(shared_module, "PAUSE_SECONDS", 5.0)
    rate = Rate("general", "9/minute", shared, clock=lambda: 1_800_000_000.0)
    until(lambda: rate.hit("b").remaining < 8, "Redis does not count")
    os.kill(server.pid(), signal.SIGSTOP)
    try:
        assert [rate.hit("a").remaining for _ in range(3)] == [8, 7, 6]
    finally:
        os.kill(server.pid(), signal.SIGCONT)
    assert shared.lost("a")
    assert rate.hit("a").remaining == 5, "left alone for a pause"
    with server.client() as client:
        client.ping()
    clock.advance(6)

    def is_found() -> bool:
        rate.hit("a")
        clock.advance(6)
        return not shared.lost("a")

    until(is_found, "Redis was not found again")
    assert "Redis is lost (TimeoutError)" in said.text
