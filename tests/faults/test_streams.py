"""Answers without a known length, in the project's own worker, with a quarter of its patience."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import urllib3

from app.operations.gunicorn_worker import SEND_SECONDS
from devstack.process import HOST, free_port, wait_until_answers
from tests.faults.servers import HASTY, ROOT
from tests.faults.streaming import PIECE, PIECES
from tests.waiting import eventually


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "gunicorn",
            "--bind",
            f"{HOST}:{port}",
            *HASTY,
            "tests.faults.streaming:app",
        ],
        cwd=ROOT,
        env={**os.environ, "WEB_CONCURRENCY": "1"},
    )
    try:
        url = f"http://{HOST}:{port}"
        wait_until_answers(f"{url}/open", alive=lambda: process.poll() is None)
        yield url
        process.terminate()
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()


def open_streams(url: str) -> int:
    count = int(urllib3.request("GET", f"{url}/open", retries=False, timeout=60).data)
    return count


def asked(url: str, path: str = "/") -> socket.socket:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(60)
    connection.connect((HOST, int(url.rpartition(":")[2])))
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return connection


def test_a_stream_arrives_whole_at_whatever_pace(url: str) -> None:
    """26 MB at once, and by a client that stops in between, on a connection that goes on."""
    with urllib3.HTTPConnectionPool(HOST, int(url.rpartition(":")[2]), maxsize=1) as pool:
        assert pool.request("GET", "/").data == PIECE * PIECES
        slow = pool.request("GET", "/", preload_content=False)
        received = slow.read(100_000)
        assert open_streams(url) == 1
        assert received + slow.read() == PIECE * PIECES
        slow.release_conn()
        assert pool.request("GET", "/open").data == b"0"
        assert pool.num_connections == 1


def test_a_stream_that_breaks_off_does_not_look_whole(url: str) -> None:
    """The last chunk is missing, so that clients know."""
    answer = urllib3.request("GET", f"{url}/breaks", preload_content=False, retries=False)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        while answer.read(65536):
            pass
    assert eventually(lambda: open_streams(url) == 0)


def test_t54_streams_that_nobody_reads_take_no_thread(url: str) -> None:
    """T54: 40 of them wait for their clients, others are answered; those that leave are closed, and
    the others at their deadline."""
    with ExitStack() as stack:
        for _ in range(30):
            stack.enter_context(asked(url))
        with ExitStack() as leaving:
            for _ in range(10):
                leaving.enter_context(asked(url))
            assert eventually(lambda: open_streams(url) == 40, 20)
        assert eventually(lambda: open_streams(url) == 30, 20)
        assert eventually(lambda: open_streams(url) == 0, SEND_SECONDS)
