"""What headers promise about a body is held against it."""

from __future__ import annotations

import base64
import hashlib
import socket
import zlib
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from tests.devstack.wire import Wire

DIGESTS: dict[str, Callable[[bytes], bytes]] = {
    "content-md5": lambda body: hashlib.md5(body, usedforsecurity=False).digest(),
    "x-amz-checksum-sha256": lambda body: hashlib.sha256(body).digest(),
    "x-amz-checksum-sha1": lambda body: hashlib.sha1(body, usedforsecurity=False).digest(),
    "x-amz-checksum-crc32": lambda body: zlib.crc32(body).to_bytes(4, "big"),
}


def promise(name: str, body: bytes) -> dict[str, str]:
    return {name: base64.b64encode(DIGESTS[name](body)).decode()}


@pytest.mark.parametrize("name", DIGESTS)
def test_t26_a_body_with_another_checksum_is_refused(wire: Wire, key: str, name: str) -> None:
    """T26: same length, other bytes: BadDigest, nothing stored; the promised bytes are taken."""
    headers = promise(name, b"mine")
    url = wire.presign("PUT", key, headers=headers)
    answer = wire.send("PUT", url, headers, b"your")
    assert (answer.status, answer.code) == (400, "BadDigest")
    assert wire.send("GET", wire.presign("GET", key)).code == "NoSuchKey"
    assert wire.send("PUT", url, headers, b"mine").status == 200


def test_a_checksum_is_kept_and_shown_when_asked_for(wire: Wire, key: str) -> None:
    """HEAD with checksum mode gives back what was sent."""
    headers = promise("x-amz-checksum-sha256", b"mine")
    wire.send("PUT", wire.presign("PUT", key, headers=headers), headers, b"mine")
    mode = {"x-amz-checksum-mode": "ENABLED"}
    answer = wire.send("HEAD", wire.presign("HEAD", key, headers=mode), mode)
    assert answer.headers["x-amz-checksum-sha256"] == headers["x-amz-checksum-sha256"]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("content-md5", "no base64", "InvalidDigest"),
        ("content-md5", "YQ==", "InvalidDigest"),
        ("x-amz-checksum-sha256", "YQ==", "InvalidRequest"),
    ],
)
def test_a_promise_that_is_no_digest_is_refused(
    wire: Wire, key: str, name: str, value: str, code: str
) -> None:
    """Neither garbage nor a digest of another size passes as "nothing to check"."""
    headers = {name: value}
    answer = wire.send("PUT", wire.presign("PUT", key, headers=headers), headers, b"x")
    assert (answer.status, answer.code) == (400, code)


def test_an_algorithm_that_cannot_be_checked_is_not_let_through(wire: Wire, key: str) -> None:
    """Better a 501 than a checksum nobody looked at."""
    headers = {"x-amz-checksum-crc64nvme": "AAAAAAAAAAA="}
    answer = wire.send("PUT", wire.presign("PUT", key, headers=headers), headers, b"x")
    assert (answer.status, answer.code) == (501, "NotImplemented")


def test_a_body_without_a_length_is_refused(wire: Wire, key: str) -> None:
    """Chunked transfer needs the streaming signature, as on S3."""
    answer = wire.send("PUT", wire.presign("PUT", key), body=iter([b"a", b"b"]))
    assert (answer.status, answer.code) == (411, "MissingContentLength")


def test_a_body_that_ends_early_is_not_stored(wire: Wire, key: str) -> None:
    """A connection that breaks off leaves no truncated object."""
    url = urlsplit(wire.presign("PUT", key))
    with socket.create_connection((str(url.hostname), int(url.port or 0)), 10) as peer:
        head = f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: {wire.host}\r\n"
        peer.sendall(f"{head}Content-Length: 10\r\n\r\nshort".encode())
        peer.shutdown(socket.SHUT_WR)
        answer = peer.recv(65536)
    assert b" 400 " in answer.split(b"\r\n")[0]
    assert wire.send("GET", wire.presign("GET", key)).code == "NoSuchKey"


def test_bulk_delete_needs_a_checksum(wire: Wire) -> None:
    """DeleteObjects without Content-MD5 or a checksum is refused."""
    body = b"<Delete><Object><Key>users/a</Key></Object></Delete>"
    headers = wire.signed_headers("POST", "", query={"delete": ""}, body=body)
    answer = wire.send("POST", wire.url("", {"delete": ""}), headers, body)
    assert (answer.status, answer.code) == (400, "InvalidRequest")
