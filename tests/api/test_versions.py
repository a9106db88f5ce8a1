"""Versions: what a bucket kept, and bringing it back."""

from __future__ import annotations

import gzip
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.gateway import Caller, Gateway, fetch, running_gateway
from tests.samples import png
from tests.stores.store import Store

OLD, NEW = png(8, 8), png(16, 16)


@pytest.fixture(scope="module")
def versioned_swift(swift_store: Store) -> Iterator[Gateway]:
    """Swift with versions, besides the front."""
    with running_gateway(swift_store, swift_store.create_bucket(versioned=True)) as gateway:
        yield gateway


@pytest.fixture(params=["front_gateway", "versioned_swift"])
def gateway(request: pytest.FixtureRequest) -> Gateway:
    found: Gateway = request.getfixturevalue(request.param)
    return found


def put(gateway: Gateway, caller: Caller, path: str, body: bytes, **more: Any) -> str:
    """Write as a back end does, past the gateway; the new version's id."""
    return str(
        gateway.store.client().put_object(
            Bucket=gateway.bucket,
            Key=f"users/{caller.sub}/{path}",
            Body=body,
            ContentType="image/png",
            **more,
        )["VersionId"]
    )


def versions(caller: Caller, path: str) -> list[dict[str, Any]]:
    answer = caller.get("/v1/versions", query_string={"path": path})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return list(answer.json["items"])


def test_a_deleted_asset_comes_back(gateway: Gateway, carol: Caller) -> None:
    """Deleted twice, restored: the same bytes, the same version, and its link opens."""
    path = carol.upload(OLD, filename="a b+c.png", metadata={"title": "x"})["path"]
    [first] = versions(carol, path)
    for _ in range(2):
        carol.delete(f"/v1/assets/{path}")
    kept = versions(carol, path)
    assert [version["deleted"] for version in kept][-1] is False
    assert kept[0]["deleted"] is kept[0]["is_latest"] is True
    assert (kept[0]["size"], kept[0]["etag"]) == (None, None)
    assert carol.get(f"/v1/assets/{path}").status_code == 404
    answer = carol.post("/v1/assets/restore", {"path": path})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.json["metadata"] == {"title": "x"}
    assert fetch("GET", answer.json["link"]["url"]).data == OLD
    assert versions(carol, path) == [first]


def test_restoring_what_is_there_changes_nothing(gateway: Gateway, carol: Caller) -> None:
    """Idempotent, also by the newest version's id."""
    path = carol.upload(OLD)["path"]
    before = versions(carol, path)
    for body in ({}, {"version_id": before[0]["version_id"]}, {"version_id": None}):
        answer = carol.post("/v1/assets/restore", {"path": path, **body})
        assert (answer.status_code, answer.json["size"]) == (200, len(OLD))
    assert versions(carol, path) == before


def test_an_old_version_becomes_the_newest(gateway: Gateway, carol: Caller) -> None:
    """Its bytes and metadata on top, with a mark of its own; nothing below is lost."""
    path = "projects/p/image/final.png"
    old = put(gateway, carol, path, OLD, Metadata={"job": "1"})
    put(gateway, carol, path, NEW)
    answer = carol.post("/v1/assets/restore", {"path": path, "version_id": old})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert (answer.json["size"], answer.json["metadata"]) == (len(OLD), {"job": "1"})
    assert fetch("GET", answer.json["link"]["url"]).data == OLD
    assert sorted(version["size"] for version in versions(carol, path)) == sorted(
        [len(OLD), len(OLD), len(NEW)]
    )


def test_a_back_ends_version_comes_back_as_a_back_ends(gateway: Gateway, carol: Caller) -> None:
    """Without a mark, by which it would be judged as an upload, and go; compressed if it was."""
    path, body = "video/final.m3u8", gzip.compress(b"#EXTM3U\n")
    old = put(gateway, carol, path, body, ContentEncoding="gzip", Metadata={"job": "a%20b"})
    put(gateway, carol, path, NEW)
    answer = carol.post("/v1/assets/restore", {"path": path, "version_id": old})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    stored = gateway.store.client().head_object(
        Bucket=gateway.bucket, Key=f"users/{carol.sub}/{path}"
    )
    assert (stored["ContentEncoding"], stored["Metadata"]) == ("gzip", {"job": "a%20b"})


@pytest.fixture
def late_gateway(request: pytest.FixtureRequest) -> Iterator[Gateway]:
    """A bucket that does not keep versions yet; ``keep_versions`` changes that."""
    store: Store = request.getfixturevalue(request.param)
    with running_gateway(store, store.create_bucket()) as gateway:
        yield gateway


def keep_versions(gateway: Gateway) -> None:
    gateway.store.client().put_bucket_versioning(
        Bucket=gateway.bucket, VersioningConfiguration={"Status": "Enabled"}
    )


@pytest.mark.parametrize("late_gateway", ["front_store"], indirect=True)
def test_what_was_there_before_versions_comes_back(late_gateway: Gateway) -> None:
    """S3 calls it ``null``: a version like any other."""
    dave, path = late_gateway.client_for(str(uuid.uuid4())), "image/a.png"
    place = {"Bucket": late_gateway.bucket, "Key": f"users/{dave.sub}/{path}"}
    client = late_gateway.store.client()
    client.put_object(**place, Body=OLD, ContentType="image/png")
    keep_versions(late_gateway)
    client.put_object(**place, Body=NEW, ContentType="image/png")
    answer = dave.post("/v1/assets/restore", {"path": path, "version_id": "null"})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert fetch("GET", answer.json["link"]["url"]).data == OLD


@pytest.mark.parametrize("late_gateway", ["swift_store"], indirect=True)
def test_t21_what_was_rejected_from_before_versions_is_gone(late_gateway: Gateway) -> None:
    """T21: no deletion that could be taken away again hides it."""
    dave, body = late_gateway.client_for(str(uuid.uuid4())), b"<!doctype html><script>"
    started = dave.start(len(body))
    fetch("PUT", started["url"], body, started["headers"])
    keep_versions(late_gateway)
    assert dave.post(f"/v1/uploads/{started['upload_id']}/complete").status_code == 422
    assert dave.post("/v1/assets/restore", {"path": started["path"]}).status_code == 404


def test_an_old_version_of_a_deleted_asset_comes_back(gateway: Gateway, carol: Caller) -> None:
    """Below a deletion and a newer version: that one and no other."""
    path = "image/a.png"
    old = put(gateway, carol, path, OLD)
    put(gateway, carol, path, NEW)
    carol.delete(f"/v1/assets/{path}")
    answer = carol.post("/v1/assets/restore", {"path": path, "version_id": old})
    assert (answer.status_code, answer.json["size"]) == (200, len(OLD))


def test_t13_versions_of_others_are_not_there(gateway: Gateway, carol: Caller) -> None:
    """T13: somebody else's path, and their version's id on one's own path: the same 404."""
    other = gateway.client_for(str(uuid.uuid4()))
    foreign = put(gateway, other, "image/a.png", OLD)
    put(gateway, carol, "image/b.png", NEW)
    answers = [
        carol.get("/v1/versions?path=image/a.png"),
        carol.get("/v1/versions?path=image/none.png"),
        carol.post("/v1/assets/restore", {"path": "image/a.png"}),
        carol.post("/v1/assets/restore", {"path": "image/a.png", "version_id": foreign}),
        carol.post("/v1/assets/restore", {"path": "image/b.png", "version_id": foreign}),
        carol.post("/v1/assets/restore", {"path": "image/b.png", "version_id": "made up"}),
    ]
    assert [answer.status_code for answer in answers] == [404] * 6
    assert len({answer.json["detail"] for answer in answers}) == 1


def test_t11_neighbours_by_name_are_not_listed(gateway: Gateway, carol: Caller) -> None:
    """T11: S3 lists by prefix; `a.png` does not have the versions of `a.png.png`."""
    own = put(gateway, carol, "image/a.png", OLD)
    put(gateway, carol, "image/a.png.png", NEW)
    put(gateway, carol, "image/a.png/b.png", NEW)
    assert [version["version_id"] for version in versions(carol, "image/a.png")] == [own]


def test_a_deletion_is_no_version_to_restore(gateway: Gateway, carol: Caller) -> None:
    """422 that points at it; and with nothing but deletions, 404."""
    put(gateway, carol, "image/a.png", OLD)
    carol.delete("/v1/assets/image/a.png")
    marker, version = versions(carol, "image/a.png")
    answer = carol.post(
        "/v1/assets/restore", {"path": "image/a.png", "version_id": marker["version_id"]}
    )
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/version_id")
    gateway.store.client().delete_object(
        Bucket=gateway.bucket,
        Key=f"users/{carol.sub}/image/a.png",
        VersionId=version["version_id"],
    )
    assert carol.post("/v1/assets/restore", {"path": "image/a.png"}).status_code == 404


def test_t21_what_was_rejected_cannot_be_restored(gateway: Gateway, carol: Caller) -> None:
    """T21: completion removed the very version; the bin does not have it."""
    body = b"<!doctype html><script>"
    started = carol.start(len(body))
    fetch("PUT", started["url"], body, started["headers"])
    assert carol.post(f"/v1/uploads/{started['upload_id']}/complete").status_code == 422
    assert carol.post("/v1/assets/restore", {"path": started["path"]}).status_code == 404


@pytest.mark.parametrize("store", ["swift", "juicefs"])
def test_a_bucket_without_versions_says_so(request: pytest.FixtureRequest, store: str) -> None:
    """409 not-versioned for both routes, not an empty success."""
    gateway: Gateway = request.getfixturevalue(f"{store}_gateway")
    carol = gateway.client_for(str(uuid.uuid4()))
    path = carol.upload(OLD)["path"]
    for answer in (
        carol.get(f"/v1/versions?path={path}"),
        carol.post("/v1/assets/restore", {"path": path}),
    ):
        assert (answer.status_code, answer.json["type"]) == (409, "/problems/not-versioned")


@pytest.mark.parametrize("by", ["master.m3u8", ""])
def test_a_package_comes_back_as_one(gateway: Gateway, carol: Caller, by: str) -> None:
    """By its manifest or its folder, with its preview, whichever of it was deleted; again changes
    nothing. What was erased stays away."""
    folder = f"video/{uuid.uuid4()}/"
    names = ["master.m3u8", "720p/1.ts", "720p/2.ts", " !preview.png"]
    for name in names:
        put(gateway, carol, folder + name, OLD)
    assert carol.delete(f"/v1/assets/{folder}720p/1.ts").status_code == 204
    put(gateway, carol, folder + "720p/1.ts", NEW)
    for _ in range(2):
        gateway.store.client().delete_object(
            Bucket=gateway.bucket, Key=f"users/{carol.sub}/{folder}720p/1.ts"
        )
    gone = carol.delete(f"/v1/assets/{folder}master.m3u8?recursive=true")
    assert gone.json == {"deleted_objects": 3, "complete": True}
    for _ in range(2):
        answer = carol.post("/v1/assets/restore", {"path": (folder + by).removesuffix("/")})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        assert answer.json["path"] == folder + "master.m3u8"
        assert fetch("GET", answer.json["preview"]["url"]).data == OLD
        root = f"users/{carol.sub}/{folder}"
        stored = [key for key in gateway.stored_keys() if key.startswith(root)]
        assert sorted(stored) == sorted(root + name for name in names)
    assert carol.get(f"/v1/assets/{folder}720p/1.ts").json["size"] == len(NEW)
    assert carol.post("/v1/assets/restore", {"path": f"video/{uuid.uuid4()}"}).status_code == 404


def test_t51_a_package_comes_back_within_the_quota(front_store: Store) -> None:
    """T51: as many bytes as it has are held; over the quota nothing of it comes back."""
    bucket = front_store.create_bucket(versioned=True)
    with running_gateway(front_store, bucket, QUOTA_BYTES=str(3 * len(OLD))) as gateway:
        carol = gateway.client_for(str(uuid.uuid4()))
        folder = f"video/{uuid.uuid4()}/"
        for name in ("master.m3u8", "1.ts"):
            put(gateway, carol, folder + name, OLD)
        carol.delete(f"/v1/assets/{folder}master.m3u8?recursive=true")
        put(gateway, carol, "image/a.png", OLD * 2)
        answer = carol.post("/v1/assets/restore", {"path": folder + "master.m3u8"})
        assert answer.status_code == 413
        assert len([key for key in gateway.stored_keys() if carol.sub in key]) == 1
