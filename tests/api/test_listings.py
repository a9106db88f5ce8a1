"""Listings by time, by name, of packages, of what was deleted: on every store."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.gateway import Caller, Gateway, running_gateway
from tests.stores.store import Store

OLD = "01930000-0000-7000-8000-000000000000"  # 2024-11-05
MIDDLE = "0198f0a0-0000-7000-8000-000000000000"  # 2025-08-28
NEW = "019a0000-0000-7000-8000-000000000000"  # 2025-10-20


@pytest.fixture(params=["swift_gateway", "front_gateway", "juicefs_gateway"])
def gateway(request: pytest.FixtureRequest) -> Gateway:
    found: Gateway = request.getfixturevalue(request.param)
    return found


def put(gateway: Gateway, caller: Caller, *paths: str) -> None:
    """Write as a back end does, past the gateway."""
    client = gateway.store.client()
    for path in paths:
        client.put_object(Bucket=gateway.bucket, Key=f"users/{caller.sub}/{path}", Body=b"1234")


def items(caller: Caller, query: str) -> list[dict[str, Any]]:
    """All items, following the cursor."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while cursor is not None:
        page = caller.get(f"/v1/assets?{query}{cursor and '&cursor=' + cursor}")
        assert page.status_code == 200, page.get_data(as_text=True)
        found += page.json["items"]
        cursor = page.json["next_cursor"]
    return found


def paths(caller: Caller, query: str) -> list[str]:
    return [item["path"] for item in items(caller, query)]


def test_newest_first_over_all_kinds_of_one_place(gateway: Gateway, carol: Caller) -> None:
    """By the time in the id, then all other names in key order; other places are left out."""
    timed = [f"video/{NEW}/a.mp4", f"image/{MIDDLE}/a.png", f"image/{MIDDLE}/b.png"]
    timed.append(f"audio/{OLD}/a.mp3")
    others = ["audio/zebra.mp3", "image/0zebra.png", "video/!a.mp4"]
    project = f"projects/p1/frame/{NEW}/a.png"
    put(gateway, carol, *timed, *others, project, f"shares/{NEW}.json")
    for limit in (1, 2, 100):
        assert paths(carol, f"order=newest&limit={limit}") == timed + others
    assert paths(carol, "order=newest&kind=image") == [*timed[1:3], others[1]]
    assert paths(carol, "order=newest&project_id=p1") == [project]
    assert items(carol, "order=newest&sign=true")[0]["link"]["url"]


def test_since_counts_in_and_until_does_not(gateway: Gateway, carol: Caller) -> None:
    """In both orders; names without a time are left out."""
    old, new = f"image/{OLD}/a.png", f"audio/{NEW}/a.mp3"
    put(gateway, carol, old, new, "image/a.png")
    at = "2025-10-20T02:35:10.656Z"
    for order in ("key", "newest"):
        assert paths(carol, f"order={order}&since={at}") == [new]
        assert paths(carol, f"order={order}&until={at}") == [old]
        assert paths(carol, f"order={order}&since=2024-01-01T00:00:00Z&limit=1&kind=image") == [old]


def test_names_are_found_whatever_their_case(gateway: Gateway, carol: Caller) -> None:
    """Also decomposed, as macOS types, in folded case; folders do not count."""
    found = ["image/1/STRASSE Été.png", "video/2/a.mp4"]
    put(gateway, carol, *found, "image/ete/b.png")
    for q in ("straße", "e\u0301T\u00e9"):
        for order in ("key", "newest"):
            answer = carol.get("/v1/assets", query_string={"q": q, "order": order})
            assert [item["path"] for item in answer.json["items"]] == found[:1]
    assert paths(carol, "q=.MP4") == found[1:]


def test_a_package_is_one_entry(gateway: Gateway, carol: Caller) -> None:
    """Its manifest, with files and bytes; so it is when it is shown alone."""
    folder = f"video/{MIDDLE}/"
    put(gateway, carol, *(folder + name for name in ("master.m3u8", "a/1.ts", "a/2.ts", "z.m3u8")))
    put(gateway, carol, f"video/{NEW}/a.mp4", f"image/{OLD}/a.png", f"image/{OLD}/b.png")
    for order in ("key", "newest"):
        for limit in (1, 100):
            found = items(carol, f"group=package&order={order}&limit={limit}")
            assert {item["path"]: item.get("package") for item in found} == {
                f"{folder}master.m3u8": {"files": 4, "bytes": 16},
                f"video/{NEW}/a.mp4": None,
                f"image/{OLD}/a.png": None,
                f"image/{OLD}/b.png": None,
            }
            assert len(found) == 4
    shown = carol.get(f"/v1/assets/{folder}master.m3u8").json
    assert shown["package"] == {"files": 4, "bytes": 16}
    assert "package" not in carol.get(f"/v1/assets/video/{NEW}/a.mp4").json


def test_a_file_named_like_an_id_is_no_package(gateway: Gateway, carol: Caller) -> None:
    """Nor is what lies beside it a part of it."""
    put(gateway, carol, f"video/{MIDDLE}", f"video/{NEW}/a.mp4", f"video/{OLD}/b.mp4")
    shown = carol.get(f"/v1/assets/video/{MIDDLE}")
    assert shown.status_code == 200
    assert "package" not in shown.json


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("order=newest&prefix=image/", "/prefix"),
        ("since=2026-01-01T00:00:00Z&prefix=image/", "/prefix"),
        ("since=2026-01-01T00:00:00Z&until=2026-01-01T00:00:00Z", "/until"),
        ("since=2026-01-01", "/since"),
        ("until=2026-13-01T00:00:00Z", "/until"),
        ("deleted=true&order=newest", "/deleted"),
        ("deleted=true&group=package", "/deleted"),
        ("deleted=true&sign=true", "/sign"),
        ("order=oldest", "/order"),
        ("group=folder", "/group"),
        ("order=newest&kind=frame", "/kind"),
        ("q=" + "a" * 201, "/q"),
    ],
)
def test_what_makes_no_sense_is_a_422(carol: Caller, query: str, pointer: str) -> None:
    """That names the fault."""
    answer = carol.get(f"/v1/assets?{query}")
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


def test_t13_cursors_go_on_with_their_own_listing_alone(
    gateway: Gateway, carol: Caller, alice: Caller
) -> None:
    """T13: not with another order, another filter, or for another user."""
    put(gateway, carol, *(f"image/{MIDDLE}/{name}.png" for name in "abc"))
    for query in ("order=newest", "q=png", "group=package", ""):
        cursor = carol.get(f"/v1/assets?{query}&limit=1").json["next_cursor"]
        assert carol.get(f"/v1/assets?{query}&cursor={cursor}").status_code == 200
        assert alice.get(f"/v1/assets?{query}&cursor={cursor}").status_code == 404
        for other in {"order=newest", "q=png", "group=package", ""} - {query}:
            assert carol.get(f"/v1/assets?{other}&cursor={cursor}").status_code == 404


@pytest.fixture(scope="module")
def versioned_swift(swift_store: Store) -> Iterator[Gateway]:
    """Swift with versions, besides the front."""
    with running_gateway(swift_store, swift_store.create_bucket(versioned=True)) as gateway:
        yield gateway


@pytest.fixture(params=["front_gateway", "versioned_swift"])
def versioned(request: pytest.FixtureRequest) -> Gateway:
    found: Gateway = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("limit", [1, 2, 1000])
def test_what_was_deleted_is_listed_and_comes_back(versioned: Gateway, limit: int) -> None:
    """Not what is there, was erased, or was deleted and restored; and restoring by it works."""
    carol = versioned.client_for(str(uuid.uuid4()))
    names = [f"image/{MIDDLE}/{name}.png" for name in "abcde"]
    put(versioned, carol, *names, "video/b.mp4")
    for path in [*names[:4], "video/b.mp4", names[1]]:
        assert carol.delete(f"/v1/assets/{path}").status_code == 204
    assert carol.post("/v1/assets/restore", {"path": names[0]}).status_code == 200
    client = versioned.store.client()
    gone = client.list_object_versions(
        Bucket=versioned.bucket, Prefix=f"users/{carol.sub}/{names[3]}"
    )
    for version in gone["Versions"]:
        client.delete_object(
            Bucket=versioned.bucket, Key=version["Key"], VersionId=version["VersionId"]
        )
    found = items(carol, f"deleted=true&limit={limit}")
    assert sorted(item["path"] for item in found) == [names[1], names[2], "video/b.mp4"]
    assert all(item["deleted_at"] >= item["last_modified"] for item in found)
    assert {item["size"] for item in found} == {4}
    assert paths(carol, f"deleted=true&kind=video&limit={limit}") == ["video/b.mp4"]
    assert paths(carol, f"deleted=true&q=C.png&limit={limit}") == [names[2]]
    for item in found:
        body = {"path": item["path"], "version_id": item["version_id"]}
        assert carol.post("/v1/assets/restore", body).status_code == 200
    assert items(carol, f"deleted=true&limit={limit}") == []


def test_where_no_versions_are_kept_nothing_was_kept(juicefs_gateway: Gateway) -> None:
    """409, as on the other routes of versions."""
    answer = juicefs_gateway.client_for(str(uuid.uuid4())).get("/v1/assets?deleted=true")
    assert (answer.status_code, answer.json["type"].rpartition("/")[2]) == (409, "not-versioned")
