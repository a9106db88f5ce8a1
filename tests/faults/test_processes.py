"""Processes that are told to stop, or die, under load; the project's own configuration serves."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.load import Load
from tests.faults.servers import ROOT, serving
from tests.stores.cors import CorsProxy
from tests.stores.faults import Weather
from tests.stores.store import Store

pytestmark = pytest.mark.store
NOWHERE = Store("nowhere", "http://127.0.0.1:9", "eu-central-1", "key", "secret", frozenset())


def test_sigterm_loses_no_request(swift_store: Store, line: CorsProxy, weather: Weather) -> None:
    """Whatever was connected when SIGTERM came is answered, be it half out, begun, waiting to be
    accepted, or the next one on a kept connection; who comes later is refused at once."""
    bucket = swift_store.create_bucket()
    with serving(swift_store.at(line.endpoint), bucket, workers=2) as server:
        assert server.request("GET", "/v1/assets").status == 200
        weather.moves.clear()
        with ThreadPoolExecutor(4) as pool:
            slow = [pool.submit(server.request, "GET", "/v1/assets") for _ in range(4)]
            with Load(server).of(16) as load:
                load.wait_for(50)
                assert not any(each.done() for each in slow)
                server.process.send_signal(signal.SIGTERM)
                weather.moves.set()
                assert server.process.wait(40) == 0
            assert [each.result().status for each in slow] == [200] * 4
            assert all(each.result().json()["items"] == [] for each in slow)
        assert set(load.outcomes) == {200, "refused"}, load.outcomes


def test_connections_that_ask_nothing_hold_up_nobody() -> None:
    """They take no thread: with 60 of them links come at once. SIGTERM does not wait for them."""
    with serving(NOWHERE, "bucket-one") as server:
        idle = [server.connect() for _ in range(60)]
        began = time.monotonic()
        assert server.links().status == 200
        assert time.monotonic() - began < 8
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
        assert time.monotonic() - began < 18
        for each in idle:
            assert each.recv(1) == b""
            each.close()


def test_a_killed_worker_is_replaced() -> None:
    """kill -9 loses what that worker was answering, as resets, and nothing else; another takes its
    place, and what it had counted stays counted."""
    with serving(NOWHERE, "bucket-one", workers=2) as server, Load(server).of(12) as load:
        load.wait_for(100)
        first, second = server.workers()
        os.kill(first, signal.SIGKILL)
        ended = threading.Event()
        deadline = time.monotonic() + 30
        while not ended.is_set() and time.monotonic() < deadline:
            load.wait_for(20)
            workers = server.workers()
            if first not in workers and len(workers) == 2:
                ended.set()
        assert ended.is_set()
        assert second in server.workers()
        load.wait_for(100)
        assert set(load.outcomes) <= {200, "lost"}, load.outcomes
        assert load.outcomes["lost"] <= 12
        answered = load.outcomes[200]
        counted = server.metric('gateway_requests_total{method="POST",route="/v1/links"')
        assert counted >= answered


#: The project's own, but the second worker is born slowly.
SLOW_BIRTH = """
import os, pathlib, time
exec(pathlib.Path({conf!r}).read_text())
quick = post_fork

def post_fork(server, worker):
    if worker.age == 2:
        pathlib.Path({folder!r}, "unborn").write_text(str(os.getpid()))
        pathlib.Path({folder!r}, "unborn").rename(pathlib.Path({folder!r}, "born"))
        ends = time.monotonic() + 20
        while not pathlib.Path({folder!r}, "go").exists() and time.monotonic() < ends:
            time.sleep(0.01)
    quick(server, worker)
"""


def test_a_worker_that_is_stopped_at_its_birth_stops(tmp_path: Path) -> None:
    """The signal waits until the worker can take it: nobody waits for the graceful timeout."""
    conf = tmp_path / "slow.py"
    conf.write_text(SLOW_BIRTH.format(conf=str(ROOT / "gunicorn.conf.py"), folder=str(tmp_path)))
    settings = {"GUNICORN_CMD_ARGS": f"--config {conf}"}
    with serving(NOWHERE, "bucket-one", workers=2, **settings) as server:
        until(lambda: (tmp_path / "born").exists())
        server.process.send_signal(signal.SIGTERM)
        status = Path("/proc", (tmp_path / "born").read_text(), "status")
        with suppress(AssertionError):  # where it is not held back, it is lost by now
            until(lambda: "ShdPnd:\t0000000000004000" in status.read_text(), seconds=3)
        (tmp_path / "go").touch()
        assert server.process.wait(20) == 0


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.01)
