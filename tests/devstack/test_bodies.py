"""What headers promise about a body is held against it."""

from __future__ import annotations

import base64
import hashlib
import shutil
import socket
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path
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
    headers = {"x-amz-checksum-crc32c": "AAAAAA=="}
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


TYPES = [
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=UTF-8",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "application/json",
    "application/xml",
    "application/x-amz-json-1.1",
    "image/png",
]
#: Read as a form these would be two fields, one of them named as moto's own parameters are.
FORM_LIKE = b"key=stolen&Action=DeleteBucket&%ff=\xff\x00"


@pytest.mark.parametrize("content_type", TYPES)
def test_c27_an_object_is_its_bytes_whatever_type_it_is_called(
    wire: Wire, key: str, content_type: str
) -> None:
    """C27: a signed PUT of any content type stores the body as it came, under that type."""
    headers = {"content-type": content_type}
    url = wire.presign("PUT", key, headers=headers)
    assert wire.send("PUT", url, headers, FORM_LIKE).status == 200
    answer = wire.send("GET", wire.presign("GET", key))
    assert (answer.body, answer.headers["content-type"]) == (FORM_LIKE, content_type)


@pytest.mark.parametrize("content_type", TYPES)
def test_c27_a_part_is_its_bytes_whatever_type_it_is_called(
    wire: Wire, key: str, content_type: str
) -> None:
    """C27: a part of any content type is taken, and the object has the upload's own type."""
    s3, place = wire.stack.client("s3"), {"Bucket": wire.stack.bucket, "Key": key}
    place["UploadId"] = s3.create_multipart_upload(**place, ContentType="video/mp4")["UploadId"]
    query = {"partNumber": "1", "uploadId": place["UploadId"]}
    sent = wire.send(
        "PUT", wire.presign("PUT", key, query=query), {"content-type": content_type}, FORM_LIKE
    )
    assert sent.status == 200
    etag = sent.headers["etag"]
    s3.complete_multipart_upload(
        **place, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]}
    )
    answer = wire.send("GET", wire.presign("GET", key))
    assert (answer.body, answer.headers["content-type"]) == (FORM_LIKE, "video/mp4")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("more", [[], ["-H", "Expect: 100-continue"]], ids=["plain", "expecting"])
def test_c27_curl_sends_an_object(wire: Wire, key: str, tmp_path: Path, more: list[str]) -> None:
    """C27: ``curl -X PUT --data-binary @file`` as people type it, with and without Expect."""
    file = tmp_path / "film.mp4"
    file.write_bytes(FORM_LIKE * 100_000)
    url = wire.presign("PUT", key)
    command = ["curl", "-sS", "-w", "%{http_code}", "-X", "PUT", *more, "--data-binary", f"@{file}"]
    done = subprocess.run([*command, url], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("200", "")
    assert wire.send("GET", wire.presign("GET", key)).body == file.read_bytes()


def test_c27_a_client_that_waits_is_told_to_go_on(wire: Wire, key: str) -> None:
    """C27: ``Expect: 100-continue`` is answered 100 before the body, 200 after it."""
    url = urlsplit(wire.presign("PUT", key))
    with socket.create_connection((str(url.hostname), int(url.port or 0)), 10) as peer:
        head = f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: {wire.host}\r\n"
        peer.sendall(f"{head}Content-Length: 5\r\nExpect: 100-continue\r\n\r\n".encode())
        assert peer.recv(65536).startswith(b"HTTP/1.1 100 ")
        peer.sendall(b"bytes")
        assert peer.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert wire.send("GET", wire.presign("GET", key)).body == b"bytes"


@pytest.mark.parametrize("content_type", TYPES)
def test_c27_a_chunked_body_is_a_411_whatever_type_it_is_called(
    wire: Wire, key: str, content_type: str
) -> None:
    """C27: no length, no object, as on S3; the connection serves the next request."""
    headers = {"content-type": content_type}
    url = wire.presign("PUT", key, headers=headers)
    answer = wire.send("PUT", url, headers, iter([b"a=b", b"&c=d"]))
    assert (answer.status, answer.code) == (411, "MissingContentLength")
    assert wire.send("GET", wire.presign("GET", key)).code == "NoSuchKey"
