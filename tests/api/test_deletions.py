"""Deleting: one, a package, a thousand by name."""

from __future__ import annotations

import re
import uuid
from typing import Any
from xml.etree.ElementTree import Element, SubElement
from xml.sax.saxutils import unescape

import pytest
from werkzeug.test import TestResponse

from app.assets import deletion
from app.assets.shares import Shares
from app.domain.errors import StorageUnavailable
from app.s3.answers import Answer
from app.s3.client import S3Client
from app.s3.deletion import Deleter, ObjectIdentifier, _request_body
from app.s3.operations import DELETE_OBJECTS, Operation
from app.s3.xml import Document
from tests.gateway import Caller, Gateway
from tests.samples import png

PNG = png()


@pytest.fixture(params=["swift", "juicefs", "front"])
def gateway(request: pytest.FixtureRequest) -> Gateway:
    """Each store in turn: JuiceFS insists on Content-MD5, the front keeps versions."""
    found: Gateway = request.getfixturevalue(f"{request.param}_gateway")
    return found


def put(gateway: Gateway, caller: Caller, *paths: str) -> None:
    """Write as a back end does, past the gateway."""
    client = gateway.store.client()
    for path in paths:
        client.put_object(Bucket=gateway.bucket, Key=f"users/{caller.sub}/{path}", Body=PNG)


def paths(gateway: Gateway, caller: Caller) -> list[str]:
    """What the caller has; without the empty folders of JuiceFS, which is a file system."""
    root = f"users/{caller.sub}/"
    keys = [key for key in gateway.stored_keys() if key.startswith(root)]
    return [key.removeprefix(root) for key in keys if not key.endswith("/")]


def delete(caller: Caller, *named: str) -> TestResponse:
    return caller.post("/v1/assets/delete", {"paths": list(named)})


def test_paths_of_all_sorts_are_deleted(gateway: Gateway, carol: Caller) -> None:
    """XML's own characters, spaces, emoji; what is not there counts as deleted, and no neighbour
    goes."""
    named = ["image/a&b<c>'d\".png", "image/ä b+c%.png", "image/📎;=.png", "projects/p/video/f.mp4"]
    put(gateway, carol, *named, "image/kept.png")
    answer = delete(carol, *named, "image/none.png")
    assert answer.status_code == 200
    assert answer.json == {"deleted": [*named, "image/none.png"], "errors": []}
    assert paths(gateway, carol) == ["image/kept.png"]


def test_the_same_path_twice_is_deleted_once(gateway: Gateway, carol: Caller) -> None:
    """One line in the answer."""
    put(gateway, carol, "image/a.png")
    assert delete(carol, "image/a.png", "image/a.png").json["deleted"] == ["image/a.png"]


@pytest.mark.parametrize("bad", ["image/../a.png", "", "image", "shares/x.json", "users/b/image/a"])
def test_t44_one_bad_path_stops_all(gateway: Gateway, carol: Caller, bad: str) -> None:
    """T44: the batch is a 422 that points at it; nothing is deleted."""
    put(gateway, carol, "image/a.png")
    answer = delete(carol, "image/a.png", bad)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/paths/1")
    assert paths(gateway, carol) == ["image/a.png"]


def test_t13_only_the_callers_own_goes(gateway: Gateway, carol: Caller) -> None:
    """T13: a path means one's own; somebody else's of the same name stays."""
    other = gateway.client_for(str(uuid.uuid4()))
    put(gateway, other, "image/a.png")
    assert delete(carol, "image/a.png").status_code == 200
    assert paths(gateway, other) == ["image/a.png"]


def test_a_package_is_deleted_as_one(gateway: Gateway, carol: Caller) -> None:
    """Everything below the asset id, and nothing beside it; again it is complete at once."""
    asset_id = str(uuid.uuid4())
    put(
        gateway,
        carol,
        f"video/{asset_id}/master.m3u8",
        f"video/{asset_id}/720p/%41 off the grammar.ts",
        f"video/{asset_id}x/other.ts",
        f"audio/{asset_id}/a.mp3",
        f"projects/p/video/{asset_id}/b.mp4",
    )
    answer = carol.delete(f"/v1/assets/video/{asset_id}?recursive=true")
    assert (answer.status_code, answer.json["complete"]) == (200, True)
    assert answer.json["deleted_objects"] >= 2
    assert sorted(paths(gateway, carol)) == [
        f"audio/{asset_id}/a.mp3",
        f"projects/p/video/{asset_id}/b.mp4",
        f"video/{asset_id}x/other.ts",
    ]
    again = carol.delete(f"/v1/assets/video/{asset_id}?recursive=true")
    assert again.json["complete"] is True


@pytest.mark.parametrize(
    "path",
    [
        "video/a.mp4",
        "video/folder",
        "projects/p/video/x",
        "video/0f8fad5b-d9cb-469f-a165-70867728950e/a.mp4",
    ],
)
def test_t44_only_packages_are_deleted_recursively(
    gateway: Gateway, carol: Caller, path: str
) -> None:
    """T44: no other folder is taken for one, and no file either."""
    put(gateway, carol, f"{path}/a.png", "video/b.mp4")
    assert carol.delete(f"/v1/assets/{path}?recursive=true").status_code == 422
    assert len(paths(gateway, carol)) == 2
    assert carol.delete("/v1/assets/video/?recursive=true").status_code == 422
    assert carol.delete("/v1/assets/video/b.mp4?recursive=yes").status_code == 422


def test_deleting_is_bounded_and_can_be_continued(
    gateway: Gateway, carol: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call does so many batches and says that there is more; calling again ends it."""
    page = services(gateway).storage.listings.page
    small = lambda prefix, **more: page(prefix, **{**more, "limit": 2})  # noqa: E731
    monkeypatch.setattr("app.s3.listings.Listings.page", lambda _self, *a, **k: small(*a, **k))
    monkeypatch.setattr(deletion, "MAX_BATCHES", 2)
    put(gateway, carol, *(f"projects/p/image/{number}.png" for number in range(5)))
    answers = []
    while not answers or not answers[-1]["complete"]:
        answers.append(carol.delete("/v1/projects/p").json)
        assert len(answers) < 9
    assert answers[0] == {"deleted_objects": 4, "complete": False}
    assert paths(gateway, carol) == []


# What S3 does not let go, as only S3 itself can be made to say it.


def services(gateway: Gateway) -> Any:
    return gateway.app.extensions["asset-gateway"]


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Beginnings of key names that S3 refuses to delete, as an object lock has it."""
    names: set[str] = set()
    ask = S3Client.ask

    def refuse(self: S3Client, operation: Operation, key: str = "", **options: Any) -> Answer:
        if operation is not DELETE_OBJECTS:
            return ask(self, operation, key, **options)
        asked = [unescape(key) for key in re.findall("<Key>(.*?)</Key>", options["body"].decode())]
        refused = [key for key in asked if any(name in key for name in names)]
        left = [ObjectIdentifier(key) for key in asked if key not in refused]
        if left:
            ask(self, operation, **{**options, "body": _request_body(left)})
        answer = Element("DeleteResult")
        for key in refused:
            error = SubElement(answer, "Error")
            SubElement(error, "Key").text = key
            SubElement(error, "Code").text = "AccessDenied"
        return Answer(200, {}, b"", Document(answer))

    monkeypatch.setattr(S3Client, "ask", refuse)
    return names


def test_t44_partial_failure_is_told_path_by_path(
    gateway: Gateway, carol: Caller, locked: set[str]
) -> None:
    """T44: what went and what stayed, with a problem's slug and nothing of S3's own words."""
    put(gateway, carol, "image/a.png", "image/locked.png", "image/b.png")
    locked.add("locked")
    assert delete(carol, "image/a.png", "image/locked.png", "image/b.png").json == {
        "deleted": ["image/a.png", "image/b.png"],
        "errors": [{"path": "image/locked.png", "code": "storage-error"}],
    }
    assert paths(gateway, carol) == ["image/locked.png"]


def test_t44_a_folder_that_is_not_gone_is_not_complete(
    gateway: Gateway, carol: Caller, locked: set[str]
) -> None:
    """T44: not complete while something stays; and a 502 once nothing more goes, so that a client
    that calls until complete comes to an end."""
    put(gateway, carol, "projects/p/image/a.png", "projects/p/image/locked.png")
    locked.add("locked")
    first = carol.delete("/v1/projects/p").json
    assert (first["deleted_objects"], first["complete"]) == (1, False)
    locked.add("users")
    assert carol.delete("/v1/projects/p").status_code == 502


@pytest.mark.parametrize(
    "prefix", ["", "/", "users/", "users/a", "users/a/", "users//x/", "users/a/x", "users/a//"]
)
def test_t44_no_prefix_that_names_a_root_is_deleted(swift_gateway: Gateway, prefix: str) -> None:
    """T44: the deleter itself refuses, whoever asks."""
    deleter: Deleter = services(swift_gateway).storage.deleter
    with pytest.raises(ValueError, match="a folder is"):
        next(deleter.delete_folder(prefix, max_batches=1))


def test_a_thousand_paths_fit_one_request(front_gateway: Gateway) -> None:
    """1,000 long paths in one call, and not one more."""
    carol = front_gateway.client_for(str(uuid.uuid4()))
    named = [f"image/{'x' * 150}{number:04}.png" for number in range(1000)]
    put(front_gateway, carol, named[0], named[999])
    assert len(delete(carol, *named).json["deleted"]) == 1000
    assert paths(front_gateway, carol) == []
    assert delete(carol, *named, "image/a.png").status_code == 422
    assert delete(carol).status_code == 422


def test_names_that_xml_cannot_carry_are_deleted_too(front_gateway: Gateway) -> None:
    """A back end's key with a control character goes with its project."""
    carol = front_gateway.client_for(str(uuid.uuid4()))
    put(front_gateway, carol, "projects/p/image/a\x01b.png", "projects/p/image/a\rb.png")
    assert carol.delete("/v1/projects/p").json == {"deleted_objects": 2, "complete": True}
    assert paths(front_gateway, carol) == []


@pytest.mark.parametrize("what", ["shares/", " !preview."])
def test_what_ends_with_an_asset_ends_at_the_second_call(
    front_gateway: Gateway, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Where the store fails to tell or to take what goes with it; the asset itself is gone, and its
    link of before opens nothing."""
    carol = front_gateway.client_for(str(uuid.uuid4()))
    path = carol.upload(PNG)["path"]
    carol.upload(PNG, preview_for=path)
    url = carol.post("/v1/shares", {"path": path}).json["url"]
    fails = True
    delete_keys = Deleter.delete_keys

    def spoiled(self: Deleter, keys: Any) -> Any:
        keys = [*keys]
        if fails and any(f"/{what}" in key for key in keys):
            raise StorageUnavailable
        return delete_keys(self, keys)

    monkeypatch.setattr(Deleter, "delete_keys", spoiled)
    assert carol.delete(f"/v1/assets/{path}").status_code == 503
    assert carol.get(f"/v1/assets/{path}").status_code == 404
    assert carol.app.test_client().get(url).status_code == 404
    fails = False
    assert carol.delete(f"/v1/assets/{path}").status_code == 204
    assert paths(front_gateway, carol) == []


def test_the_shares_of_a_folder_end_at_the_second_call(
    front_gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that failed on them has left the files by whose names they are found: else one would
    open again what comes back there."""
    carol = front_gateway.client_for(str(uuid.uuid4()))
    path = carol.upload(PNG, project_id="p")["path"]
    url = carol.post("/v1/shares", {"path": path}).json["url"]
    asked: list[str] = []
    of_assets = Shares.of_assets

    def spoiled(self: Shares, *told: Any) -> Any:
        asked.append("shares")
        if len(asked) == 1:
            raise StorageUnavailable
        return of_assets(self, *told)

    monkeypatch.setattr(Shares, "of_assets", spoiled)
    assert carol.delete("/v1/projects/p").status_code == 503
    assert carol.delete("/v1/projects/p").json["complete"]
    assert carol.post("/v1/assets/restore", {"path": path}).status_code == 200
    assert carol.app.test_client().get(url).status_code == 404
