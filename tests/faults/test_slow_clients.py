"""Clients that send or read slowly, or not at all (T54)."""

from __future__ import annotations

import json
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable, Container, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from app.operations.framing import MAX_BODY_BYTES
from app.operations.gunicorn_worker import (
    FIRST_REQUEST_SECONDS,
    MAX_HELD_BYTES,
    RECEIVE_SECONDS,
    SEND_SECONDS,
)
from tests.faults.servers import Server, serving
from tests.stores.store import Store
from tests.waiting import eventually

NOWHERE = Store("nowhere", "http://127.0.0.1:9", "eu-central-1", "key", "secret", frozenset())
#: An answer of 2.5 MB. The kernel takes up to 4 MB for a client that does not read.
MANY = {"paths": [f"image/{number:04}/{'a' * 900}.png" for number in range(1000)]}
ANSWERED = 'gateway_requests_total{method="POST",route="/v1/links",status="200"}'
#: On a busy machine; a tenth of it on a quiet one. Behind the slow ones it would be half a minute.
AT_ONCE_SECONDS = 5
HEAD = "POST /v1/links HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(NOWHERE, "bucket-one", RATE_LIMIT="100000/minute") as server:
        yield server


def head(server: Server, length: int) -> bytes:
    token = f"Authorization: Bearer {server.token}\r\n"
    return f"{HEAD}{token}Content-Length: {length}\r\n\r\n".encode()


def never_reads(server: Server) -> socket.socket:
    # Of one user's long lists few are signed at a time.
    server = server.seen_by(str(uuid.uuid4()))
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(SEND_SECONDS + 15)
    connection.connect(("127.0.0.1", server.port))
    body = json.dumps(MANY).encode()
    connection.sendall(2 * (head(server, len(body)) + body))
    return connection


def slow_head(server: Server) -> socket.socket:
    connection = server.connect()
    connection.sendall(head(server, 10)[:60])
    return connection


def slow_body(server: Server) -> socket.socket:
    connection = server.connect()
    connection.sendall(head(server, 60_000) + b'{"paths": [')
    return connection


def slow_chunks(server: Server) -> socket.socket:
    connection = server.connect()
    sent = head(server, 0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    connection.sendall(sent + b"2\r\n{}\r\n")
    return connection


def asks_nothing(server: Server) -> socket.socket:
    return server.connect()


def keeps_alive(server: Server) -> socket.socket:
    connection = server.connect()
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    return connection


def never_closes(server: Server) -> socket.socket:
    """Was told that this was the last answer."""
    connection = server.connect()
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    return connection


SLOW: list[Callable[[Server], socket.socket]] = [slow_head, slow_body, slow_chunks]
KINDS = [never_reads, *SLOW, asks_nothing, keeps_alive, never_closes]


@contextmanager
def trickling(connections: list[socket.socket]) -> Iterator[None]:
    """A byte from each every second, as long as it is taken."""
    over = threading.Event()

    def send() -> None:
        while not over.wait(1):
            for connection in connections:
                try:
                    connection.send(b"a")
                except OSError:
                    continue

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def connections_of(server: Server, ports: Container[int] = range(2**16)) -> int:
    """How many the server has, of clients at ``ports``. One that it closed is no process' own."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ours = [line for line in lines if line[1].endswith(f":{server.port:04X}")]
    return sum(
        line[3] != "0A" and line[9] != "0" and int(line[2].rpartition(":")[2], 16) in ports
        for line in ours
    )


def seconds_to_answer(server: Server) -> float:
    """Of the slowest of some requests: the process' health, a page, links, a bad request."""
    worst = 0.0
    for method, path, status in (
        ("GET", "/healthz", 200),
        ("GET", "/openapi.json", 200),
        ("POST", "/v1/links", 422),
    ) * 3:
        began = time.monotonic()
        assert server.request(method, path).status == status
        assert server.links().status == 200
        worst = max(worst, time.monotonic() - began)
    return worst


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("connections", [16, 64])
def test_t54_slow_clients_take_nothing_from_others(
    server: Server, kind: Callable[[Server], socket.socket], connections: int
) -> None:
    """T54: with 16, and with 64, of each kind at a time `/healthz` and links of others come at
    once."""
    server.links()
    before = server.metric(ANSWERED)
    with ExitStack() as stack:
        slow = [stack.enter_context(kind(server)) for _ in range(connections)]
        stack.enter_context(trickling(slow if kind in SLOW else []))
        if kind is never_reads:  # what they asked for is work, which is not what this is about
            assert eventually(lambda: server.metric(ANSWERED) >= before + 2 * connections, 60)
        assert seconds_to_answer(server) < AT_ONCE_SECONDS


def test_t54_slow_clients_are_cut_at_their_deadline() -> None:
    """T54: a request that is not there in time is a 408, an answer that is not read in time ends in
    the middle, and a connection without a request is closed."""
    with serving(NOWHERE, "bucket-one", hasty=True) as server, ExitStack() as stack:
        began = time.monotonic()
        unread = stack.enter_context(never_reads(server))
        silent = stack.enter_context(asks_nothing(server))
        slow = [stack.enter_context(kind(server)) for kind in SLOW]
        # Not those by which the server was asked for its health.
        ports = {each.getsockname()[1] for each in (unread, silent, *slow)}
        with trickling(slow):
            for connection in slow:
                received = b""
                with suppress(ConnectionResetError):  # by a byte that crossed the answer
                    while more := connection.recv(65536):
                        received += more
                assert received == b"" or received.startswith(b"HTTP/1.1 408 ")
        # A quarter of it here, and the rest for a busy machine.
        assert time.monotonic() - began < RECEIVE_SECONDS
        assert silent.recv(1) == b""
        assert time.monotonic() - began < FIRST_REQUEST_SECONDS
        assert eventually(lambda: connections_of(server, ports) == 0, SEND_SECONDS)
        assert time.monotonic() - began < SEND_SECONDS
        received = b""
        with suppress(ConnectionResetError):
            while more := unread.recv(65536):
                received += more
        assert received.startswith(b"HTTP/1.1 200 ")
        assert not received.endswith(b"}]}")


def test_t54_sigterm_ends_in_time() -> None:
    """T54: whatever clients do, the process ends well within what gunicorn gives it, and those that
    go on get their answers."""
    with serving(NOWHERE, "bucket-one") as server, ExitStack() as stack:
        slow = [stack.enter_context(kind(server)) for kind in KINDS for _ in range(8)]
        stack.enter_context(trickling(slow[8:32]))
        last = stack.enter_context(slow_body(server))
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        last.sendall(b" " * (60_000 - 11))
        assert last.recv(100).startswith(b"HTTP/1.1 422 ")
        assert server.process.wait(25) == 0
        assert time.monotonic() - began < 20


def test_t54_there_is_always_room_for_a_request() -> None:
    """T54: as many slow connections as a process may have do not keep a further one out: the one
    that has waited longest for its client makes room."""
    most = 60
    options = {"GUNICORN_CMD_ARGS": f"--worker-connections={most}"}
    with serving(NOWHERE, "bucket-one", **options) as server, ExitStack() as stack:
        idle = stack.enter_context(asks_nothing(server))
        slow = [stack.enter_context(slow_head(server)) for _ in range(2 * most)]
        assert seconds_to_answer(server) < AT_ONCE_SECONDS
        assert idle.recv(1) == b""
        assert connections_of(server) <= most
        assert slow[0].recv(1) == b""


def test_t54_slow_clients_fill_no_memory() -> None:
    """T54: large bodies that do not end are held up to a bound; beyond it the oldest are cut."""
    room = MAX_HELD_BYTES // MAX_BODY_BYTES
    with serving(NOWHERE, "bucket-one") as server, ExitStack() as stack:
        for _ in range(2 * room):
            connection = stack.enter_context(server.connect())
            connection.sendall(head(server, MAX_BODY_BYTES) + b" " * (MAX_BODY_BYTES - 1))
        assert eventually(lambda: connections_of(server) <= room, RECEIVE_SECONDS / 2)
        assert server.links().status == 200
        connection.sendall(b" ")  # the youngest
        assert connection.recv(100).startswith(b"HTTP/1.1 422 ")
