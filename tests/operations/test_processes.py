"""What the processes take, of all of them, whichever is asked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import urllib3

from app.operations.processes import family
from tests.faults.servers import METRICS_TOKEN, Server, serving
from tests.gateway import NOWHERE
from tests.waiting import eventually

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="Linux alone")


def pids(server: Server, name: str) -> set[int]:
    headers = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    answer = urllib3.request("GET", f"{server.url}/metrics", headers=headers, retries=False)
    lines = [line for line in answer.data.decode().splitlines() if line.startswith(f"{name}{{")]
    return {int(line.partition('pid="')[2].partition('"')[0]) for line in lines}


def test_master_and_workers_are_told_of_and_those_that_are_gone_are_not() -> None:
    """Of a worker that dies, no series stays; its successor has one."""
    with serving(NOWHERE, "bucket", workers=2) as server:
        assert eventually(lambda: len(server.workers()) == 2)
        alive = {server.process.pid, *server.workers()}
        for name in (
            "cpu_seconds_total",
            "resident_memory_bytes",
            "open_fds",
            "start_time_seconds",
        ):
            assert pids(server, f"process_{name}") == alive
        assert server.metric("process_resident_memory_bytes") > 3 * 2**20
        assert server.metric("process_open_fds") > 10
        [victim, other] = server.workers()
        os.kill(victim, signal.SIGKILL)
        assert eventually(lambda: victim not in server.workers() and len(server.workers()) == 2)
        now = {server.process.pid, *server.workers()}
        assert other in now
        assert pids(server, "process_open_fds") == now


def test_a_process_is_told_of_as_it_is() -> None:
    """Its start and its time, and nothing of processes that are not asked for."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        ours = {taken.pid: taken for taken in family(os.getpid())}
        assert {os.getpid(), child.pid} <= set(ours)
        assert os.getppid() not in ours
        assert abs(ours[child.pid].started_at - time.time()) < 60
        assert ours[os.getpid()].cpu_seconds > 0
        spent = time.process_time()
        assert ours[os.getpid()].cpu_seconds <= spent + 1
    finally:
        child.communicate(b"\n")
    assert child.pid not in {taken.pid for taken in family(os.getpid())}
