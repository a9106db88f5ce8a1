"""Out of file descriptors: filled by connections that ask nothing, and well when they are gone."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path

import pytest
import urllib3

from tests.faults.servers import LINKS, Server, serving
from tests.stores.store import Store

NOWHERE = Store("nowhere", "http://127.0.0.1:9", "eu-central-1", "key", "secret", frozenset())


@pytest.mark.parametrize(
    ("descriptors", "arguments"),
    [(200, ""), (128, "--worker-connections 1000")],
    ids=["as configured", "more connections than descriptors"],
)
def test_a_worker_that_is_full_goes_on(descriptors: int, arguments: str) -> None:
    """Who is connected is served, the worker lives and does not spin, nobody sees a 500; when the
    idle ones leave, everybody is served again."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

    settings = {"GUNICORN_CMD_ARGS": arguments}
    with serving(NOWHERE, "bucket-one", limit=limit, **settings) as server:
        [worker] = server.workers()
        with urllib3.PoolManager(retries=False, timeout=20) as kept:
            assert ask(kept, server) == 200
            idle = [server.connect() for _ in range(150)]
            assert ask(kept, server) == 200
            spent = processor_seconds(worker)
            time.sleep(1)
            assert processor_seconds(worker) - spent < 0.5
            for each in idle:
                each.close()
            assert server.links().status == 200
            assert ask(kept, server) == 200
        assert server.workers() == [worker]
        assert server.metric('gateway_requests_total{method="POST",route="/v1/links"') == 4
        assert "Traceback" not in server.output()
        assert ("Out of file descriptors" in server.output()) == bool(arguments)


def ask(http: urllib3.PoolManager, server: Server) -> int:
    url = f"{server.url}/v1/links"
    return http.request("POST", url, json=LINKS, headers=server.headers).status


def processor_seconds(pid: int) -> float:
    """What a process has used of the processor."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
