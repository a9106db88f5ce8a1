"""Where gunicorn listens, by the project's own configuration."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

import pytest
import urllib3

from tests.faults.servers import LINKS, ROOT, serving
from tests.gateway import NOWHERE

PRINT_BIND = """
import runpy, socket
made = socket.socket
def refuse(family=socket.AF_INET, *rest, **options):
    if family == socket.AF_INET6 and {refused}:
        raise OSError(97, "Address family not supported by protocol")
    sock = made(family, *rest, **options)
    if family == socket.AF_INET6 and {separate}:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    return sock
socket.socket = refuse
print(runpy.run_path("gunicorn.conf.py")["bind"])
"""


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as tried:
            tried.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_it_listens_on_ipv6_and_ipv4() -> None:
    """Both reach it; limits and logs know either by its plain address, and loopback is loopback."""
    with serving(NOWHERE, "bucket-one", address=None, METRICS_TOKEN="") as server:
        for host in ("127.0.0.1", "[::1]"):
            url = f"http://{host}:{server.port}"
            with urllib3.PoolManager(retries=False) as http:
                answer = http.request("POST", f"{url}/v1/links", json=LINKS, headers=server.headers)
                assert answer.status == 200
                assert http.request("GET", f"{url}/metrics").status == 200
        lines = [json.loads(line) for line in server.output().splitlines() if line[:1] == "{"]
        audited = [line["address"] for line in lines if line["logger"] == "gateway.audit"]
        assert audited == ["127.0.0.1", "::1"]


@pytest.mark.parametrize(
    ("refused", "separate", "bind"),
    [
        (True, False, ["0.0.0.0:8123"]),
        (False, True, ["0.0.0.0:8123", "[::]:8123"]),
        (False, False, ["[::]:8123"]),
    ],
)
def test_it_listens_where_it_can(refused: bool, separate: bool, bind: list[str]) -> None:
    """A machine without IPv6, one whose IPv6 sockets take no IPv4, and the usual one."""
    if not (refused or has_ipv6()):
        pytest.skip("this machine has no IPv6")
    script = PRINT_BIND.format(refused=refused, separate=separate)
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "PORT": "8123"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == str(bind)
