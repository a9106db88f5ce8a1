"""Bodies that are cut, malformed or too large, as gunicorn gets them from a socket."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from tests.faults.servers import LINKS, Server, serving
from tests.stores.store import Store

NOWHERE = Store("nowhere", "http://127.0.0.1:9", "eu-central-1", "key", "secret", frozenset())
BODY = json.dumps(LINKS).encode()
CHUNKED = "Transfer-Encoding: chunked"
#: One of each: signing, small, without a body of its own, streamed, public, unknown.
ROUTES = [
    "POST /v1/links",
    "POST /v1/shares",
    "DELETE /v1/me/data",
    "GET /v1/me",
    "HEAD /v1/assets",
    "GET /v1/me/export",
    "GET /healthz",
    "HEAD /docs",
    "OPTIONS /v1/links",
    "POST /nowhere",
]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(NOWHERE, "bucket-one") as server:
        yield server


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def request(server: Server, route: str, framing: str, body: bytes) -> bytes:
    return (
        f"{route} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token}\r\n"
        f"Content-Type: application/json\r\n{framing}\r\n\r\n"
    ).encode() + body


def exchange(server: Server, pieces: list[bytes], *, ends: bool = False) -> bytes:
    """All that comes back until the server closes the connection, before it would time out."""
    with server.connect() as connection:
        connection.settimeout(10)
        for piece in pieces:
            connection.sendall(piece)
        if ends:
            connection.shutdown(socket.SHUT_WR)
        received = b""
        while more := connection.recv(65536):
            received += more
        return received


def answers(server: Server, sent: bytes, *, ends: bool = False) -> list[tuple[int, bytes]]:
    """Status and body of all that comes back until the server closes the connection, which it does
    at once after a fault; ``ends``: the client sends no more."""
    received, found = exchange(server, [sent], ends=ends), []
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        headers = dict(line.lower().split(b": ", 1) for line in lines[1:])
        length = int(headers.get(b"content-length", b"0"))
        status = int(lines[0].split()[1])
        assert headers[b"x-content-type-options"] == b"nosniff"
        assert b"server" not in headers
        if status >= 400 and rest:
            assert headers[b"content-type"] == b"application/problem+json"
            assert json.loads(rest[:length])["status"] == status
        found.append((status, rest[:length]))
        received = rest[length:]
    return found


def statuses(server: Server, sent: bytes, *, ends: bool = False) -> list[int]:
    return [status for status, _ in answers(server, sent, ends=ends)]


@pytest.mark.parametrize("route", ROUTES)
def test_t57_a_body_that_is_cut_is_never_carried_out(server: Server, route: str) -> None:
    """C21: 400 where a body ends before its length or between its chunks, whatever the route
    would do with it, and be the cut body sound by itself."""
    # The first byte of the answer of a HEAD is all that there is: no body follows.
    for framing, body in (
        ("Content-Length: 5000", BODY),
        ("Content-Length: 1", b""),
        (CHUNKED, chunk(BODY)),
        (CHUNKED, b"7a\r\n" + BODY[:10]),
        (CHUNKED, b"7"),
        (CHUNKED, b""),
        (CHUNKED, b"0\r\n"),
    ):
        sent = request(server, route, framing, body)
        if route.startswith("HEAD"):
            assert head_status(server, sent, ends=True) == 400, (framing, body)
        else:
            assert statuses(server, sent, ends=True) == [400], (framing, body)


@pytest.mark.parametrize("route", ROUTES)
def test_t57_malformed_chunks_are_refused(server: Server, route: str) -> None:
    """C22: 400, at once, and the connection takes no further request."""
    for body in (
        b"ZZ\r\n" + BODY,
        b"\r\n",
        b"-1\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b"1_0\r\n",
        b"5\r\nhelloXX0\r\n\r\n",
        b"5\nhello\n0\n\n" + b" " * 1024,
        b"fffffffff\r\n",
        b"5" * 2000,
        chunk(b"{}") + b"0\r\nContent-Length: 7\r\n\r\n",
    ):
        smuggled = request(server, "GET /healthz", "X-A: b", b"")
        sent = request(server, route, CHUNKED, body) + smuggled
        if route.startswith("HEAD"):
            assert head_status(server, sent) == 400, body
        else:
            assert statuses(server, sent) == [400], body


def head_status(server: Server, sent: bytes, *, ends: bool = False) -> int:
    received = exchange(server, [sent], ends=ends)
    assert received.count(b"HTTP/1.1 ") == 1
    return int(received.split()[1])


@pytest.mark.parametrize(
    ("route", "size"),
    [
        ("POST /v1/links", 1_100_000),
        ("POST /v1/shares", 66_000),
        ("POST /nowhere", 66_000),
        ("GET /v1/me", 66_000),
        ("GET /healthz", 2_000_000),
        ("DELETE /v1/me/data", 66_000),
    ],
)
@pytest.mark.parametrize("pieces", [1, 40])
def test_t57_a_body_over_its_limit_is_a_413(
    server: Server, route: str, size: int, pieces: int
) -> None:
    """C20: whether its length is said or not; the client can read the answer while it sends."""
    body = json.dumps({"paths": ["image/a.png"], "x": "x" * size}).encode()
    step = len(body) // pieces + 1
    chunks = b"".join(chunk(body[at : at + step]) for at in range(0, len(body), step))
    for framing, sent in (
        (f"Content-Length: {len(body)}", body),
        (f"Content-Length: {len(body)}", b""),
        (CHUNKED, chunks + b"0\r\n\r\n"),
        (CHUNKED, chunks),
    ):
        is_cut = not sent or (framing == CHUNKED and not sent.endswith(b"0\r\n\r\n"))
        if is_cut and size < 2**20:
            continue  # its end is waited for
        found = answers(server, request(server, f"{route}", framing, sent) + CLOSING)
        assert [status for status, _ in found][:1] == [413], (framing, found)


#: Ends a connection that is kept after a body that was read whole.
CLOSING = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def test_t57_what_is_well_framed_is_answered_and_followed(server: Server) -> None:
    """Length, chunks, extensions, trailers, an empty line before, and one request after another in
    the same packet: each is answered, in order, and none is taken for another."""
    ok = [
        request(server, "POST /v1/links", f"Content-Length: {len(BODY)}", BODY),
        b"\r\n" + request(server, "POST /v1/links", CHUNKED, chunk(BODY) + b"0\r\n\r\n"),
        request(
            server,
            "POST /v1/links",
            CHUNKED,
            b"".join(chunk(BODY[at : at + 1]) for at in range(len(BODY)))
            + b"000;last\r\nX-Trailer: yes\r\n\r\n",
        ),
        request(server, "GET /healthz", "Content-Length: 5", b"GET /"),
        request(server, "GET /healthz", CHUNKED, chunk(b"GET / HTTP/1.1\r\n\r\n") + b"0\r\n\r\n"),
    ]
    assert statuses(server, b"".join(ok) + CLOSING) == [200] * 6
    for sent in ok:
        pieces = [sent[at : at + 97] for at in range(0, len(sent), 97)]
        received = exchange(server, [*pieces, CLOSING])
        assert received.count(b"HTTP/1.1 200 OK") == 2


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5, 5",
        "Content-Length: +5",
        "Content-Length: 5_0",
        "Content-Length: \xb2",
        "Content-Length: -1",
        "Content-Length: 99999999999999999999999",
        "Content-Length:",
        "Content-Length : 5",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: chunked, gzip",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "X: a\r\n Content-Length: 5",
        "X: a\nContent-Length: 5",
    ],
)
def test_t57_framing_of_two_meanings_is_refused(server: Server, framing: str) -> None:
    """Whatever another server on the way might read otherwise: refused, and nothing after it is
    taken for a request."""
    sent = request(server, "POST /v1/links", framing, b"0\r\n\r\n").decode().encode("latin-1")
    [status] = statuses(server, sent + CLOSING)
    assert status in (400, 413, 501)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("GET /healthz HTTP/1.1\r\n", 400),
        ("GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n", 400),
        ("GET /healthz HTTP/1.0\r\nHost: x\r\nhost: x\r\n", 400),
        ("GET /healthz HTTP/1.1\r\nHost:\r\n", 200),
        ("GET /healthz HTTP/1.0\r\n", 200),
    ],
)
def test_t57_a_request_has_one_host(server: Server, line: str, wanted: int) -> None:
    """Of two, a proxy on the way may have obeyed the other one (RFC 9112 §3.2)."""
    assert statuses(server, f"{line}Connection: close\r\n\r\n".encode()) == [wanted]


def test_refused_requests_are_not_quoted(server: Server) -> None:
    """T37: neither to the client nor in a log line: what cannot be parsed may hold a token."""
    secret = "eyJ" + "aGVsbG8" * 10
    for sent in (
        f"GET / HTTP/1.1\r\nAuthorization: Bearer {secret}\x01\r\n\r\n",
        f"GET / HTTP/1.1\r\nAuthorization: Bearer {secret}\r\nAuthorization {secret}\r\n\r\n",
        f"GET /?{secret} HTTP/3.7\r\n\r\n",
        f"get{secret}\r\n\r\n",
    ):
        [(status, body)] = answers(server, sent.encode())
        assert status == 400
        assert secret.encode() not in body
    assert secret not in server.output()


def test_the_waiting_client_is_told_to_go_on(server: Server) -> None:
    """``Expect: 100-continue``: once, before the body; what is too large is refused before."""
    framing = f"Content-Length: {len(BODY)}\r\nExpect: 100-continue\r\nConnection: close"
    with server.connect() as connection:
        connection.sendall(request(server, "POST /v1/links", framing, b""))
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(BODY)
        received = b""
        while more := connection.recv(65536):
            received += more
    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"100 Continue" not in received
    framing = "Content-Length: 5000000\r\nExpect: 100-continue\r\nConnection: close"
    assert statuses(server, request(server, "POST /v1/links", framing, b"")) == [413]


@pytest.mark.parametrize(
    "header",
    [
        "SCRIPT_NAME: /nowhere",
        "SCRIPT_NAME: /healthz",
        "PATH_INFO: /v1/me",
        "X-Forwarded-Proto: https\r\nX-Forwarded-Ssl: off",
    ],
)
def test_t47_no_header_moves_the_path(server: Server, header: str) -> None:
    """T47: whoever connects from this machine may be a proxy that passes on what clients send."""
    sent = f"GET /healthz HTTP/1.1\r\nHost: x\r\n{header}\r\nConnection: close\r\n\r\n"
    assert answers(server, sent.encode()) == [(200, b'{"status":"ok"}')]


def test_t47_no_variable_moves_the_path() -> None:
    """T47: one that is set for something else."""
    with serving(NOWHERE, "bucket-one", SCRIPT_NAME="/nowhere") as moved:
        assert moved.request("GET", "/healthz").status == 200
