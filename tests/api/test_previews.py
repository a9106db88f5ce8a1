"""Previews: a small picture beside an asset, that goes where the asset goes (T62)."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from app.assets.url_ends import UrlEnds
from app.s3.versions import Versions
from tests.api.test_listings import MIDDLE, NEW, OLD, items, put
from tests.gateway import Caller, Gateway, fetch, send
from tests.samples import HTML, png
from tests.stores.store import Strictness

pytestmark = pytest.mark.store
PICTURE, SMALL = png(64, 64), png(8, 8)
NAME = " !preview.png"


@pytest.fixture(params=["swift_gateway", "front_gateway", "juicefs_gateway"])
def gateway(request: pytest.FixtureRequest) -> Gateway:
    found: Gateway = request.getfixturevalue(request.param)
    return found


def declare(caller: Caller, path: str, **declared: Any) -> Any:
    body = {"filename": "a.png", "content_type": "image/png", "size": len(SMALL)}
    return caller.post("/v1/uploads", body | {"preview_for": path} | declared)


def add(caller: Caller, path: str, body: bytes = SMALL) -> dict[str, Any]:
    """Put a preview beside the asset at ``path``; the asset."""
    return caller.upload(body, preview_for=path)


def opened(item: dict[str, Any]) -> bytes | None:
    """What the preview's link leads to."""
    if item["preview"] is None:
        return None
    answer = fetch("GET", item["preview"]["url"])
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "image/png"
    return answer.data


def keys(gateway: Gateway, caller: Caller) -> list[str]:
    root = f"users/{caller.sub}/"
    return sorted(
        key.removeprefix(root)
        for key in gateway.stored_keys()
        # Some stores list folders, too.
        if key.startswith(root) and not key.endswith("/")
    )


def test_it_is_shown_with_its_asset_and_nowhere_else(gateway: Gateway, carol: Caller) -> None:
    """In completing it, in listings of every order, in the export; it is counted in the usage."""
    asset = carol.upload(PICTURE)
    assert asset["preview"] is None
    assert carol.get(f"/v1/assets/{asset['path']}").json["preview"] is None
    done = add(carol, asset["path"])
    assert (done["path"], done["size"], opened(done)) == (asset["path"], len(PICTURE), SMALL)
    assert opened(carol.get(f"/v1/assets/{asset['path']}").json) == SMALL
    other = carol.upload(PICTURE)["path"]
    inside = f"prefix={asset['path'][:50]}"
    for query in ("", "order=newest", "q=a", "group=package", "kind=image", inside):
        for limit in (1, 100):
            found = items(carol, f"{query}&sign=true&limit={limit}")
            shown = {item["path"]: opened(item) for item in found}
            expected = {asset["path"]: SMALL, other: None}
            assert shown == {path: expected[path] for path in shown}
            assert len(found) == len(shown) == (1 if query == inside else 2)
    assert {item["preview"] for item in items(carol, "")} == {None}
    assert items(carol, "q=preview") == items(carol, "order=newest&q=preview") == []
    lines = [json.loads(line) for line in carol.get("/v1/me/export").data.splitlines()]
    assert {line["path"]: opened(line) for line in lines} == {asset["path"]: SMALL, other: None}
    assert carol.get("/v1/me").json["usage"]["bytes"] == 2 * len(PICTURE) + len(SMALL)


def test_it_is_met_beside_its_asset_across_pages(gateway: Gateway, carol: Caller) -> None:
    """Of a package, and of files that share a folder, however short the pages are; the package's
    size is without it."""
    package, plain, untimed = f"video/{MIDDLE}/", f"image/{OLD}/", f"image/{uuid.uuid4()}/"
    names = [package + name for name in ("!a.ts", "master.m3u8", "n/1.ts", "z.mp4")]
    put(gateway, carol, *names, plain + "a.png", plain + "b.png", untimed + "a.png")
    put(gateway, carol, *(folder + NAME for folder in (package, plain, untimed)))
    put(gateway, carol, f"video/{NEW}/a.mp4", f"video/{NEW}/b.mp4")
    for order in ("order=key", "order=newest"):
        for limit in (1, 2, 3, 1000):
            found = items(carol, f"{order}&sign=true&limit={limit}")
            assert len(found) == 9
            for item in found:
                assert (item["preview"] is None) == (NEW in item["path"]), item["path"]
            grouped = items(carol, f"{order}&group=package&sign=true&limit={limit}")
            assert len(grouped) == 6
            for item in grouped:
                assert (item["preview"] is None) == (NEW in item["path"]), item["path"]
            [size] = [item["package"] for item in grouped if "package" in item]
            assert size == {"files": 4, "bytes": 16}
    shown = carol.get(f"/v1/assets/{package}master.m3u8").json
    assert shown["package"] == {"files": 4, "bytes": 16}
    assert shown["preview"]


@pytest.mark.parametrize("action", ["copy", "move"])
def test_it_follows_a_copy_and_a_move(gateway: Gateway, carol: Caller, action: str) -> None:
    """One file or a package, into a project and to another kind; by its type, not the kind's."""
    path = carol.upload(PICTURE)["path"]
    add(carol, path)
    body = {"path": path, "project_id": "p1", "kind": "frame"}
    made = carol.post(f"/v1/assets/{action}", body)
    assert made.status_code == 201, made.get_data(as_text=True)
    assert opened(made.json) == SMALL
    folder = made.json["path"].rpartition("/")[0]
    expected = [f"{folder}/{NAME}", f"{folder}/a.png"]
    if action == "copy":
        expected += [f"{path.rpartition('/')[0]}/{NAME}", path]
    assert keys(gateway, carol) == sorted(expected)
    listed = items(carol, "project_id=p1&sign=true")
    assert [opened(item) for item in listed] == [SMALL]


def test_a_package_is_copied_and_moved_with_it(gateway: Gateway, carol: Caller) -> None:
    """As one, and is not taken for one of its files."""
    body = b"#EXTM3U\n"
    declared = {"filename": "master.m3u8", "content_type": "application/vnd.apple.mpegurl"}
    path = carol.upload(body, **declared, asset_id=str(uuid.uuid4()))["path"]
    add(carol, path)
    for action in ("copy", "move"):
        made = carol.post(f"/v1/assets/{action}", {"path": path, "project_id": "p1"})
        assert made.status_code == 201, made.get_data(as_text=True)
        assert (made.json["filename"], opened(made.json)) == ("master.m3u8", SMALL)
    assert len([key for key in keys(gateway, carol) if key.endswith(NAME)]) == 2


def test_t62_it_is_gone_with_its_asset(gateway: Gateway, carol: Caller) -> None:
    """T62: with the last file beside it, by each way of deleting; it is not taken from those that
    stay."""
    single, many, moved = (carol.upload(PICTURE)["path"] for _ in range(3))
    folder = f"image/{NEW}/"
    put(gateway, carol, *(folder + name for name in "abc"))
    for path in (single, many, moved, folder + "a"):
        add(carol, path)
    assert carol.delete(f"/v1/assets/{single}").status_code == 204
    deleted = carol.post("/v1/assets/delete", {"paths": [many, folder + "a"]})
    assert deleted.json == {"deleted": [many, folder + "a"], "errors": []}
    put(gateway, carol, f"image/{OLD}/a", f"image/{OLD}/b")
    left = [moved.rpartition("/")[0] + f"/{NAME}", moved]
    left += [folder + NAME, folder + "b", folder + "c", f"image/{OLD}/a", f"image/{OLD}/b"]
    assert keys(gateway, carol) == sorted(left)
    assert carol.post("/v1/assets/delete", {"paths": [folder + "b", folder + "c"]}).json["deleted"]
    left = [key for key in left if not key.startswith(folder)]
    assert keys(gateway, carol) == sorted(left)
    package = moved.rpartition("/")[0]
    assert carol.delete(f"/v1/assets/{package}?recursive=true").json["complete"]
    assert not [key for key in keys(gateway, carol) if key.endswith(NAME)]


def test_it_stays_with_the_files_that_a_move_leaves(gateway: Gateway, carol: Caller) -> None:
    """So that a move never makes two of one."""
    path = carol.upload(PICTURE, asset_id=NEW, filename="a.png")["path"]
    carol.upload(PICTURE, asset_id=NEW, filename="b.png")
    add(carol, path)
    moved = carol.post("/v1/assets/move", {"path": path, "project_id": "p1"})
    assert (moved.status_code, moved.json["preview"]) == (201, None)
    assert [opened(item) for item in items(carol, "kind=image&sign=true")] == [SMALL]


def test_t62_it_is_a_small_picture(carol: Caller) -> None:
    """T62: by its declaration, by what S3 takes, and by its first bytes."""
    path = carol.upload(PICTURE)["path"]
    for declared, status in [
        ({"size": 1024**2 + 1}, 413),
        ({"size": 0}, 422),
        ({"content_type": "image/svg+xml", "filename": "a.svg"}, 415),
        ({"content_type": "image/gif", "filename": "a.gif"}, 415),
        ({"content_type": "text/html", "filename": "a.html"}, 415),
        ({"method": "multipart"}, 422),
        ({"kind": "image"}, 422),
        ({"project_id": "p1"}, 422),
        ({"asset_id": NEW}, 422),
    ]:
        assert declare(carol, path, **declared).status_code == status, declared
    bad = HTML.ljust(1024)
    started = declare(carol, path, size=len(bad)).json
    assert send(started, bad, headers={"content-type": "text/html"}).status == 403
    assert send(started, bad + b" ").status in (400, 403)
    assert send(started, bad).status == 200
    refused = carol.post(f"/v1/uploads/{started['upload_id']}/complete")
    assert (refused.status_code, refused.json["type"].rpartition("/")[2]) == (
        422,
        "upload-rejected",
    )
    assert carol.get(f"/v1/assets/{path}").json["preview"] is None


def test_t62_it_takes_nobodys_place(gateway: Gateway, carol: Caller, bob: Caller) -> None:
    """T62: no other asset's, none that is not there or in no folder of its own; and no second one
    replaces it."""
    path = carol.upload(PICTURE)["path"]
    put(gateway, carol, "image/a.png")
    assert declare(carol, "image/a.png").status_code == 422
    assert declare(carol, f"image/{NEW}").status_code == 422
    assert declare(carol, f"image/{NEW}/a.png").status_code == 404
    for none in ("../x", ""):
        assert declare(carol, none).json["errors"][0]["pointer"] == "/preview_for", none
    assert declare(bob, path).status_code == 404
    started = declare(carol, path).json
    add(carol, path)
    if Strictness.IF_NONE_MATCH in gateway.store.strict:
        assert send(started, SMALL).status == 412
    assert declare(carol, path).status_code == 409
    assert declare(carol, path, content_type="image/webp").status_code == 409
    assert keys(gateway, carol).count(f"{path.rpartition('/')[0]}/{NAME}") == 1


def test_t62_no_other_name_reaches_it(gateway: Gateway, carol: Caller) -> None:
    """T62: every route that takes a path refuses the name, in any folder."""
    path = carol.upload(PICTURE)["path"]
    add(carol, path)
    folder = path.rpartition("/")[0]
    for name in (f"{folder}/{NAME}", f"{folder}/n/{NAME}", f"{folder}/ !preview.x/a.png"):
        assert carol.get(f"/v1/assets/{name}").status_code == 422
        assert carol.delete(f"/v1/assets/{name}").status_code == 422
        assert carol.get("/v1/versions", query_string={"path": name}).status_code == 422
        for route in ("assets/copy", "assets/move", "assets/restore", "assets/verify", "shares"):
            assert carol.post(f"/v1/{route}", {"path": name}).status_code == 422
        for route in ("assets/delete", "links"):
            assert carol.post(f"/v1/{route}", {"paths": [name]}).status_code == 422
        assert declare(carol, name).status_code == 422
    asset_id = folder.rpartition("/")[2]
    body = {"filename": NAME, "content_type": "image/png", "size": 9, "asset_id": asset_id}
    assert carol.post("/v1/uploads", body).status_code == 422
    sent = carol.get(
        "/s3/params", query_string={"filename": f"{folder}/{NAME}", "type": "image/png"}
    )
    assert f"/{NAME}" not in sent.json["fields"]["key"]
    assert opened(carol.get(f"/v1/assets/{path}").json) == SMALL


def test_t62_one_of_an_asset_that_is_gone_is_removed(gateway: Gateway, carol: Caller) -> None:
    """T62: when it is completed after its asset's deletion."""
    path = carol.upload(PICTURE)["path"]
    started = declare(carol, path).json
    assert carol.delete(f"/v1/assets/{path}").status_code == 204
    assert send(started, SMALL).status == 200
    answer = carol.post(f"/v1/uploads/{started['upload_id']}/complete")
    assert answer.status_code == 404
    assert keys(gateway, carol) == []


def test_many_are_declared_and_completed_together(carol: Caller) -> None:
    """Each item by itself; one call takes a hundred."""
    paths = [carol.upload(PICTURE)["path"] for _ in range(2)]
    one = {"filename": "a.png", "content_type": "image/png", "size": len(SMALL)}
    wanted = [*paths, paths[0], f"image/{NEW}/a.png"]
    body = {"uploads": [one | {"preview_for": path} for path in wanted]}
    declared = carol.post("/v1/uploads/batch", body).json["items"]
    codes = [item.get("problem", {}).get("status") for item in declared]
    assert codes == [None, None, 409, 404]
    started = [item["upload"] for item in declared[:2]]
    assert {send(each, SMALL).status for each in started} == {200}
    done = carol.post("/v1/uploads/complete", {"upload_ids": [s["upload_id"] for s in started]})
    assert [opened(item["asset"]) for item in done.json["items"]] == [SMALL, SMALL]
    assert [item["asset"]["path"] for item in done.json["items"]] == paths
    many = {"uploads": [one | {"preview_for": f"image/{uuid.uuid4()}/a"} for _ in range(101)]}
    slugs = [
        item["problem"]["type"].rpartition("/")[2]
        for item in carol.post("/v1/uploads/batch", many).json["items"]
    ]
    assert (slugs[0], slugs[99], slugs[100]) == ("not-found", "not-found", "too-many-uploads")


def test_it_comes_back_with_its_asset(front_gateway: Gateway) -> None:
    """Deleted, restored, by the newest and by a version's id; what was deleted lists the asset."""
    carol = front_gateway.client_for(str(uuid.uuid4()))
    path = carol.upload(PICTURE)["path"]
    add(carol, path)
    for by_version in (False, True):
        carol.delete(f"/v1/assets/{path}")
        [item] = items(carol, "deleted=true")
        body = {"path": path} | ({"version_id": item["version_id"]} if by_version else {})
        assert opened(carol.post("/v1/assets/restore", body).json) == SMALL
        assert opened(carol.get(f"/v1/assets/{path}").json) == SMALL


def test_t62_a_restored_asset_is_there_before_its_preview(
    front_gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T62: as whoever hears late of the deletion takes a preview that is alone; also of a package,
    whose manifest comes behind its segments."""
    carol = front_gateway.client_for(str(uuid.uuid4()))
    single, package = carol.upload(PICTURE)["path"], f"video/{NEW}/"
    add(carol, single)
    put(front_gateway, carol, *(package + name for name in ("a.ts", "master.m3u8", NAME)))
    uncovered: list[str] = []
    uncover = Versions.delete

    def noting(self: Versions, key: str, version_id: str) -> None:
        uncovered.append(key.rpartition("/")[2])
        uncover(self, key, version_id)

    monkeypatch.setattr(Versions, "delete", noting)
    for path, names in ((single, ["a.png"]), (package + "master.m3u8", ["a.ts", "master.m3u8"])):
        uncovered.clear()
        folder = path.rpartition("/")[0]
        assert carol.delete(f"/v1/assets/{folder}?recursive=true").json["complete"]
        assert carol.post("/v1/assets/restore", {"path": path}).status_code == 200
        assert uncovered == [*names, NAME]


@pytest.mark.parametrize("batch", [False, True])
def test_t62_without_a_queue_the_url_of_a_preview_is_waited_for(
    front_gateway: Gateway, monkeypatch: pytest.MonkeyPatch, batch: bool
) -> None:
    """T62: what was sent by it when its asset was gone already goes once it is dead; what has its
    asset stays. Nobody looks at what is no preview."""
    waited: list[tuple[UrlEnds, str, float]] = []
    monkeypatch.setattr(UrlEnds, "expect", lambda *expected: waited.append(expected))
    carol = front_gateway.client_for(str(uuid.uuid4()))
    stays, goes = (carol.upload(PICTURE)["path"] for _ in range(2))
    one = {"filename": "a.png", "content_type": "image/png", "size": len(SMALL)}
    wanted = [one | {"preview_for": path} for path in (stays, goes)]
    if batch:
        answer = carol.post("/v1/uploads/batch", {"uploads": [*wanted, one]})
        started = [item["upload"] for item in answer.json["items"][:2]]
    else:
        started = [carol.post("/v1/uploads", each).json for each in wanted]
    assert carol.delete(f"/v1/assets/{goes}").status_code == 204
    assert {send(each, SMALL).status for each in started} == {200}
    assert [(key, seconds) for _, key, seconds in waited] == [
        (each["key"], 900) for each in started
    ]
    assert len(keys(front_gateway, carol)) == 3
    for ends, key, _ in waited:
        ends.look(key)
    assert keys(front_gateway, carol) == sorted([stays, f"{stays.rpartition('/')[0]}/{NAME}"])
