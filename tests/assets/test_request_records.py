"""The records of upload requests, as S3 keeps them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from app.assets.request_records import RequestRecords
from app.domain.errors import NotFound, RequestFull
from app.domain.kinds import Kind
from app.domain.paths import Root
from app.domain.upload_requests import (
    RequestTerms,
    UploadRequest,
    mint_request_id,
    places_prefix,
    request_key,
)
from app.schemas.shares import MAX_NOTE_CHARS
from app.schemas.upload_requests import MAX_TYPES
from app.signing.tokens import SignedTokens
from tests.gateway import SECRET, Gateway

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def kept(gateway: Gateway) -> RequestRecords:
    storage = gateway.app.extensions["asset-gateway"].storage
    seals = SignedTokens([SECRET], "request-record", 31_536_000)
    return RequestRecords(
        storage.objects, storage.listings, storage.deleter, seals, storage.turns, clock=lambda: NOW
    )


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
