"""Many files in one call: declared together, completed together, each for itself (T63)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.gateway import Caller, Gateway, running_gateway, send
from tests.samples import HTML, png
from tests.stores.store import Store

pytestmark = pytest.mark.store
PNG = png()


@pytest.fixture
def carol(swift_gateway: Gateway) -> Caller:
    return swift_gateway.client_for(str(uuid.uuid4()))


def image(number: int, **more: Any) -> dict[str, Any]:
    return {"filename": f"{number}.png", "content_type": "image/png", "size": len(PNG), **more}


def declare(caller: Caller, uploads: list[Any], **more: Any) -> list[dict[str, Any]]:
    answer = caller.post("/v1/uploads/batch", {"uploads": uploads, **more})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return list(answer.json["items"])


def complete(caller: Caller, ids: list[str]) -> list[dict[str, Any]]:
    answer = caller.post("/v1/uploads/complete", {"upload_ids": ids})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return list(answer.json["items"])


def slug(item: dict[str, Any]) -> str:
    return str(item["problem"]["type"]).removeprefix("/problems/")


def test_many_files_go_up_by_two_calls(carol: Caller) -> None:
    """Declared in order, each as by itself; sent; completed in order, each the asset that it is."""
    items = declare(carol, [image(number) for number in range(5)])
    uploads = [item["upload"] for item in items]
    assert [each["path"].rpartition("/")[2] for each in uploads] == [f"{n}.png" for n in range(5)]
    assert len({each["asset_id"] for each in uploads}) == 5
    for each in uploads:
        assert send(each, PNG).status in (200, 201)
    done = complete(carol, [each["upload_id"] for each in uploads])
    assert [item["asset"]["path"] for item in done] == [each["path"] for each in uploads]
    assert all(item["asset"]["link"]["url"] for item in done)


def test_t63_one_items_fault_concerns_that_item_alone(carol: Caller) -> None:
    """T63: whatever is wrong with one, the others are declared, and each is told what to change."""
    items = declare(
        carol,
        [
            image(0),
            "no object",
            {"filename": "a.png"},
            image(3, size=True),
            image(4, content_type="application/x-msdownload"),
            image(5, size=10**12),
            image(6, colour="red"),
            image(7, project_id="../x"),
            image(8),
        ],
    )
    assert ["upload" in item for item in items] == [True, *[False] * 7, True]
    assert [slug(item) for item in items[1:8]] == [
        "validation-error",
        "validation-error",
        "validation-error",
        "unsupported-type",
        "too-large",
        "validation-error",
        "validation-error",
    ]
    assert items[3]["problem"]["errors"][0]["pointer"] == "/size"
    assert items[6]["problem"]["errors"][0]["pointer"] == "/colour"


def test_t63_completion_keeps_problems_to_their_items(carol: Caller, bob: Caller) -> None:
    """T63: what is not sent, not what it says, not the caller's or no id at all."""
    good, missing, bad = (
        item["upload"] for item in declare(carol, [image(0), image(1), image(2, size=len(HTML))])
    )
    assert send(good, PNG).status in (200, 201)
    assert send(bad, HTML).status in (200, 201)
    [foreign] = declare(bob, [image(0)])
    ids = [each["upload_id"] for each in (good, missing, bad, foreign["upload"])]
    done = complete(carol, [*ids, "no-id", ids[0]])
    assert "asset" in done[0]
    assert [slug(item) for item in done[1:5]] == [
        "upload-incomplete",
        "upload-rejected",
        "not-found",
        "not-found",
    ]
    assert done[5]["asset"]["path"] == done[0]["asset"]["path"]


def test_a_package_gets_one_id_and_keeps_its_folders(carol: Caller) -> None:
    """`package`: names with folders under one new asset id; a name twice is taken."""
    files = [
        {"filename": "master.m3u8", "content_type": "application/vnd.apple.mpegurl", "size": 9},
        {"filename": "720p/seg1.ts", "content_type": "video/mp2t", "size": 9},
        {"filename": "720p/seg1.ts", "content_type": "video/mp2t", "size": 9},
        {
            "filename": "a.ts",
            "content_type": "video/mp2t",
            "size": 9,
            "asset_id": str(uuid.uuid4()),
        },
    ]
    items = declare(carol, files, package=True)
    first, second = items[0]["upload"], items[1]["upload"]
    assert first["asset_id"] == second["asset_id"]
    assert second["path"].endswith(f"{second['asset_id']}/720p/seg1.ts")
    assert [slug(item) for item in items[2:]] == ["already-exists", "validation-error"]


def test_files_are_added_to_a_package_unless_they_are_there(carol: Caller) -> None:
    """With `asset_id`: what lies in the package already is a 409 of its own item."""
    asset_id = str(uuid.uuid4())
    there = carol.upload(PNG, filename="a.png", asset_id=asset_id)
    items = declare(
        carol, [image(0, filename=name, asset_id=asset_id) for name in ("a.png", "b.png")]
    )
    assert slug(items[0]) == "already-exists"
    assert items[1]["upload"]["path"] == there["path"].replace("a.png", "b.png")


def test_the_quota_is_held_item_by_item(swift_store: Store) -> None:
    """In order: what fits is declared, what does not is a 413 of its own, a smaller one fits."""
    bucket = swift_store.create_bucket()
    with running_gateway(swift_store, bucket, QUOTA_BYTES=str(2 * len(PNG) + 9)) as gateway:
        carol = gateway.client_for("carol")
        items = declare(carol, [image(0), image(1), image(2), image(3, size=9)])
        assert ["upload" in item for item in items] == [True, True, False, True]
        assert slug(items[2]) == "quota-exceeded"


def test_fifty_multipart_uploads_are_begun_in_a_call(swift_store: Store) -> None:
    """Those beyond say so, and hold nothing of the quota."""
    bucket = swift_store.create_bucket()
    with running_gateway(swift_store, bucket) as gateway:
        carol = gateway.client_for("carol")
        items = declare(carol, [image(n, method="multipart") for n in range(52)])
        assert [slug(item) for item in items if "problem" in item] == ["too-many-uploads"] * 2
        assert all(item["upload"]["parts"] for item in items[:50])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"uploads": []},
        {"uploads": {}},
        {"uploads": [image(0)] * 1001},
        {"uploads": [image(0)], "package": 1},
    ],
    ids=lambda body: str(body)[:30],
)
def test_a_batch_that_is_none_is_refused_whole(alice: Caller, body: dict[str, Any]) -> None:
    """The call's own shape is a 422 of the call."""
    assert alice.post("/v1/uploads/batch", body).status_code == 422


@pytest.mark.parametrize("ids", [[], ["x"] * 101, [1], "x"], ids=str)
def test_a_hundred_uploads_are_completed_at_most(alice: Caller, ids: Any) -> None:
    assert alice.post("/v1/uploads/complete", {"upload_ids": ids}).status_code == 422
