"""Multipart uploads as each store really answers them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from app.domain.errors import StorageUnavailable, UploadIncomplete
from app.domain.parts import Part
from app.s3.bulkhead import Bulkhead
from app.s3.client import S3Client
from app.s3.multipart import Multipart
from app.s3.objects import Objects
from app.signing.addressing import BucketAddress
from app.signing.credentials import Credentials
from app.signing.sigv4 import Presigner
from tests.gateway import Gateway
from tests.stores.cors import CorsProxy
from tests.stores.faults import Answer
from tests.stores.store import Store

pytestmark = pytest.mark.store

FIVE_MIB = 5 * 1024**2
HEADERS = {
    "content-type": "video/mp4",
    "cache-control": "max-age=86400",
    "content-disposition": 'attachment; filename="a.mp4"',
    "x-amz-meta-upload": "the mark",
    "x-amz-meta-title": "%C3%BC",
}


class Place(NamedTuple):
    """A bucket, as the gateway's code and as a test sees it."""

    multipart: Multipart
    bucket: Objects
    store: Store
    name: str

    def send(self, key: str, upload_id: str, number: int, body: bytes) -> None:
        self.store.client().upload_part(
            Bucket=self.name, Key=key, UploadId=upload_id, PartNumber=number, Body=body
        )


def place_at(store: Store, name: str) -> Place:
    keys = Credentials(store.access_key, store.secret_key, None)
    address = BucketAddress.of(name, store.region, endpoint=store.endpoint)
    client = S3Client(Presigner(lambda: keys, store.region), address, Bulkhead(4))
    bucket = Objects(client)
    return Place(Multipart(client, bucket), bucket, store, name)


@pytest.fixture(params=["swift_gateway", "juicefs_gateway", "front_gateway"])
def place(request: pytest.FixtureRequest) -> Place:
    gateway: Gateway = request.getfixturevalue(request.param)
    return place_at(gateway.store, gateway.bucket)


@pytest.fixture
def key() -> str:
    return f"users/{uuid.uuid4()}/video/{uuid.uuid4()}/a b+ü😀.mp4"


@pytest.fixture
def stormy(juicefs_gateway: Gateway) -> Iterator[tuple[Place, CorsProxy]]:
    """JuiceFS behind a line that can answer in its place."""
    store = juicefs_gateway.store
    with CorsProxy(store.endpoint) as proxy:
        yield place_at(store.at(proxy.endpoint), juicefs_gateway.bucket), proxy


def two_parts(place: Place, key: str) -> tuple[str, list[Part]]:
    """An upload with everything there; its id and parts."""
    upload_id = place.multipart.create(key, HEADERS)
    place.send(key, upload_id, 1, b"a" * FIVE_MIB)
    place.send(key, upload_id, 2, b"the end")
    parts = place.multipart.list_parts(key, upload_id)
    assert parts is not None
    return upload_id, parts


def test_parts_become_one_object_with_the_headers_of_the_beginning(place: Place, key: str) -> None:
    """Created, listed, put together: the object has its bytes, headers and metadata."""
    upload_id, parts = two_parts(place, key)
    assert [(part.number, part.size) for part in parts] == [(1, FIVE_MIB), (2, 7)]
    assert place.multipart.complete(key, upload_id, parts)
    found = place.store.client().get_object(Bucket=place.name, Key=key)
    assert found["Body"].read() == b"a" * FIVE_MIB + b"the end"
    assert found["ContentType"] == "video/mp4"
    assert found["CacheControl"] == "max-age=86400"
    assert found["ContentDisposition"] == 'attachment; filename="a.mp4"'
    assert found["Metadata"] == {"upload": "the mark", "title": "%C3%BC"}


def test_t23_what_is_over_is_none_and_can_be_given_up_again(place: Place, key: str) -> None:
    """T23: an aborted or unknown upload lists as None, aborts in silence, does not complete."""
    upload_id, parts = two_parts(place, key)
    for _ in range(2):
        place.multipart.abort(key, upload_id)
    assert place.multipart.list_parts(key, upload_id) is None
    assert place.multipart.list_parts(key, "nonsense") is None
    place.multipart.abort(key, "nonsense")
    assert not place.multipart.complete(key, upload_id, parts)
    assert place.bucket.head(key) is None


def test_t23_completing_or_aborting_after_completion_changes_nothing(
    place: Place, key: str
) -> None:
    """T23: the second completion says it did nothing, and an abort leaves the object."""
    upload_id, parts = two_parts(place, key)
    assert place.multipart.complete(key, upload_id, parts)
    before = place.bucket.head(key)
    assert not place.multipart.complete(key, upload_id, parts)
    place.multipart.abort(key, upload_id)
    assert place.bucket.head(key) == before


def test_t20_a_taken_key_is_not_overwritten(place: Place, key: str) -> None:
    """T20: what is at the key stays, also where the store ignores `If-None-Match`."""
    upload_id, parts = two_parts(place, key)
    place.store.client().put_object(Bucket=place.name, Key=key, Body=b"first")
    assert not place.multipart.complete(key, upload_id, parts)
    found = place.bucket.head(key)
    assert found is not None
    assert found.size == len(b"first")


@pytest.mark.parametrize("gateway_name", ["swift_gateway", "front_gateway"])
def test_t20_the_condition_holds_when_the_look_came_too_early(
    request: pytest.FixtureRequest, gateway_name: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T20: the key is taken after it was seen free, and the store's own condition refuses."""
    gateway: Gateway = request.getfixturevalue(gateway_name)
    place = place_at(gateway.store, gateway.bucket)
    upload_id, parts = two_parts(place, key)
    place.store.client().put_object(Bucket=place.name, Key=key, Body=b"first")
    with monkeypatch.context() as patched:
        patched.setattr(Objects, "head", lambda *_: None)
        assert not place.multipart.complete(key, upload_id, parts)
    found = place.bucket.head(key)
    assert found is not None
    assert found.size == len(b"first")


@pytest.mark.parametrize("gateway_name", ["swift_gateway", "front_gateway"])
def test_t23_parts_that_are_too_small_are_said_to_be(
    request: pytest.FixtureRequest, gateway_name: str, key: str
) -> None:
    """T23: S3 takes no part under 5 MiB but the last; that is the caller's to mend."""
    gateway: Gateway = request.getfixturevalue(gateway_name)
    place = place_at(gateway.store, gateway.bucket)
    upload_id = place.multipart.create(key, {})
    for number in (1, 2):
        place.send(key, upload_id, number, b"small")
    with pytest.raises(UploadIncomplete, match="smaller"):
        place.multipart.complete(key, upload_id, place.multipart.list_parts(key, upload_id) or [])


def test_t23_a_part_swapped_after_the_look_is_noticed(place: Place, key: str) -> None:
    """T23: the ETags that were listed must still be those of the parts."""
    upload_id, parts = two_parts(place, key)
    place.send(key, upload_id, 2, b"THE END")
    with pytest.raises(UploadIncomplete):
        place.multipart.complete(key, upload_id, parts)
    assert place.bucket.head(key) is None


def test_unfinished_uploads_are_listed_in_pages(place: Place) -> None:
    """Under one prefix and no other, page by page, each once, with the time they began."""
    mine, other = uuid.uuid4().hex, uuid.uuid4().hex
    keys = [f"users/{mine}/video/{number}/a b+ü😀.mp4" for number in range(5)]
    begun = {key: place.multipart.create(key, {}) for key in keys}
    for outside in (f"users/{mine}0/video/1/a.mp4", f"users/{other}/video/1/a.mp4"):
        place.multipart.create(outside, {})
    found, marker = [], None
    for _ in range(3):
        page = place.multipart.list_uploads(f"users/{mine}/", limit=2, marker=marker)
        assert len(page.uploads) <= 2
        found += page.uploads
        marker = page.next_marker
    assert marker is None
    assert [(each.key, each.upload_id) for each in found] == [*begun.items()]
    for each in found:
        assert abs(datetime.now(UTC) - each.initiated_at) < timedelta(minutes=5)


def test_a_store_without_conditions_is_asked_without(
    stormy: tuple[Place, CorsProxy], key: str
) -> None:
    """A 501 to the condition is remembered: the look at the key is what then guards it."""
    place, proxy = stormy
    proxy.weather.expect(Answer("POST", "uploadId=", times=1, status=501, code="NotImplemented"))
    upload_id, parts = two_parts(place, key)
    assert place.multipart.complete(key, upload_id, parts)
    again = key + "2"
    upload_id, parts = two_parts(place, again)
    proxy.seen.clear()
    assert place.multipart.complete(again, upload_id, parts)
    assert [each.method for each in proxy.seen] == ["HEAD", "POST"]


def test_a_conflicting_write_asks_to_complete_again(
    stormy: tuple[Place, CorsProxy], key: str
) -> None:
    """409 ConditionalRequestConflict with nothing at the key: the upload can be completed again."""
    place, proxy = stormy
    upload_id, parts = two_parts(place, key)
    proxy.weather.expect(
        Answer("POST", "uploadId=", times=1, status=409, code="ConditionalRequestConflict")
    )
    with pytest.raises(UploadIncomplete, match="again"):
        place.multipart.complete(key, upload_id, parts)
    assert place.multipart.complete(key, upload_id, parts)


def test_other_faults_of_the_store_go_up_as_they_are(
    stormy: tuple[Place, CorsProxy], key: str
) -> None:
    """A store that is down is not an upload that is gone."""
    place, proxy = stormy
    proxy.weather.expect(Answer("GET", "uploadId=", times=3, status=503, code="SlowDown"))
    with pytest.raises(StorageUnavailable):
        place.multipart.list_parts(key, place.multipart.create(key, {}))
