"""The records of upload requests, as S3 keeps them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.assets.request_records import MOST_REMOVED, RequestRecords
from app.domain.errors import NotFound, RequestFull
from app.domain.kinds import Kind
from app.domain.paths import Root
from app.domain.upload_requests import (
    RequestTerms,
    UploadRequest,
    mint_request_id,
    places_prefix,
    request_key,
    requests_prefix,
)
from app.s3.objects import Objects
from app.schemas.shares import MAX_NOTE_CHARS
from app.schemas.upload_requests import MAX_TYPES
from app.signing.tokens import SignedTokens
from tests.gateway import SECRET, Gateway

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def kept(gateway: Gateway) -> RequestRecords:
    return records(gateway)


def records(gateway: Gateway, objects: Objects | None = None, **more: Any) -> RequestRecords:
    storage = gateway.app.extensions["asset-gateway"].storage
    seals = SignedTokens([SECRET], "request-record", 31_536_000)
    return RequestRecords(
        objects or storage.objects,
        storage.listings,
        storage.deleter,
        seals,
        storage.turns,
        **{"clock": lambda: NOW, **more},
    )


class Interrupted(Objects):
    """Something happens right before a place is taken."""

    def __init__(self, gateway: Gateway, happens: Callable[[], None]) -> None:
        super().__init__(gateway.app.extensions["asset-gateway"].storage.objects._client)
        self._happens = happens

    def put(self, key: str, body: bytes, headers: Mapping[str, str], **conditions: Any) -> None:
        if conditions:
            self._happens()
        super().put(key, body, headers, **conditions)


def versions(gateway: Gateway, request: UploadRequest) -> list[str]:
    """Keys of all that is kept of the places of ``request``, deletions and old versions too."""
    prefix = places_prefix(Root(request.sub), request.request_id)
    found = gateway.store.client().list_object_versions(Bucket=gateway.bucket, Prefix=prefix)
    each = [*found.get("Versions", []), *found.get("DeleteMarkers", [])]
    return [version["Key"] for version in each]


def make(
    sub: str, *, max_files: int = 1, note: str = "", types: tuple[str, ...] = ()
) -> UploadRequest:
    terms = RequestTerms(Kind.IMAGE, "p" * 64, types, 5, max_files, None, note)
    return UploadRequest(sub, mint_request_id(), terms, NOW + timedelta(seconds=60), ("PRO",))


def test_a_record_comes_back_as_it_was(kept: RequestRecords) -> None:
    """The longest that there can be, too."""
    sub = "a" * 128
    types = tuple(f"{number:02}/{'x' * 60}" for number in range(MAX_TYPES))
    for request in (make(sub), make(sub, note="📎" * MAX_NOTE_CHARS, types=types, max_files=1000)):
        kept.write(request)
        assert kept.read(Root(sub), request.request_id) == request


def test_t66_a_record_is_its_owners_and_its_own(gateway: Gateway, kept: RequestRecords) -> None:
    """T66: carried to another user's folder, or over another request's, it lets nobody in."""
    owner, other = Root(str(uuid.uuid4())), Root(str(uuid.uuid4()))
    request, second = make(owner.sub), make(owner.sub)
    kept.write(request)
    store = gateway.store.client()
    source = {"Bucket": gateway.bucket, "Key": request_key(owner, request.request_id)}
    for root, request_id in ((other, request.request_id), (owner, second.request_id)):
        key = request_key(root, request_id)
        store.copy_object(Bucket=gateway.bucket, Key=key, CopySource=source)
        with pytest.raises(NotFound):
            kept.read(root, request_id)
        assert kept.page(root, limit=100).requests == ([] if root == other else [(request, 0)])


def test_t67_a_place_is_taken_once(gateway: Gateway, kept: RequestRecords) -> None:
    """T67: until it is given back; what else lies there is nobody's place."""
    request = make(str(uuid.uuid4()), max_files=2)
    kept.write(request)
    places = {kept.take(request), kept.take(request)}
    assert len(places) == kept.files(request) == 2
    with pytest.raises(RequestFull):
        kept.take(request)
    kept.give_back(min(places))
    prefix = places_prefix(Root(request.sub), request.request_id)
    store = gateway.store.client()
    store.put_object(Bucket=gateway.bucket, Key=f"{prefix}x", Body=b"")
    assert kept.take(request) == min(places)
    with pytest.raises(RequestFull):
        kept.take(request)


def test_t66_who_declares_while_it_is_revoked_leaves_nothing(front_gateway: Gateway) -> None:
    """T66: the place that the revocation did not see goes again, for good; nobody is let in."""
    kept = records(front_gateway)
    request = make(str(uuid.uuid4()), max_files=2)
    root = Root(request.sub)
    kept.write(request)
    late = Interrupted(front_gateway, lambda: kept.revoke(root, request.request_id))
    with pytest.raises(NotFound):
        records(front_gateway, late).take(request)
    assert versions(front_gateway, request) == []


def test_a_place_given_back_leaves_nothing(front_gateway: Gateway) -> None:
    """Who has the link can have as many refused as they like: no versions heap up."""
    kept = records(front_gateway)
    request = make(str(uuid.uuid4()))
    kept.write(request)
    for _ in range(2):
        kept.give_back(kept.take(request))
    assert versions(front_gateway, request) == []


def test_places_without_a_request_are_removed(front_gateway: Gateway) -> None:
    """As a process left them that ended meanwhile; also where the page begins with them."""
    kept = records(front_gateway)
    sub = str(uuid.uuid4())
    requests = [make(sub, max_files=2) for _ in range(3)]
    for request in requests:
        kept.write(request)
        kept.take(request)
    storage = front_gateway.app.extensions["asset-gateway"].storage
    storage.objects.delete(request_key(Root(sub), requests[1].request_id))
    token = None
    for _ in range(8):
        page = kept.page(Root(sub), limit=1, token=token)
        token = page.next_token
        if token is None:
            break
    assert token is None
    left = [request for request in requests if kept.files(request)]
    assert left == [requests[0], requests[2]]


def test_a_page_removes_a_bounded_number(front_gateway: Gateway) -> None:
    """Of those that expired long ago; the next one goes on."""
    kept = records(front_gateway)
    sub = str(uuid.uuid4())
    for _ in range(MOST_REMOVED + 2):
        kept.write(make(sub))
    later = records(front_gateway, clock=lambda: NOW + timedelta(days=2))
    prefix = requests_prefix(Root(sub))
    listings = front_gateway.app.extensions["asset-gateway"].storage.listings
    for left in (2, 0):
        assert later.page(Root(sub), limit=100).requests == []
        assert len(listings.page(prefix).objects) == left
