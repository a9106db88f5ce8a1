"""Folders change hands whole, and whatever breaks off is gone on with: nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.api.context import EXTENSION
from app.assets.handover import Handover, Step
from app.domain.errors import StorageUnavailable
from app.domain.paths import AssetPath, Root
from app.domain.shares import Share, mint_share_id
from tests.gateway import Gateway, fetch, running_gateway
from tests.stores.store import Store

PNG = b"\x89PNG\r\n\x1a\n" + bytes(24)
Mover = Callable[..., list[Step]]


def handover_of(gateway: Gateway) -> Handover:
    built = gateway.app.extensions[EXTENSION]
    storage, shares = built.storage, built.assets.shares
    return Handover(
        storage.objects,
        storage.listings,
        storage.copier,
        storage.deleter,
        shares._records,
        built.signing.copy_marks,
    )


@pytest.fixture
def old() -> str:
    return str(uuid4())


@pytest.fixture
def new() -> str:
    return str(uuid4())


@pytest.fixture
def move(front_gateway: Gateway, old: str, new: str) -> Mover:
    def run(*, dry_run: bool = False) -> list[Step]:
        return list(handover_of(front_gateway).move(Root(old), Root(new), dry_run=dry_run))

    return run


def put(gateway: Gateway, key: str, body: bytes = PNG, **stored: object) -> None:
    stored = {"ContentType": "image/png", **stored}
    gateway.store.client().put_object(Bucket=gateway.bucket, Key=key, Body=body, **stored)


def contents(gateway: Gateway, sub: str) -> dict[str, bytes]:
    s3 = gateway.store.client()
    prefix = f"users/{sub}/"
    return {
        key.removeprefix(prefix): s3.get_object(Bucket=gateway.bucket, Key=key)["Body"].read()
        for key in gateway.stored_keys()
        if key.startswith(prefix)
    }


def test_assets_are_the_new_users_with_all_that_is_stored_with_them(
    front_gateway: Gateway, old: str, new: str, move: Mover
) -> None:
    """An upload with its metadata, and what a back end wrote for the old user."""
    before, after = front_gateway.client_for(old), front_gateway.client_for(new)
    asset = before.upload(PNG, metadata={"title": "Größe 1"})
    stored = {"ContentDisposition": 'attachment; filename="b.png"', "Metadata": {"job": "7"}}
    put(front_gateway, f"users/{old}/projects/p1/image/made/b.png", **stored)
    put(front_gateway, f"users/{old}/a name of its own", CacheControl="no-store")
    assert [step.outcome for step in move()] == ["moved"] * 3
    assert contents(front_gateway, old) == {}
    found = after.get(f"/v1/assets/{asset['path']}").json
    kept = ("size", "content_type", "metadata", "filename", "path")
    assert {name: found[name] for name in kept} == {name: asset[name] for name in kept}
    assert fetch("GET", found["link"]["url"]).data == PNG
    s3 = front_gateway.store.client()
    key = f"users/{new}/projects/p1/image/made/b.png"
    made = s3.head_object(Bucket=front_gateway.bucket, Key=key)
    assert made["ContentDisposition"] == stored["ContentDisposition"]
    assert made["Metadata"] == {"job": "7"}


def test_what_is_moved_is_never_judged_again(
    front_gateway: Gateway, front_store: Store, old: str, new: str, move: Mover
) -> None:
    """The bucket tells the worker of the copy; a quota that is full must not remove it."""
    asset = front_gateway.client_for(old).upload(PNG)
    move()
    with running_gateway(front_store, front_gateway.bucket, QUOTA_BYTES="1") as full:
        completion = full.app.extensions[EXTENSION].assets.completion
        arrival = completion.judge_arrival(
            f"users/{new}/{asset['path']}", None, wrote_for_browser=lambda: False
        )
    assert arrival.reason is None


def test_shares_are_opened_anew_under_the_new_user(
    front_gateway: Gateway, old: str, new: str, move: Mover
) -> None:
    """The old link, which names its owner, ends; the new one leads to the same file."""
    before, after = front_gateway.client_for(old), front_gateway.client_for(new)
    asset = before.upload(PNG)
    share = before.post("/v1/shares", {"path": asset["path"]}).json
    request = before.post("/v1/requests", {"kind": "image"}).json
    assert [step.outcome for step in move()] == ["moved", "share", "request"]
    assert before.get(request["url"]).status_code == 404
    assert before.get(share["url"]).status_code == 404
    [opened] = after.get("/v1/shares").json["items"]
    assert opened["share_id"] == share["share_id"]
    assert opened["expires_at"] == share["expires_at"]
    answer = after.get(opened["url"])
    assert answer.status_code in (302, 303, 307)
    assert fetch("GET", answer.headers["Location"]).data == PNG


def test_t36_shares_are_opened_anew_on_their_owner_s_terms(
    front_gateway: Gateway, old: str, new: str, move: Mover
) -> None:
    """T36: one that opens twice opens no oftener, and its note is still shown."""
    asset = front_gateway.client_for(old).upload(PNG)
    records = front_gateway.app.extensions[EXTENSION].assets.shares._records
    path = AssetPath.parse(asset["path"])
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    share = Share(old, mint_share_id(path), path, "attachment", ends, "for you", 2)
    records.write(share)
    move()
    assert records.read(Root(new), share.share_id) == replace(share, sub=new)


def test_a_dry_run_tells_and_does_nothing(
    front_gateway: Gateway, old: str, new: str, move: Mover
) -> None:
    """The same steps, and the same files as before."""
    front_gateway.client_for(old).upload(PNG)
    before = contents(front_gateway, old)
    assert [step.outcome for step in move(dry_run=True)] == ["moved"]
    assert (contents(front_gateway, old), contents(front_gateway, new)) == (before, {})
    assert [step.outcome for step in move()] == ["moved"]


def test_what_is_at_the_new_place_stays_and_so_does_what_would_go_there(
    front_gateway: Gateway, old: str, new: str, move: Mover
) -> None:
    """Neither other bytes, nor the same bytes stored as something else, are taken for the copy."""
    for name, body, stored in (
        ("image/a/a.png", PNG[:-1] + b"x", {}),
        ("image/b/b.png", PNG, {"ContentType": "image/webp"}),
        ("image/c/c.png", PNG, {"Metadata": {"of": "another"}}),
    ):
        put(front_gateway, f"users/{old}/{name}")
        put(front_gateway, f"users/{new}/{name}", body, **stored)
    before = contents(front_gateway, old), contents(front_gateway, new)
    assert [step.outcome for step in move()] == ["conflict"] * 3
    assert (contents(front_gateway, old), contents(front_gateway, new)) == before


def test_a_run_that_broke_off_is_finished_by_the_next(
    front_gateway: Gateway, old: str, new: str, move: Mover, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between a copy and the end of its original both are there; the next run removes one."""
    caller = front_gateway.client_for(old)
    for _ in range(2):
        caller.upload(PNG)
    whole = contents(front_gateway, old)
    deleter = front_gateway.app.extensions[EXTENSION].storage.deleter
    with monkeypatch.context() as broken:
        broken.setattr(
            type(deleter),
            "delete_keys",
            lambda _self, keys: {key: StorageUnavailable() for key in keys},
        )
        with pytest.raises(StorageUnavailable):
            move()
    assert contents(front_gateway, old) == whole
    assert [step.outcome for step in move()] == ["finished", "moved"]
    assert (contents(front_gateway, old), contents(front_gateway, new)) == ({}, whole)


def test_an_original_that_changes_meanwhile_is_not_removed(
    front_gateway: Gateway, old: str, new: str, move: Mover, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old user's session may live for an hour."""
    key = f"users/{old}/image/a/a.png"
    put(front_gateway, key)
    copier = front_gateway.app.extensions[EXTENSION].storage.copier
    unchanged = type(copier).unchanged

    def changed(self: object, sources: object) -> bool:
        put(front_gateway, key, PNG + b"more")
        return bool(unchanged(self, sources))  # type: ignore[arg-type]

    monkeypatch.setattr(type(copier), "unchanged", changed)
    with pytest.raises(StorageUnavailable, match="both stay"):
        move()
    assert contents(front_gateway, old)["image/a/a.png"] == PNG + b"more"


NAMES = st.sampled_from([f"image/{n}/{n}.png" for n in "abcd"])
FOLDER = st.dictionaries(NAMES, st.sampled_from([PNG, PNG + b"1"]), max_size=4)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mine=FOLDER, theirs=FOLDER)
def test_whatever_lies_where_nothing_is_lost_and_nothing_overwritten(
    front_gateway: Gateway, mine: dict[str, bytes], theirs: dict[str, bytes]
) -> None:
    """Of each name: the new place keeps what it has; what had no place there is at the old one."""
    old, new = str(uuid4()), str(uuid4())
    for sub, folder in ((old, mine), (new, theirs)):
        for name, body in folder.items():
            put(front_gateway, f"users/{sub}/{name}", body)
    for _ in range(2):
        list(handover_of(front_gateway).move(Root(old), Root(new), dry_run=False))
        assert contents(front_gateway, new) == mine | theirs
        assert contents(front_gateway, old) == {
            name: body for name, body in mine.items() if theirs.get(name, body) != body
        }
