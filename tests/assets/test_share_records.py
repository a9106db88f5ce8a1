"""The records of shares, as S3 keeps them."""

from __future__ import annotations

import json
import random
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.assets.share_records import ShareRecords
from app.domain.errors import NotFound
from app.domain.paths import AssetPath, Root
from app.domain.shares import Share, digest_of, is_share_id, mint_share_id, path_digest, record_key
from app.s3.client import S3Client
from app.s3.operations import Operation
from app.schemas.shares import MAX_NOTE_CHARS
from app.signing.tokens import SignedTokens
from tests.gateway import SECRET, Gateway

PATH = AssetPath.parse("image/größe 📎.png")


class Clock:
    """Time that a test moves."""

    now = datetime.now(UTC).replace(microsecond=0)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def root() -> Root:
    return Root(str(uuid.uuid4()))


def records(gateway: Gateway, clock: Clock, *secrets: str) -> ShareRecords:
    """Records under ``secrets``, the signing one first."""
    found = gateway.app.extensions["asset-gateway"].storage
    seals = SignedTokens(secrets or (SECRET,), "share-record", 31_536_000)
    return ShareRecords(found.objects, found.listings, found.deleter, seals, clock=clock)


def opened(kept: ShareRecords, root: Root, clock: Clock, seconds: int = 60) -> Share:
    expires_at = clock() + timedelta(seconds=seconds)
    share = Share(root.sub, mint_share_id(PATH), PATH, "attachment", expires_at)
    kept.write(share)
    return share


def test_a_record_comes_back_as_it_was(swift_gateway: Gateway, clock: Clock, root: Root) -> None:
    """Every field, names of all sorts included."""
    kept = records(swift_gateway, clock)
    share = opened(kept, root, clock)
    assert kept.read(root, share.share_id) == share


def test_t36_a_record_ends_with_its_second(
    swift_gateway: Gateway, clock: Clock, root: Root
) -> None:
    """T36: open before its instant, closed from it on."""
    kept = records(swift_gateway, clock)
    share = opened(kept, root, clock, seconds=10)
    clock.now += timedelta(seconds=9)
    assert kept.read(root, share.share_id) == share
    clock.now += timedelta(seconds=1)
    with pytest.raises(NotFound):
        kept.read(root, share.share_id)


def test_records_outlive_a_change_of_secret(
    swift_gateway: Gateway, clock: Clock, root: Root
) -> None:
    """A former secret that is still accepted opens them; one that is not, does not (T48)."""
    former, fresh = "f" * 32, "n" * 32
    share = opened(records(swift_gateway, clock, former), root, clock)
    assert records(swift_gateway, clock, fresh, former).read(root, share.share_id) == share
    with pytest.raises(NotFound):
        records(swift_gateway, clock, fresh).read(root, share.share_id)


def test_t48_a_huge_object_in_a_records_place_is_not_read(
    swift_gateway: Gateway, clock: Clock, root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T48: an owner's 5 MB there costs a few KB of reading, and opens nothing."""
    kept = records(swift_gateway, clock)
    share = opened(kept, root, clock)
    swift_gateway.store.client().put_object(
        Bucket=swift_gateway.bucket, Key=record_key(root, share.share_id), Body=b" " * 5_000_000
    )
    lengths: list[int] = []
    ask = S3Client.ask

    def record(self: S3Client, operation: Operation, key: str = "", **options: Any) -> Any:
        answer = ask(self, operation, key, **options)
        lengths.append(len(answer.body))
        return answer

    monkeypatch.setattr(S3Client, "ask", record)
    with pytest.raises(NotFound):
        kept.read(root, share.share_id)
    assert lengths == [8192]


def test_the_longest_path_and_note_fit_a_record(
    swift_gateway: Gateway, clock: Clock, root: Root
) -> None:
    """1,024 bytes, and 300 characters, of what JSON escapes at length and nothing compresses."""
    some = random.Random(7)  # noqa: S311 - no secret
    room = 1024 - len(root.prefix) - len("image/")
    path = AssetPath.parse(
        "image/" + "".join(chr(some.randint(0x4E00, 0x9FA5)) for _ in range(room // 3))
    )
    note = "".join(chr(some.randint(0x20000, 0x2A6DF)) for _ in range(MAX_NOTE_CHARS))
    ends = clock() + timedelta(days=1)
    share = Share(root.sub, mint_share_id(path), path, "attachment", ends, note, 1_000_000)
    kept = records(swift_gateway, clock)
    kept.write(share)
    assert kept.read(root, share.share_id) == share


def test_a_record_tells_no_absolute_key(swift_gateway: Gateway, clock: Clock, root: Root) -> None:
    """The path in it is relative; where it leads is the token's `sub` to say."""
    share = opened(records(swift_gateway, clock), root, clock)
    assert f"users/{root.sub}" not in str(share.to_claims()["path"])
    body = swift_gateway.store.client().get_object(
        Bucket=swift_gateway.bucket, Key=record_key(root, share.share_id)
    )
    assert list(json.loads(body["Body"].read())) == ["record"]
    assert body["CacheControl"] == "no-store"


def test_t36_ids_are_fresh_and_begin_with_their_paths_digest() -> None:
    """T36: 128 random bits each; the digest is how a deletion finds them."""
    ids = {mint_share_id(PATH) for _ in range(1000)}
    assert len({share_id[16:] for share_id in ids}) == 1000
    assert all(re.fullmatch("[0-9a-f]{48}", share_id) and is_share_id(share_id) for share_id in ids)
    assert {digest_of(share_id) for share_id in ids} == {path_digest(PATH.text)}
    assert path_digest("image/other.png") != path_digest(PATH.text)
