"""Copying and moving: between library and projects, one asset or a package, all or nothing."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.domain.errors import StorageError, StorageUnavailable
from app.s3.client import S3Client
from app.s3.operations import COPY_OBJECT, DELETE_OBJECTS, Operation
from tests.gateway import Caller, Gateway, fetch, running_gateway
from tests.samples import HTML, png
from tests.stores.store import Store
from tests.waiting import eventually

PNG = png()
HLS = {
    "master.m3u8": ("application/vnd.apple.mpegurl", b"#EXTM3U\n720p/index.m3u8\n"),
    "720p/index.m3u8": ("application/vnd.apple.mpegurl", b"#EXTM3U\nseg 1.ts\n"),
    "720p/seg 1.ts": ("video/MP2T", b"\x47" + b"\0" * 187),
}


@pytest.fixture(params=["swift", "juicefs", "front"])
def gateway(request: pytest.FixtureRequest) -> Gateway:
    """Each store in turn: conditions, none of them, and versions."""
    found: Gateway = request.getfixturevalue(f"{request.param}_gateway")
    return found


def put(gateway: Gateway, caller: Caller, path: str, body: bytes = PNG, **more: Any) -> str:
    """Write as a back end does, past the gateway."""
    gateway.store.client().put_object(
        Bucket=gateway.bucket, Key=f"users/{caller.sub}/{path}", Body=body, **more
    )
    return path


def put_package(gateway: Gateway, caller: Caller, folder: str) -> None:
    for name, (content_type, body) in HLS.items():
        put(gateway, caller, f"{folder}/{name}", body, ContentType=content_type)


def paths(gateway: Gateway, caller: Caller) -> list[str]:
    """What the caller has; without the empty folders of JuiceFS, which is a file system."""
    root = f"users/{caller.sub}/"
    keys = [key for key in gateway.stored_keys() if key.startswith(root)]
    return [key.removeprefix(root) for key in keys if not key.endswith("/")]


def copied(response: TestResponse) -> dict[str, Any]:
    assert response.status_code == 201, response.get_data(as_text=True)
    return dict(response.json)


def head(gateway: Gateway, key: str) -> Any:
    return gateway.store.client().head_object(Bucket=gateway.bucket, Key=key)


def test_a_copy_is_an_asset_of_its_own(gateway: Gateway, carol: Caller) -> None:
    """A new id, the same bytes, type, metadata; a mark and a cache time of its own."""
    original = carol.upload(PNG, metadata={"title": "Größe 50%"})
    copy = copied(
        carol.post(
            "/v1/assets/copy", {"path": original["path"], "kind": "frame", "project_id": "p1"}
        )
    )
    assert copy["path"] == f"projects/p1/frame/{copy['asset_id']}/a.png"
    assert copy["asset_id"] != original["asset_id"]
    assert copy["metadata"] == {"title": "Größe 50%"}
    assert (copy["content_type"], copy["size"]) == ("image/png", len(PNG))
    assert fetch("GET", copy["link"]["url"]).data == PNG
    stored, source = head(gateway, copy["key"]), head(gateway, original["key"])
    assert stored["Metadata"]["upload"] != source["Metadata"]["upload"]
    assert stored["CacheControl"] == "max-age=3600"
    assert sorted(paths(gateway, carol)) == sorted([original["path"], copy["path"]])


def test_a_move_leaves_one(gateway: Gateway, carol: Caller) -> None:
    """From a project to the library: the copy is there, the original gone."""
    original = carol.upload(PNG, project_id="p1")
    moved = copied(carol.post("/v1/assets/move", {"path": original["path"]}))
    assert moved["path"] == f"image/{moved['asset_id']}/a.png"
    assert paths(gateway, carol) == [moved["path"]]
    assert carol.post("/v1/assets/move", {"path": original["path"]}).status_code == 404


@pytest.mark.parametrize(
    "name", ["ä b+c&d=e;f.png", "100%.png", "a'b(c)!.png", "日本語 📎.png", "~x#y@z.png"]
)
def test_t14_names_of_all_sorts_are_copied(gateway: Gateway, carol: Caller, name: str) -> None:
    """T14: the copy source is URL-encoded, so that exactly this object is copied."""
    put(gateway, carol, f"projects/p/image/{name}", ContentType="image/png")
    copy = copied(carol.post("/v1/assets/copy", {"path": f"projects/p/image/{name}"}))
    assert copy["filename"] == name
    assert fetch("GET", copy["link"]["url"]).data == PNG


def test_t13_t14_nothing_of_others_is_copied(gateway: Gateway, carol: Caller) -> None:
    """T13, T14: somebody else's path and an unknown one: the same 404; nothing is written."""
    other = gateway.client_for(str(uuid.uuid4()))
    path = other.upload(PNG)["path"]
    for verb in ("copy", "move"):
        foreign = carol.post(f"/v1/assets/{verb}", {"path": path})
        unknown = carol.post(f"/v1/assets/{verb}", {"path": "image/x/none.png"})
        assert (foreign.status_code, unknown.status_code) == (404, 404)
        assert {**foreign.json, "request_id": 0} == {**unknown.json, "request_id": 0}
    assert paths(gateway, carol) == []
    assert paths(gateway, other) == [path]


@pytest.mark.parametrize(
    ("wanted", "pointer"),
    [
        ({"path": "image/a.png", "project_id": ".."}, "/project_id"),
        ({"path": "image/a.png", "project_id": "a/b"}, "/project_id"),
        ({"path": "image/a.png", "kind": "frame"}, "/kind"),
        ({"path": "image/a.png", "kind": "brand_kit", "project_id": "p"}, "/kind"),
        ({"path": "image/a.png", "kind": "shares"}, "/kind"),
        ({"path": "../b/image/a.png"}, "/path"),
        ({"path": "image/../a.png"}, "/path"),
        ({"path": "image/a.png?versionId=x"}, "/path"),
        ({"path": "shares/a.json"}, "/path"),
    ],
)
def test_t14_both_ends_are_checked(
    gateway: Gateway, carol: Caller, wanted: dict[str, str], pointer: str
) -> None:
    """T14: neither end can leave the grammar; the fault is pointed at."""
    put(gateway, carol, "image/a.png", ContentType="image/png")
    for verb in ("copy", "move"):
        answer = carol.post(f"/v1/assets/{verb}", wanted)
        assert answer.status_code == 422
        assert answer.json["errors"][0]["pointer"] == pointer
    assert paths(gateway, carol) == ["image/a.png"]


def test_the_destinations_rules_hold(gateway: Gateway, carol: Caller) -> None:
    """A foreign type, an empty object, bytes unlike their type: refused, and nothing changes."""
    put(gateway, carol, "brand_kit/a.pdf", b"%PDF-1.7", ContentType="application/pdf")
    put(gateway, carol, "image/empty.png", b"", ContentType="image/png")
    put(gateway, carol, "image/html.png", HTML, ContentType="image/png")
    for path, kind, status in (
        ("brand_kit/a.pdf", "image", 415),
        ("image/empty.png", "image", 422),
        ("image/html.png", "image", 422),
    ):
        before = sorted(paths(gateway, carol))
        for verb in ("copy", "move"):
            answer = carol.post(f"/v1/assets/{verb}", {"path": path, "kind": kind})
            assert answer.status_code == status, answer.get_data(as_text=True)
            assert sorted(paths(gateway, carol)) == before


def test_what_is_stored_compressed_stays_where_it_is(swift_gateway: Gateway) -> None:
    """A copy without its Content-Encoding would be garbage, and with it is not allowed (T28)."""
    carol = swift_gateway.client_for(str(uuid.uuid4()))
    put(swift_gateway, carol, "image/a.png", ContentType="image/png", ContentEncoding="gzip")
    answer = carol.post("/v1/assets/copy", {"path": "image/a.png"})
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/path")
    assert paths(swift_gateway, carol) == ["image/a.png"]


def test_what_a_back_end_wrote_is_copied_with_what_its_name_says(
    gateway: Gateway, carol: Caller
) -> None:
    """No type, metadata with names of its own: the copy has the extension's type, and the same
    metadata; an unsigned disposition does not travel."""
    put(
        gateway,
        carol,
        "projects/p/image/final.png",
        ContentType="binary/octet-stream",
        ContentDisposition="inline",
        Metadata={"job-id": "50% of 7", "upload-x": "a+b"},
    )
    copy = copied(carol.post("/v1/assets/copy", {"path": "projects/p/image/final.png"}))
    assert copy["content_type"] == "image/png"
    assert copy["metadata"] == {"job-id": "50% of 7", "upload-x": "a+b"}
    assert "ContentDisposition" not in head(gateway, copy["key"])


def test_t19_active_types_stay_attachments(gateway: Gateway, carol: Caller) -> None:
    """T19: a copied svg is stored as an attachment, as an uploaded one is."""
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
    put(gateway, carol, "brand_kit/logo.svg", svg, ContentType="image/svg+xml")
    copy = copied(carol.post("/v1/assets/copy", {"path": "brand_kit/logo.svg"}))
    assert head(gateway, copy["key"])["ContentDisposition"].startswith("attachment")


@pytest.mark.parametrize("verb", ["copy", "move"])
@pytest.mark.parametrize("named", ["", "/master.m3u8"])
def test_a_package_goes_as_one(gateway: Gateway, carol: Caller, verb: str, named: str) -> None:
    """By its folder or by its manifest: every file, by its name, under one new id."""
    folder = f"projects/p1/video/{uuid.uuid4()}"
    put_package(gateway, carol, folder)
    put(gateway, carol, f"{folder[:-1]}x/other.ts", ContentType="video/mp2t")
    manifest = copied(carol.post(f"/v1/assets/{verb}", {"path": folder + named}))
    new = f"video/{manifest['asset_id']}"
    assert manifest["path"] == f"{new}/master.m3u8"
    expected = {f"{new}/{name}" for name in HLS} | {f"{folder[:-1]}x/other.ts"}
    if verb == "copy":
        expected |= {f"{folder}/{name}" for name in HLS}
    assert set(paths(gateway, carol)) == expected
    segment = head(gateway, f"users/{carol.sub}/{new}/720p/seg 1.ts")
    assert segment["ContentType"] == "video/mp2t"
    assert segment["CacheControl"] == "max-age=86400"


def test_a_package_that_breaks_the_rules_is_not_copied_in_half(
    gateway: Gateway, carol: Caller
) -> None:
    """One file of a foreign type among three: nothing is written."""
    folder = f"projects/p1/video/{uuid.uuid4()}"
    put_package(gateway, carol, folder)
    put(gateway, carol, f"{folder}/notes.html", HTML, ContentType="text/html")
    before = sorted(paths(gateway, carol))
    assert carol.post("/v1/assets/move", {"path": folder}).status_code == 415
    assert sorted(paths(gateway, carol)) == before


def test_packages_that_are_none_are_a_404(gateway: Gateway, carol: Caller) -> None:
    """An empty folder; a manifest that is not there though other files are."""
    folder = f"video/{uuid.uuid4()}"
    assert carol.post("/v1/assets/copy", {"path": folder}).status_code == 404
    put(gateway, carol, f"{folder}/seg.ts", ContentType="video/mp2t")
    assert carol.post("/v1/assets/copy", {"path": f"{folder}/a.m3u8"}).status_code == 404


def test_a_segment_alone_is_copied_alone(gateway: Gateway, carol: Caller) -> None:
    """Only a folder or its manifest stands for the package."""
    folder = f"video/{uuid.uuid4()}"
    put_package(gateway, carol, folder)
    copy = copied(carol.post("/v1/assets/copy", {"path": f"{folder}/720p/seg 1.ts"}))
    assert copy["path"] == f"video/{copy['asset_id']}/seg 1.ts"
    assert len(paths(gateway, carol)) == len(HLS) + 1


# Failures half-way.


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """S3 operations that fail from their n-th call on: ``failing[operation] = n``."""
    allowed: dict[str, int] = {}
    ask = S3Client.ask

    def fail(self: S3Client, operation: Operation, key: str = "", **options: Any) -> Any:
        if operation.name in allowed:
            allowed[operation.name] -= 1
            if allowed[operation.name] < 0:
                raise StorageError
        return ask(self, operation, key, **options)

    monkeypatch.setattr(S3Client, "ask", fail)
    yield allowed


@pytest.mark.parametrize("verb", ["copy", "move"])
def test_a_failure_half_way_leaves_the_package_whole(
    gateway: Gateway, carol: Caller, failing: dict[str, int], verb: str
) -> None:
    """The second of three copies fails: the original is whole, no half copy stays."""
    folder = f"video/{uuid.uuid4()}"
    put_package(gateway, carol, folder)
    failing["copy_object"] = 1
    assert carol.post(f"/v1/assets/{verb}", {"path": folder}).status_code == 502
    assert set(paths(gateway, carol)) == {f"{folder}/{name}" for name in HLS}


def test_a_failed_verification_removes_the_copy(
    gateway: Gateway, carol: Caller, failing: dict[str, int]
) -> None:
    """The copy cannot be read back: it goes, the original stays."""
    path = put(gateway, carol, "image/a.png", ContentType="image/png")
    failing["get_object"] = 0
    assert carol.post("/v1/assets/move", {"path": path}).status_code == 502
    assert paths(gateway, carol) == [path]


def test_a_failed_deletion_loses_nothing(
    gateway: Gateway, carol: Caller, failing: dict[str, int]
) -> None:
    """The copy was made and the original cannot be deleted: a 502, and both are there."""
    path = put(gateway, carol, "image/a.png", ContentType="image/png")
    failing[DELETE_OBJECTS.name] = 0
    assert carol.post("/v1/assets/move", {"path": path}).status_code == 502
    assert path in paths(gateway, carol)
    assert len(paths(gateway, carol)) == 2


@pytest.mark.parametrize("of", ["one file", "a package"])
def test_a_second_look_that_fails_leaves_no_copy(
    gateway: Gateway, carol: Caller, failing: dict[str, int], of: str
) -> None:
    """Before anything is deleted a move can be undone: asked again, it leaves one asset."""
    folder = f"video/{uuid.uuid4()}"
    if of == "a package":
        put_package(gateway, carol, folder)
    else:
        folder = put(gateway, carol, f"image/{uuid.uuid4()}/a.png", ContentType="image/png")
    before = sorted(paths(gateway, carol))
    failing["head_object"] = 0
    assert carol.post("/v1/assets/move", {"path": folder}).status_code == 502
    del failing["head_object"]
    assert eventually(lambda: sorted(paths(gateway, carol)) == before)
    assert carol.post("/v1/assets/move", {"path": folder}).status_code == 201
    assert eventually(lambda: len(paths(gateway, carol)) == len(before))


def test_a_move_whose_deletion_gave_no_answer_is_a_move(
    gateway: Gateway, carol: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The original is gone, so the asset is where it was to go: 201, not a 503 and then a 404 that
    tell nobody where; its share ends all the same."""
    path = carol.upload(PNG)["path"]
    share = carol.post("/v1/shares", {"path": path}).json
    ask = S3Client.ask

    def lose(self: S3Client, operation: Operation, key: str = "", **options: Any) -> Any:
        answer = ask(self, operation, key, **options)
        if operation is DELETE_OBJECTS and b"/shares/" not in options["body"]:
            raise StorageUnavailable
        return answer

    monkeypatch.setattr(S3Client, "ask", lose)
    made = copied(carol.post("/v1/assets/move", {"path": path, "project_id": "p"}))["path"]
    assert eventually(lambda: paths(gateway, carol) == [made])
    assert carol.delete(f"/v1/shares/{share['share_id']}").status_code == 404


def test_a_move_is_done_though_its_shares_could_not_be_ended(
    gateway: Gateway, carol: Caller, failing: dict[str, int]
) -> None:
    """They open nothing, as what they are of is gone."""
    path = carol.upload(PNG)["path"]
    share = carol.post("/v1/shares", {"path": path}).json
    failing[DELETE_OBJECTS.name] = 1
    made = copied(carol.post("/v1/assets/move", {"path": path, "project_id": "p"}))["path"]
    record = f"shares/{share['share_id']}.json"
    assert eventually(lambda: sorted(paths(gateway, carol)) == [made, record])
    assert carol.get(share["url"]).status_code == 404


def test_t52_of_moves_of_a_package_and_a_file_in_it_one_succeeds(
    gateway: Gateway, carol: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T52: they overlap, so that each would copy what the other is about to delete."""
    folder = f"video/{uuid.uuid4()}"
    put_package(gateway, carol, folder)
    ask, begun, inner = S3Client.ask, list[bool](), list[TestResponse]()

    def move_meanwhile(self: S3Client, operation: Operation, key: str = "", **options: Any) -> Any:
        if operation is COPY_OBJECT and not begun:
            begun.append(True)
            inner.append(carol.post("/v1/assets/move", {"path": folder}))
        return ask(self, operation, key, **options)

    monkeypatch.setattr(S3Client, "ask", move_meanwhile)
    outer = carol.post("/v1/assets/move", {"path": f"{folder}/720p/seg 1.ts"})
    assert (outer.status_code, inner[0].status_code) == (201, 409), inner[0].json
    assert inner[0].json["type"] == "/problems/in-progress"
    assert eventually(lambda: len(paths(gateway, carol)) == len(HLS))


def test_an_original_that_changes_during_a_move_is_kept(
    gateway: Gateway, carol: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A back end writes anew while S3 copies: the new bytes stay, the old copy goes."""
    path = put(gateway, carol, "image/a.png", ContentType="image/png")
    newer = png(16, 16)
    ask = S3Client.ask

    def write_after(self: S3Client, operation: Operation, key: str = "", **options: Any) -> Any:
        answer = ask(self, operation, key, **options)
        if operation is COPY_OBJECT:
            put(gateway, carol, path, newer, ContentType="image/png")
        return answer

    monkeypatch.setattr(S3Client, "ask", write_after)
    answer = carol.post("/v1/assets/move", {"path": path})
    assert (answer.status_code, answer.json["type"]) == (503, "/problems/storage-unavailable")
    assert paths(gateway, carol) == [path]
    asset = carol.get(f"/v1/assets/{path}").json
    assert fetch("GET", asset["link"]["url"]).data == newer


def test_an_original_that_changes_before_the_copy_is_not_copied(
    gateway: Gateway, carol: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy is pinned: to the version that was looked at, or refused by its ETag."""
    path = put(gateway, carol, "image/a.png", ContentType="image/png")
    newer = png(16, 16)
    ask = S3Client.ask

    def write_before(self: S3Client, operation: Operation, key: str = "", **options: Any) -> Any:
        if operation is COPY_OBJECT:
            put(gateway, carol, path, newer, ContentType="image/png")
        return ask(self, operation, key, **options)

    monkeypatch.setattr(S3Client, "ask", write_before)
    answer = carol.post("/v1/assets/copy", {"path": path})
    if answer.status_code == 201:
        assert head(gateway, answer.json["key"])["ContentLength"] == len(PNG)
    else:
        assert answer.status_code == 503
        assert paths(gateway, carol) == [path]


def test_copies_are_held_against_the_quota(swift_store: Store) -> None:
    """A copy over the quota is a 413 before a byte moves; a move needs no more than there is,
    unless a URL can still write to where it was (T51)."""
    bucket = swift_store.create_bucket()
    with running_gateway(swift_store, bucket, QUOTA_BYTES=str(2 * len(PNG))) as gateway:
        carol = gateway.client_for("carol")
        first = carol.upload(PNG)["path"]
        second = copied(carol.post("/v1/assets/copy", {"path": first}))["path"]
        third = carol.post("/v1/assets/copy", {"path": first})
        assert (third.status_code, third.json["type"]) == (413, "/problems/quota-exceeded")
        assert sorted(paths(gateway, carol)) == sorted([first, second])
        moved = copied(carol.post("/v1/assets/move", {"path": second, "project_id": "p"}))["path"]
        # The URL that brought the first one still works, and could bring it again.
        early = carol.post("/v1/assets/move", {"path": first, "project_id": "p"})
        assert (early.status_code, early.json["type"]) == (413, "/problems/quota-exceeded")
        assert sorted(paths(gateway, carol)) == sorted([first, moved])
        assert carol.delete(f"/v1/assets/{moved}").status_code == 204
        # A busy Swift lists what was deleted for a moment longer.
        assert eventually(lambda: len(paths(gateway, carol)) == 1)
        [left] = paths(gateway, carol)
        # Nor is what a user has counted anew with every request.
        assert eventually(lambda: carol.post("/v1/assets/copy", {"path": left}).status_code == 201)


def test_t52_of_parallel_moves_one_succeeds(gateway: Gateway, carol: Caller) -> None:
    """T52: eight at once: one answers 201, one object is left, the others say what happened."""
    path = carol.upload(PNG)["path"]
    start = threading.Barrier(8)

    def move(number: int) -> TestResponse:
        start.wait()
        return carol.post("/v1/assets/move", {"path": path, "project_id": f"p{number}"})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(move, range(8)))
    made = [answer.json["path"] for answer in answers if answer.status_code == 201]
    assert len(made) == 1
    # 429: of one user's copies only so many are in work at once.
    assert {answer.status_code for answer in answers} <= {201, 404, 409, 429}
    assert eventually(lambda: paths(gateway, carol) == made)
