"""Reading objects: whole, in ranges, under conditions, by version."""

from __future__ import annotations

import time

import pytest
from botocore.exceptions import ClientError

from devstack.account import Stack
from tests.devstack.wire import Answer, Wire

BODY = bytes(range(100))


@pytest.fixture
def put(wire: Wire, key: str) -> str:
    answer = wire.send("PUT", wire.presign("PUT", key), body=BODY)
    return answer.headers["etag"]


def get(wire: Wire, key: str, **headers: str) -> Answer:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return wire.send("GET", wire.presign("GET", key), sent)


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=90-", 90, 100),
        ("bytes=90-500", 90, 100),
        ("bytes=-10", 90, 100),
        ("bytes=-500", 0, 100),
        ("bytes=99-99", 99, 100),
    ],
)
def test_a_range_is_served_exactly(
    wire: Wire, key: str, put: str, asked: str, start: int, end: int
) -> None:
    """206 with the bytes asked for, and their place in the whole."""
    answer = get(wire, key, range=asked)
    assert (answer.status, answer.body) == (206, BODY[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/100"
    assert answer.headers["etag"] == put


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,5-6", "items=0-1", "bytes=-", "bytes=9-1", "bytes=x-"]
)
def test_a_range_that_is_none_gets_the_whole(wire: Wire, key: str, put: str, asked: str) -> None:
    """Unknown and malformed ranges are ignored, several at once too, as S3 does."""
    answer = get(wire, key, range=asked)
    assert (answer.status, answer.body) == (200, BODY)


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=500-600", "bytes=-0"])
def test_a_range_beyond_the_end_is_refused(wire: Wire, key: str, put: str, asked: str) -> None:
    """416 that names the size."""
    answer = get(wire, key, range=asked)
    assert (answer.status, answer.code) == (416, "InvalidRange")
    assert answer.headers["content-range"] == "bytes */100"


def test_if_range_guards_against_a_changed_object(wire: Wire, key: str, put: str) -> None:
    """The part for the known ETag, the whole for another."""
    assert get(wire, key, range="bytes=0-1", if_range=put).status == 206
    assert get(wire, key, range="bytes=0-1", if_range='"other"').status == 200


def test_conditions_on_reading(wire: Wire, key: str, put: str) -> None:
    """304 for what the caller has, 412 for what it did not expect."""
    assert get(wire, key, if_none_match=put).status == 304
    assert get(wire, key, if_none_match='"other"').status == 200
    assert get(wire, key, if_match='"other"').code == "PreconditionFailed"
    date = get(wire, key).headers["last-modified"]
    assert get(wire, key, if_modified_since=date).status == 304
    assert get(wire, key, if_unmodified_since="Mon, 01 Jan 2001 00:00:00 GMT").status == 412


def test_head_says_what_get_would(wire: Wire, key: str, put: str) -> None:
    """Same headers, no body; a missing key is a 404 without one."""
    read = get(wire, key)
    head = wire.send("HEAD", wire.presign("HEAD", key))
    assert head.body == b""
    for name in ("etag", "content-length", "last-modified", "accept-ranges", "x-amz-version-id"):
        assert head.headers[name] == read.headers[name]
    missing = wire.send("HEAD", wire.presign("HEAD", f"{key}x"))
    assert (missing.status, missing.body) == (404, b"")


def test_a_seek_in_a_large_object_is_quick(stack: Stack, wire: Wire, key: str) -> None:
    """A part of 64 MiB near the end is read alone: far quicker than the whole."""
    size = 64 << 20
    stack.client("s3").put_object(Bucket=stack.bucket, Key=key, Body=bytes(size))
    started = time.perf_counter()
    assert len(get(wire, key).body) == size
    whole = time.perf_counter() - started

    def seek() -> float:
        started = time.perf_counter()
        assert len(get(wire, key, range=f"bytes={size - 1000}-").body) == 1000
        return time.perf_counter() - started

    assert min(seek() for _ in range(10)) < whole / 2


def test_versions_are_served_by_their_id(stack: Stack, wire: Wire, key: str) -> None:
    """The old bytes stay under their id; a delete marker hides, and says so."""
    s3 = stack.client("s3")
    old = s3.put_object(Bucket=stack.bucket, Key=key, Body=b"old")["VersionId"]
    s3.put_object(Bucket=stack.bucket, Key=key, Body=b"new")
    url = wire.presign("GET", key, query={"versionId": old})
    assert wire.send("GET", url).body == b"old"
    marker = s3.delete_object(Bucket=stack.bucket, Key=key)["VersionId"]
    gone = wire.send("GET", wire.presign("GET", key))
    assert (gone.code, gone.headers["x-amz-delete-marker"]) == ("NoSuchKey", "true")
    marked = wire.send("GET", wire.presign("GET", key, query={"versionId": marker}))
    assert (marked.status, marked.code) == (405, "MethodNotAllowed")
    unknown = wire.send("GET", wire.presign("GET", key, query={"versionId": "none"}))
    assert unknown.code == "NoSuchVersion"
    assert wire.send("GET", url).body == b"old"


def test_a_header_that_cannot_be_sent_is_refused(wire: Wire, key: str, put: str) -> None:
    """Line breaks and characters outside Latin-1 in ``response-*`` are a 400, never a 500."""
    for value in ("a\r\nSet-Cookie: b", "attachment; filename=\U0001f600"):
        url = wire.presign("GET", key, query={"response-content-disposition": value})
        assert wire.send("GET", url).code == "InvalidArgument"


def test_an_unknown_bucket_is_a_404(stack: Stack) -> None:
    """Rightly signed, but for a bucket that is not there."""
    with pytest.raises(ClientError, match="NoSuchBucket"):
        stack.client("s3").get_object(Bucket="no-such-bucket", Key="a")
