"""Objects as each store really answers them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace

import pytest

from app.domain.errors import AlreadyExists, StorageError, StorageUnavailable
from app.s3.bulkhead import Bulkhead
from app.s3.client import S3Client
from app.s3.objects import Changed, Objects
from app.signing.addressing import BucketAddress
from app.signing.credentials import Credentials
from app.signing.sigv4 import Presigner
from tests.gateway import Gateway
from tests.s3.canned import KEY, Canned, bucket_of, bucket_over
from tests.s3.raw_store import Asked, RawStore, response
from tests.s3.test_client import FACTS, bucket_at, client_at
from tests.stores.store import Store

#: Stores tell checksums of the whole object on HEAD alone.
UNSUMMED = {"checksum_sha256": None, "checksum_crc64nvme": None}
HEADERS = {
    "content-type": "image/png",
    "cache-control": "max-age=60",
    "content-language": "de",
    "x-amz-meta-upload": "the mark",
}


def objects_at(store: Store, bucket: str) -> Objects:
    keys = Credentials(store.access_key, store.secret_key, None)
    address = BucketAddress.of(bucket, store.region, endpoint=store.endpoint)
    return Objects(S3Client(Presigner(lambda: keys, store.region), address, Bulkhead(4)))


@pytest.fixture(params=["swift_gateway", "juicefs_gateway", "front_gateway"])
def objects(request: pytest.FixtureRequest) -> Objects:
    gateway: Gateway = request.getfixturevalue(request.param)
    return objects_at(gateway.store, gateway.bucket)


@pytest.fixture
def key() -> str:
    return f"users/{uuid.uuid4()}/image/{uuid.uuid4()}/a b+\u00fc.png"


@pytest.mark.store
@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 5000])
def test_one_read_tells_what_a_look_and_a_read_do(objects: Objects, key: str, size: int) -> None:
    """Size, type, metadata, version and time of the whole object, with its first bytes; of an
    empty one as well."""
    body = bytes(range(256)) * 20
    objects.put(key, body[:size], HEADERS)
    looked = objects.head(key)
    assert looked is not None
    assert (looked.size, looked.content_type, looked.mark) == (size, "image/png", "the mark")
    read = objects.read(key, 16)
    assert read is not None
    found, first = read
    assert replace(looked, **UNSUMMED) == replace(found, **UNSUMMED)
    assert first == body[: min(size, 16)]
    assert objects.beginning(key, 16) == first
    objects.delete(key)
    assert objects.read(key, 16) is None
    assert objects.beginning(key, 16) is None


@pytest.mark.store
def test_t21_the_bytes_are_those_of_the_version_that_was_asked_for(
    front_gateway: Gateway, key: str
) -> None:
    """T21: another object at the key in the meantime is not read in its place."""
    objects = objects_at(front_gateway.store, front_gateway.bucket)
    objects.put(key, b"first", HEADERS)
    looked = objects.head(key)
    assert looked is not None
    assert looked.version_id
    objects.put(key, b"second", HEADERS)
    pinned = objects.read(key, 16, looked.version_id)
    assert pinned == (replace(looked, **UNSUMMED), b"first")
    objects.delete_version(looked)
    assert objects.head(key, looked.version_id) is None
    assert objects.read(key, 16, looked.version_id) is None
    current = objects.head(key)
    assert current is not None
    assert current.size == len(b"second")


@pytest.mark.store
def test_a_write_can_depend_on_what_is_there(swift_gateway: Gateway, key: str) -> None:
    """Only onto a free key; and, where the store knows it, only over the object that was seen."""
    objects = objects_at(swift_gateway.store, swift_gateway.bucket)
    objects.put(key, b"first", HEADERS, if_none_match=True)
    with pytest.raises(AlreadyExists):
        objects.put(key, b"second", HEADERS, if_none_match=True)
    assert objects.beginning(key, 16) == b"first"


@pytest.mark.parametrize("status", ["412 X", "404 X"])
def test_a_write_over_another_object_is_told(status: str) -> None:
    """``If-Match`` is sent as it was given; what does not fit is ``Changed``."""

    def respond(_: Asked) -> Iterable[bytes]:
        code = "PreconditionFailed" if status.startswith("412") else "NoSuchKey"
        yield response(status, f"<Error><Code>{code}</Code></Error>".encode())

    with bucket_at(respond) as (bucket, store):
        with pytest.raises(Changed):
            bucket.objects.put(KEY, b"x", {}, if_match='"e"')
        assert store.asked[0].headers["if-match"] == '"e"'


@pytest.mark.parametrize("size", [5, 16, 1000])
def test_t21_half_of_the_bytes_is_nothing_to_judge(size: int) -> None:
    """T21: of an answer that ended early, or is shorter than the object, nothing is passed on."""
    whole = bytes(min(size, 16))
    told = [*FACTS, ("Content-Range", f"bytes 0-{len(whole) - 1}/{size}")]
    for answer in (
        response("206 X", whole, told, sent=whole[:-1]),
        response("206 X", whole[:-1], told),
    ):
        with RawStore(lambda _, answer=answer: (answer, b"")) as store:  # type: ignore[misc]
            objects = bucket_of(client_at(store)).objects
            for read in (objects.beginning, objects.read):
                with pytest.raises(StorageUnavailable):
                    read(KEY, 16)


@pytest.mark.parametrize("told", ["", "bytes 0-4/*", "bytes 1-5/9", "bytes 0-9/5", "bytes */5"])
def test_t53_an_odd_range_is_no_answer(told: str) -> None:
    """T53: a range that is not the one that was asked for, or without a size: 502."""
    headers = {"ETag": '"e"', "Last-Modified": FACTS[1][1], "Content-Range": told}
    objects = bucket_over(Canned(206, b"12345", headers)).objects
    with pytest.raises(StorageError):
        objects.read(KEY, 16)


def test_a_deletion_is_no_object() -> None:
    """S3 says 405 of a version that is a delete marker, and 404 of the key that it hides."""
    assert bucket_over(Canned(405)).objects.head(KEY, "v") is None
    with pytest.raises(StorageError):
        bucket_over(Canned(405)).objects.head(KEY)
