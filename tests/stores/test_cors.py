"""The pass-through: CORS on every answer, signatures that still hold, bad weather on demand."""

import contextlib
import http.client
import threading
import time
import tracemalloc
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import urllib3

from tests.stores.cors import CorsProxy, CorsRules
from tests.stores.faults import Answer, Cut
from tests.stores.oracle import presign
from tests.stores.store import Store

pytestmark = pytest.mark.store

ORIGIN = "http://localhost:3000"
MIB = 1 << 20


@pytest.fixture
def proxy(juicefs_store: Store) -> Iterator[CorsProxy]:
    with CorsProxy(juicefs_store.endpoint) as running:
        yield running


@pytest.fixture
def store(juicefs_store: Store, proxy: CorsProxy) -> Store:
    return juicefs_store.at(proxy.endpoint)


@pytest.fixture
def url(store: Store, juicefs_store: Store) -> str:
    """A URL to PUT `key`, signed for the pass-through's host."""
    return presign(store, "PUT", juicefs_store.create_bucket(), "key")


@pytest.fixture
def http_pool() -> Iterator[urllib3.PoolManager]:
    with urllib3.PoolManager(retries=False, headers={"Origin": ORIGIN}, maxsize=4) as pool:
        yield pool


def test_signature_holds_and_cors_is_added(http_pool: urllib3.PoolManager, url: str) -> None:
    """The store sees the Host that was signed; the browser sees whom it may answer, once."""
    answer = http_pool.request("PUT", url, body=b"hello")
    assert answer.status == 200
    assert answer.headers.getlist("Access-Control-Allow-Origin") == [ORIGIN]
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
    assert "Location" in answer.headers["Access-Control-Expose-Headers"]


def test_refusals_carry_cors(http_pool: urllib3.PoolManager, url: str) -> None:
    """A page can read why it was refused."""
    answer = http_pool.request("PUT", url.replace("/key?", "/other?"), body=b"hello")
    assert answer.status == 403
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert b"SignatureDoesNotMatch" in answer.data


@pytest.mark.parametrize(("origin", "status"), [(ORIGIN, 204), ("http://evil.test", 403)])
def test_preflight_goes_by_origin(
    juicefs_store: Store, http_pool: urllib3.PoolManager, origin: str, status: int
) -> None:
    """The preflight of an allowed origin is granted, of another refused; the store sees neither."""
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type,x-amz-checksum-sha256",
    }
    with CorsProxy(juicefs_store.endpoint, CorsRules(frozenset({ORIGIN}))) as proxy:
        answer = http_pool.request("OPTIONS", f"{proxy.endpoint}/bucket/key", headers=asked)
    assert answer.status == status
    allowed = answer.headers.get("Access-Control-Allow-Headers")
    assert allowed == (asked["Access-Control-Request-Headers"] if status == 204 else None)


def test_connection_carries_several_requests(url: str) -> None:
    """Keep-alive works through the pass-through, for GET, HEAD and PUT alike."""
    parts = urlsplit(url)
    with contextlib.closing(http.client.HTTPConnection(parts.netloc, timeout=10)) as connection:
        for method, status in (("PUT", 200), ("HEAD", 403), ("GET", 403), ("PUT", 200)):
            body = b"hello" if method == "PUT" else None
            connection.request(method, f"{parts.path}?{parts.query}", body=body)
            answer = connection.getresponse()
            answer.read()
            assert (answer.status, answer.will_close) == (status, False)


def test_refusal_in_the_middle_of_a_body_arrives(http_pool: urllib3.PoolManager, url: str) -> None:
    """A store that refuses before it read the body is heard, not seen as a broken line."""
    answer = http_pool.request("PUT", url.replace("/key?", "/other?"), body=bytes(32 * MIB))
    assert answer.status == 403


def test_cut_upload(
    store: Store, proxy: CorsProxy, http_pool: urllib3.PoolManager, url: str
) -> None:
    """The line breaks after so many bytes, once; the next try goes through."""
    proxy.weather.expect(Cut(method="PUT", after_bytes=MIB))
    with pytest.raises(urllib3.exceptions.ProtocolError):
        http_pool.request("PUT", url, body=bytes(8 * MIB))
    assert http_pool.request("PUT", url, body=bytes(8 * MIB)).status == 200
    assert [seen.status for seen in proxy.seen] == [None, 200]


def test_cut_download_is_exact(
    store: Store, proxy: CorsProxy, http_pool: urllib3.PoolManager, url: str
) -> None:
    """A download that breaks off leaves the client with the bytes so far and an error."""
    body = bytes(range(256)) * 4096
    http_pool.request("PUT", url, body=body)
    bucket = urlsplit(url).path.split("/")[1]
    proxy.weather.expect(Cut(method="GET", of="answer", after_bytes=1000))
    answer = http_pool.request("GET", presign(store, "GET", bucket, "key"), preload_content=False)
    with pytest.raises(urllib3.exceptions.HTTPError):
        answer.read()
    assert http_pool.request("GET", presign(store, "GET", bucket, "key")).data == body


def test_lost_answer(
    juicefs_store: Store, proxy: CorsProxy, http_pool: urllib3.PoolManager, url: str
) -> None:
    """The store did what was asked, and the client never learns."""
    proxy.weather.expect(Cut(method="PUT", of="answer"))
    with pytest.raises(urllib3.exceptions.ProtocolError):
        http_pool.request("PUT", url, body=b"hello")
    client = juicefs_store.client()
    found = client.get_object(Bucket=urlsplit(url).path.split("/")[1], Key="key")["Body"].read()
    client.close()
    assert found == b"hello"
    assert [(seen.method, seen.status) for seen in proxy.seen] == [("PUT", 200)]


def test_told_answers_come_once_each(
    proxy: CorsProxy, http_pool: urllib3.PoolManager, url: str
) -> None:
    """The faults strike in their order, only what they are for, and are then used up."""
    proxy.weather.expect(
        Answer(method="GET", status=500, code="InternalError"),
        Answer(method="PUT", fields=[("Retry-After", "1")], times=2),
    )
    answers = [http_pool.request("PUT", url, body=bytes(MIB)) for _ in range(3)]
    assert [answer.status for answer in answers] == [503, 503, 200]
    assert answers[0].headers["Retry-After"] == "1"
    assert answers[0].headers["Access-Control-Allow-Origin"] == ORIGIN
    assert b"SlowDown" in answers[0].data


def test_slow_line(proxy: CorsProxy, http_pool: urllib3.PoolManager, url: str) -> None:
    """A quarter MiB takes half a second at half a MiB a second."""
    proxy.weather.bytes_per_second = MIB // 2
    started = time.monotonic()
    assert http_pool.request("PUT", url, body=bytes(MIB // 4)).status == 200
    assert time.monotonic() - started >= 0.5


def test_offline_cuts_what_runs(proxy: CorsProxy, http_pool: urllib3.PoolManager, url: str) -> None:
    """Going offline breaks an upload under way and refuses others, until online again."""
    proxy.weather.bytes_per_second = MIB
    timer = threading.Timer(0.3, proxy.go_offline)
    timer.start()
    with pytest.raises(urllib3.exceptions.ProtocolError):
        http_pool.request("PUT", url, body=bytes(16 * MIB))
    timer.join()
    with pytest.raises(urllib3.exceptions.ProtocolError):
        http_pool.request("PUT", url, body=b"hello")
    proxy.go_online()
    assert http_pool.request("PUT", url, body=b"hello").status == 200


def test_memory_stays_flat(http_pool: urllib3.PoolManager, url: str) -> None:
    """What streams through is not kept: 256 MiB pass while never more than 16 are held."""
    piece = bytes(MIB)
    tracemalloc.start()
    try:
        answer = http_pool.request(
            "PUT",
            url,
            body=(piece for _ in range(256)),
            headers={"Content-Length": str(256 * MIB)},
            chunked=False,
        )
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert answer.status == 200
    assert peak < 16 * MIB
