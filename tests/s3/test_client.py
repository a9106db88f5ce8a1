"""The client of the store on the wire: what is asked again, what is not, and for how long."""

from __future__ import annotations

import threading
import time
from base64 import b64encode
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import md5

import pytest

from app.domain.errors import Problem, StorageError, StorageUnavailable
from app.s3 import client as client_module
from app.s3 import operations
from app.s3.bulkhead import Bulkhead
from app.s3.client import MAX_ATTEMPTS, S3Client
from app.signing.addressing import BucketAddress
from tests.s3.canned import KEY, SIGNER, Bucket, bucket_of
from tests.s3.raw_store import Asked, RawStore, Respond, response

FACTS = (
    ("ETag", '"e"'),
    ("Last-Modified", "Sun, 22 Nov 2026 12:00:00 GMT"),
    ("Content-Type", "image/png"),
)
EMPTY_LIST = b"<ListBucketResult></ListBucketResult>"
FAULT = b"<Error><Code>InternalError</Code></Error>"


def client_at(store: RawStore, places: int = 8) -> S3Client:
    address = BucketAddress.of("media", "eu-central-1", endpoint=store.endpoint)
    return S3Client(SIGNER, address, Bulkhead(places))


@contextmanager
def bucket_at(respond: Respond) -> Iterator[tuple[Bucket, RawStore]]:
    with RawStore(respond) as store:
        yield bucket_of(client_at(store)), store


def answers(*pieces: bytes) -> Respond:
    """These, one after another, the last again and again; each ends its connection."""
    left = [*pieces]
    lock = threading.Lock()

    def respond(_: Asked) -> Iterable[bytes]:
        with lock:
            return (left.pop(0) if len(left) > 1 else left[0], b"")

    return respond


@pytest.mark.parametrize(
    "first",
    [
        b"",
        response("500 X", FAULT),
        response("503 X", b"<html>Back soon</html>"),
        response("200 OK", FAULT),
        response("200 OK", EMPTY_LIST, sent=EMPTY_LIST[:-4]),
        response("409 X", b"<Error><Code>ConditionalRequestConflict</Code></Error>"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense",
        b"SSH-2.0-OpenSSH_9.6\r\n",
    ],
    ids=["cut", "500", "503 page", "200 that is an error", "half", "conflict", "chunks", "ssh"],
)
def test_a_fault_of_the_moment_is_asked_again(first: bytes) -> None:
    """Cut lines, 5xx and SlowDown: the second answer counts, and the caller sees nothing."""
    with bucket_at(answers(first, response("200 OK", EMPTY_LIST))) as (bucket, store):
        assert bucket.listings.page("users/alice/").objects == []
        assert len(store.asked) == 2
        assert len({asked.target for asked in store.asked}) == 1


def test_three_attempts_are_all() -> None:
    """A fault that stays is a 503 after the third."""
    with bucket_at(answers(response("500 X", FAULT))) as (bucket, store):
        with pytest.raises(StorageUnavailable):
            bucket.objects.head(KEY)
        assert len(store.asked) == MAX_ATTEMPTS


@pytest.mark.parametrize("status", ["400 X", "403 X", "404 X", "405 X", "501 X"])
def test_a_refusal_is_not_asked_again(status: str) -> None:
    """What the store does not want once it does not want twice: 502."""
    with bucket_at(answers(response(status, b"<Error><Code>No</Code></Error>"))) as (bucket, store):
        with pytest.raises(StorageError):
            bucket.listings.page("users/alice/")
        assert len(store.asked) == 1


@pytest.mark.parametrize("status", ["301 X", "302 X", "303 X", "307 X", "308 X"])
@pytest.mark.parametrize("location", [None, "", "/elsewhere", "http://127.0.0.1:9/"])
def test_t53_no_redirect_is_followed(status: str, location: str | None) -> None:
    """T53: a bucket of another region, or a sign-in page: 502 after one request, nothing done."""
    headers = [] if location is None else [("Location", location)]
    with bucket_at(answers(response(status, b"", headers))) as (bucket, store):
        for ask in (
            lambda: bucket.listings.page("users/alice/"),
            lambda: bucket.objects.head(KEY),
            lambda: bucket.objects.put(KEY, b"x", {}),
            lambda: bucket.deleter.delete_keys([KEY]),
        ):
            store.asked.clear()
            with pytest.raises(StorageError):
                ask()
            assert len(store.asked) == 1


def drips(store: RawStore, whole: bytes, where: str) -> Iterable[bytes]:
    at = {"status": 0, "header": len(b"HTTP/1.1 200 OK\r\nCont"), "body": whole.index(b"<") + 1}
    yield whole[: at[where]]  # nothing, if it drips from the first byte
    yield from store.drip(whole[at[where] :], 0.05)


@pytest.mark.parametrize("where", ["header", "body"])
def test_t56_a_store_that_trickles_is_given_up(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """T56: a byte now and then, of headers or of a document, counts as no answer once the time for
    the whole call is over. It is asked once, and its only place before the store is free then."""
    monkeypatch.setattr(client_module, "TOTAL_SECONDS", 0.5)
    well = threading.Event()
    whole = response("200 OK", EMPTY_LIST + b" " * 500)

    def respond(_: Asked) -> Iterable[bytes]:
        return (whole,) if well.is_set() else drips(store, whole, where)

    with RawStore(respond) as store:
        bucket = bucket_of(client_at(store, places=1))
        began = time.monotonic()
        with pytest.raises(StorageUnavailable):
            bucket.listings.page("users/alice/")
        assert 0.5 <= time.monotonic() - began < 10
        assert len(store.asked) == 1
        well.set()
        monkeypatch.setattr(client_module, "TOTAL_SECONDS", 60)
        with ThreadPoolExecutor(1) as other:
            assert other.submit(bucket.listings.page, "users/alice/").result().objects == []


def test_t56_all_attempts_share_one_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """T56: faults that take a while each are not asked three times over."""
    monkeypatch.setattr(client_module, "TOTAL_SECONDS", 0.3)

    def respond(_: Asked) -> Iterable[bytes]:
        store.over.wait(0.25)
        yield response("500 X", FAULT)

    with RawStore(respond) as store:
        with pytest.raises(StorageUnavailable):
            bucket_of(client_at(store)).listings.page("users/alice/")
        assert len(store.asked) < MAX_ATTEMPTS


def test_an_endless_answer_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than any answer should be is a 502, whatever length it was said to have."""
    monkeypatch.setattr("app.s3.answers.MAX_DOCUMENT_BYTES", 100_000)

    def respond(_: Asked) -> Iterable[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n\r\n<ListBucketResult>"
        while not store.over.is_set():
            yield b" " * 65_536

    with RawStore(respond) as store, pytest.raises(StorageError):
        bucket_of(client_at(store)).listings.page("users/alice/")


def test_a_store_that_ignores_ranges_sends_no_more_than_is_needed() -> None:
    """Of a large object's 200 the beginning is read, and its size is its length."""
    body = bytes(5_000_000)
    with bucket_at(answers(response("200 OK", body, FACTS))) as (bucket, _):
        read = bucket.objects.read(KEY, 4096)
        assert read is not None
        assert (read[0].size, len(read[1])) == (len(body), 4096)


def test_one_connection_serves_many_calls() -> None:
    """Answers are read to their end, and so the line is free for the next call."""

    def respond(asked: Asked) -> Iterable[bytes]:
        if asked.method == "HEAD":
            return (response("200 OK", b"", FACTS),)
        return (response("200 OK", EMPTY_LIST),)

    with bucket_at(respond) as (bucket, store):
        for _ in range(3):
            assert bucket.listings.page("users/alice/").objects == []
            assert bucket.objects.head(KEY) is not None
        assert (len(store.asked), store.connections) == (6, 1)


INTERIM = {
    "100": b"HTTP/1.1 100 Continue\r\n\r\n",
    "102": b"HTTP/1.1 102 Processing\r\n\r\n",
    "103": b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n",
}


@pytest.mark.parametrize("before", [["103"], ["102", "102", "100"]], ids="-".join)
def test_t53_an_interim_answer_is_none(before: list[str]) -> None:
    """T53: the answer to a request is the final one (RFC 9110, section 15.2). What was taken for it
    before left the final one on the line, as the answer to the next request: another user's."""

    def respond(asked: Asked) -> Iterable[bytes]:
        named = [("x-amz-meta-asked", asked.target.partition("?")[0][-5:])]
        yield b"".join(INTERIM[each] for each in before)
        yield response("200 OK", b"", [*FACTS, *named])

    with bucket_at(respond) as (bucket, store):
        for name in ("a.png", "b.png", "c.png"):
            found = bucket.objects.head(f"users/alice/image/{name}")
            assert found is not None
            assert found.metadata == {"asked": name}
        assert (len(store.asked), store.connections) == (3, 1)


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", INTERIM["102"] * 1000],
    ids=["another protocol", "interim ones without end"],
)
def test_t53_what_never_becomes_an_answer_is_a_fault(answer: bytes) -> None:
    """T53: nobody asked for another protocol, and the line is not used again."""
    with bucket_at(lambda _: [answer]) as (bucket, store):
        with pytest.raises(StorageUnavailable):
            bucket.objects.head(KEY)
        assert (len(store.asked), store.connections) == (MAX_ATTEMPTS, MAX_ATTEMPTS)


def test_what_is_sent_is_signed_with_its_headers() -> None:
    """Every header of ours is a signed one, and a body brings the MD5 that some stores ask for."""

    def respond(_: Asked) -> Iterable[bytes]:
        return (response("200 OK", b"", [("ETag", '"e"')]),)

    with bucket_at(respond) as (bucket, store):
        bucket.objects.put(KEY, b"x", {"content-type": "application/json"}, if_none_match=True)
        [asked] = store.asked
    assert asked.body == b"x"
    digest = md5(asked.body, usedforsecurity=False).digest()
    assert asked.headers["content-md5"] == b64encode(digest).decode()
    assert asked.headers["if-none-match"] == "*"
    signed = "X-Amz-SignedHeaders=content-md5%3Bcontent-type%3Bhost%3Bif-none-match"
    assert signed in asked.target


def test_an_unsignable_name_is_no_crash() -> None:
    """A back end's key with dot segments, metadata that is no ASCII: 502, and nothing is sent."""
    with bucket_at(answers(b"")) as (bucket, store):
        for ask in (
            lambda: bucket.objects.head("users/alice/../bob"),
            lambda: bucket.multipart.create(KEY, {"x-amz-meta-title": "ü"}),
        ):
            with pytest.raises(StorageError):
                ask()
        assert store.asked == []


def test_slow_operations_end_before_a_deploy_cuts_them() -> None:
    """Deletions, copies and assemblies have more time, less than gunicorn waits at its end."""
    known = [each for each in vars(operations).values() if isinstance(each, operations.Operation)]
    slow = {each.name for each in known if each.is_slow}
    assert slow == {
        "delete_objects",
        "copy_object",
        "upload_part_copy",
        "complete_multipart_upload",
    }
    assert client_module.TOTAL_SECONDS < client_module.SLOW_SECONDS < 30


def test_t37_no_problem_quotes_the_signed_url(caplog: pytest.LogCaptureFixture) -> None:
    """T37: neither what is raised nor what is logged holds a signature."""
    with bucket_at(answers(b"")) as (bucket, _), pytest.raises(Problem) as caught:
        bucket.objects.head(KEY)
    told = caplog.text + repr(caught.value) + repr(caught.value.__cause__)
    assert "attempt 3" in told
    assert "X-Amz" not in told
