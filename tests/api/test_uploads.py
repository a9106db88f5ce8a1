"""Uploads from declaration to completion."""

from __future__ import annotations

import base64
import hashlib
import random

import pytest

from tests.gateway import Caller, Gateway, fetch, send
from tests.samples import HTML, png

PNG = png()
MPEGURL = "application/vnd.apple.mpegurl"


def test_an_upload_goes_straight_to_the_store_and_becomes_an_asset(alice: Caller) -> None:
    """Declared, sent with exactly the given headers, completed: the asset is there and opens."""
    started = alice.start(len(PNG), metadata={"title": "Ünïcode  and  spaces "})
    assert started["method"] == "PUT"
    assert "content-length" not in started["headers"]
    assert send(started, PNG).status in (200, 201)
    asset = alice.post(f"/v1/uploads/{started['upload_id']}/complete").json
    assert asset["path"] == started["path"]
    assert asset["size"] == len(PNG)
    assert asset["metadata"] == {"title": "Ünïcode  and  spaces "}
    answer = fetch("GET", asset["link"]["url"])
    assert answer.status == 200
    assert answer.data == PNG
    assert answer.headers["content-type"] == "image/png"


def test_completing_twice_answers_the_same(alice: Caller) -> None:
    """T23: completion is idempotent."""
    started = alice.start(len(PNG))
    send(started, PNG)
    first = alice.post(f"/v1/uploads/{started['upload_id']}/complete").json
    second = alice.post(f"/v1/uploads/{started['upload_id']}/complete").json
    first.pop("link"), second.pop("link")
    assert first == second


def test_completing_before_the_bytes_is_a_conflict(alice: Caller) -> None:
    """Nothing arrived: 409 upload-incomplete, and the upload can still be sent."""
    started = alice.start(len(PNG))
    response = alice.post(f"/v1/uploads/{started['upload_id']}/complete")
    assert (response.status_code, response.json["type"]) == (409, "/problems/upload-incomplete")
    send(started, PNG)
    assert alice.post(f"/v1/uploads/{started['upload_id']}/complete").status_code == 200


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (PNG + b"x", {}),
        (PNG, {"content-type": "text/html"}),
        (PNG, {"x-amz-acl": "public-read"}),
        (PNG, {"if-none-match": None}),
    ],
    ids=["longer", "other type", "acl", "no condition"],
)
def test_t17_t28_the_store_refuses_what_was_not_signed(
    alice: Caller, gateway: Gateway, body: bytes, headers: dict[str, str | None]
) -> None:
    """T17, T28: another length or type, no condition, an added x-amz header: refused."""
    started = alice.start(len(PNG))
    assert send(started, body, headers=headers).status == 403
    assert started["key"] not in gateway.stored_keys()


def test_t20_replaying_a_put_is_refused(alice: Caller) -> None:
    """T20: a signed PUT writes once; the second try is a 412 and changes nothing."""
    started = alice.start(len(PNG))
    send(started, PNG)
    other = PNG[:-1] + b"!"
    assert send(started, other).status == 412
    assert fetch("GET", alice.get(f"/v1/assets/{started['path']}").json["link"]["url"]).data == PNG


def test_t26_other_bytes_than_the_checksum_are_refused(alice: Caller, gateway: Gateway) -> None:
    """T26: with a declared SHA-256 the store takes these bytes and no others."""
    checksum = base64.b64encode(hashlib.sha256(PNG).digest()).decode()
    started = alice.start(len(PNG), checksum_sha256=checksum)
    assert send(started, PNG[:-1] + b"!").status == 400
    assert started["key"] not in gateway.stored_keys()
    assert send(started, PNG).status in (200, 201)
    assert alice.post(f"/v1/uploads/{started['upload_id']}/complete").status_code == 200


def test_t17_a_form_takes_its_own_size_and_no_other(front_gateway: Gateway) -> None:
    """T17: one byte more or less than declared is refused by the policy."""
    started = front_gateway.client_for("alice").start(len(PNG), method="post")
    for body in (PNG + b"x", PNG[:-1]):
        assert send(started, body).status == 400
    assert started["key"] not in front_gateway.stored_keys()
    assert send(started, PNG).status in (200, 201, 204)


def test_t26_a_form_holds_its_checksum(front_gateway: Gateway) -> None:
    """T26: a form with a declared SHA-256 takes these bytes and no others."""
    alice = front_gateway.client_for("alice")
    checksum = base64.b64encode(hashlib.sha256(PNG).digest()).decode()
    started = alice.start(len(PNG), checksum_sha256=checksum, method="post")
    assert send(started, PNG[:-1] + b"!").status == 400
    assert started["key"] not in front_gateway.stored_keys()
    assert send(started, PNG).status in (200, 201, 204)


@pytest.mark.parametrize("method", ["put", "post"])
def test_t19_an_active_type_is_stored_as_an_attachment(front_gateway: Gateway, method: str) -> None:
    """T19: whoever opens the object without a link of ours is not shown it either."""
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
    declared = {"filename": "a.svg", "content_type": "image/svg+xml", "method": method}
    asset = front_gateway.client_for("alice").upload(svg, **declared)
    client = front_gateway.store.client()
    head = client.head_object(Bucket=front_gateway.bucket, Key=asset["key"])
    assert head["ContentDisposition"] == 'attachment; filename="a.svg"'


def test_t18_html_as_png_is_removed(alice: Caller, gateway: Gateway) -> None:
    """T18: what does not begin like its type is refused at completion, and gone."""
    started = alice.start(len(HTML))
    assert send(started, HTML).status in (200, 201)
    response = alice.post(f"/v1/uploads/{started['upload_id']}/complete")
    assert (response.status_code, response.json["type"]) == (422, "/problems/upload-rejected")
    assert started["key"] not in gateway.stored_keys()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("content-encoding", "gzip"),
        ("content-disposition", "inline"),
        ("content-language", "en"),
        ("expires", "Wed, 25 Nov 2099 12:00:00 GMT"),
    ],
)
def test_t28_a_stored_header_nobody_signed_is_rejected(
    front_gateway: Gateway, name: str, value: str
) -> None:
    """T28: S3 stores these unsigned; completion and verification remove such an object."""
    alice = front_gateway.client_for("alice")
    for ask in (
        lambda started: alice.post(f"/v1/uploads/{started['upload_id']}/complete"),
        lambda started: alice.post("/v1/assets/verify", {"path": started["path"]}),
    ):
        started = alice.start(len(PNG))
        assert send(started, PNG, headers={name: value}).status in (200, 201)
        response = ask(started)
        assert response.json["type"] == "/problems/upload-rejected"
        assert started["key"] not in front_gateway.stored_keys()


def test_t21_an_object_of_another_upload_is_not_judged(alice: Caller, gateway: Gateway) -> None:
    """T21: what came to the path by another way is neither removed nor passed off as ours."""
    started = alice.start(len(PNG))
    gateway.store.client().put_object(Bucket=gateway.bucket, Key=started["key"], Body=HTML)
    response = alice.post(f"/v1/uploads/{started['upload_id']}/complete")
    assert (response.status_code, response.json["type"]) == (409, "/problems/already-exists")
    assert started["key"] in gateway.stored_keys()


def test_t13_t22_upload_ids_are_the_owners_alone(alice: Caller, bob: Caller) -> None:
    """T13, T22: another user's upload id, a broken and a made-up one look the same: 404."""
    upload_id = alice.start(len(PNG))["upload_id"]
    answers = []
    for caller, tried in [
        (bob, upload_id),
        (alice, upload_id[:-1]),
        (alice, upload_id[:-1] + ("A" if upload_id[-1] != "A" else "B")),
        (alice, "x" + upload_id),
        (alice, "nonsense"),
    ]:
        for call in (
            caller.get(f"/v1/uploads/{tried}"),
            caller.post(f"/v1/uploads/{tried}/complete"),
            caller.delete(f"/v1/uploads/{tried}"),
        ):
            assert call.status_code == 404
            answers.append({**call.json, "request_id": None})
    assert all(found == answers[0] for found in answers)


def test_an_upload_is_signed_afresh(alice: Caller) -> None:
    """GET on an upload gives a working request with the same headers."""
    started = alice.start(len(PNG), metadata={"a": "b"})
    again = alice.get(f"/v1/uploads/{started['upload_id']}").json
    assert again["headers"] == started["headers"]
    assert send(again, PNG).status in (200, 201)


def test_giving_up_leaves_a_completed_asset(alice: Caller) -> None:
    """DELETE answers 204, twice, and an asset that was completed stays."""
    started = alice.start(len(PNG))
    send(started, PNG)
    alice.post(f"/v1/uploads/{started['upload_id']}/complete")
    for _ in range(2):
        assert alice.delete(f"/v1/uploads/{started['upload_id']}").status_code == 204
    assert alice.get(f"/v1/assets/{started['path']}").status_code == 200


@pytest.mark.parametrize(
    ("change", "status", "pointer"),
    [
        ({"size": 0}, 422, "/size"),
        ({"size": -1}, 422, "/size"),
        ({"size": 1.5}, 422, "/size"),
        ({"size": True}, 422, "/size"),
        ({"size": "12"}, 422, "/size"),
        ({"size": None}, 422, "/size"),
        ({"size": 10**30}, 422, "/size"),
        ({"size": 50 * 1024**2 + 1}, 413, None),
        ({"content_type": "text/html"}, 415, None),
        ({"content_type": "image/png, text/html"}, 415, None),
        ({"content_type": "image/png; charset=x, text/html"}, 415, None),
        ({"content_type": "image/png\ntext/html"}, 415, None),
        ({"content_type": "image"}, 415, None),
        ({"content_type": "image/*"}, 415, None),
        ({"content_type": "", "filename": "a"}, 415, None),
        ({"content_type": "", "filename": "constructor"}, 415, None),
        ({"content_type": "application/octet-stream", "filename": "a.exe"}, 415, None),
        ({"method": "post", "filename": "${FILENAME}.png"}, 422, "/filename"),
        ({"method": "post", "filename": "a${fileName}.png"}, 422, "/filename"),
        ({"kind": "video"}, 415, None),
        ({"kind": "movie"}, 422, "/kind"),
        ({"kind": "frame"}, 422, "/kind"),
        ({"kind": "brand_kit", "project_id": "p1"}, 422, "/kind"),
        ({"project_id": "../x"}, 422, "/project_id"),
        ({"asset_id": "not-a-uuid"}, 422, "/asset_id"),
        ({"asset_id": ""}, 422, "/asset_id"),
        ({"method": "ftp"}, 422, "/method"),
        ({"checksum_sha256": "abc"}, 422, "/checksum_sha256"),
        ({"metadata": {"upload": "x"}}, 422, "/metadata"),
        ({"metadata": {"Title": "x"}}, 422, "/metadata"),
        ({"metadata": {"a": "ü" * 400}}, 422, "/metadata"),
        ({"metadata": {"a": 1}}, 422, "/metadata/a/value"),
        ({"unknown": 1}, 422, "/unknown"),
        ({"filename": 3}, 422, "/filename"),
    ],
    ids=str,
)
def test_t17_t18_bad_declarations_are_refused(
    alice: Caller, change: dict[str, object], status: int, pointer: str | None
) -> None:
    """T17, T18: what is wrong with a declaration is said, and nothing is signed."""
    good = {"filename": "a.png", "content_type": "image/png", "size": 10}
    response = alice.post("/v1/uploads", {**good, **change})
    assert response.status_code == status, response.json
    assert response.content_type == "application/problem+json"
    assert "url" not in response.json
    if pointer is not None:
        assert response.json["errors"][0]["pointer"] == pointer


def test_files_of_a_package_share_an_asset_id(alice: Caller) -> None:
    """T20: with `asset_id`, names may have folders, and a path that exists is a 409 at creation."""
    asset_id = alice.start(len(PNG))["asset_id"]
    first = alice.upload(PNG, asset_id=asset_id, filename="thumbs/1.png")
    assert first["path"] == f"image/{asset_id}/thumbs/1.png"
    again = {"filename": "thumbs/1.png", "content_type": "image/png", "size": 1}
    response = alice.post("/v1/uploads", {**again, "asset_id": asset_id})
    assert (response.status_code, response.json["type"]) == (409, "/problems/already-exists")


@pytest.mark.parametrize(
    ("declared", "stored"),
    [
        ({"filename": "a.jpg", "content_type": "image/jpg"}, "image/jpeg"),
        ({"filename": "a.png", "content_type": "IMAGE/PNG; charset=binary"}, "image/png"),
        ({"filename": "a.heic", "content_type": "image/heif"}, "image/heic"),
        ({"filename": "a.m4a", "content_type": "audio/m4a"}, "audio/mp4"),
        ({"filename": "a.m3u8", "content_type": "application/x-mpegurl"}, MPEGURL),
        ({"filename": "a.mkv", "content_type": "application/octet-stream"}, "video/x-matroska"),
        ({"filename": "a.JPG", "content_type": ""}, "image/jpeg"),
        ({"filename": "a.webm", "content_type": "video/webm", "kind": "audio"}, "audio/webm"),
        ({"filename": "s.ts", "content_type": "text/vnd.trolltech.linguist"}, "video/mp2t"),
        ({"filename": "README.md", "content_type": "text/markdown"}, "text/plain"),
    ],
    ids=str,
)
def test_c01_every_name_of_a_type_is_taken(
    alice: Caller, declared: dict[str, object], stored: str
) -> None:
    """C01, C02: the canonical name is what the browser is told to send."""
    response = alice.post("/v1/uploads", {"size": 10, **declared})
    assert response.status_code == 201, response.json
    assert response.json["headers"]["content-type"] == stored


def test_c06_encrypted_parts_of_a_package_pass_and_pages_do_not(alice: Caller) -> None:
    """C06: HLS encrypts segments and their initialization whole; HTML in their place is removed."""
    noise = random.Random(6).randbytes(1328)  # noqa: S311
    page = b"<!doctype html><script>1</script>".ljust(1328)
    package = "0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee"
    for name in ("init.mp4", "1.m4s"):
        for content, status in ((page, 422), (noise, 200)):
            started = alice.post(
                "/v1/uploads",
                {"filename": name, "content_type": "video/mp4", "size": 1328, "asset_id": package},
            ).json
            assert send(started, content).status in (200, 201)
            answer = alice.post(f"/v1/uploads/{started['upload_id']}/complete")
            assert answer.status_code == status, answer.json
    started = alice.post(
        "/v1/uploads", {"filename": "a.mp4", "content_type": "video/mp4", "size": 1328}
    ).json
    assert send(started, noise).status in (200, 201)
    assert alice.post(f"/v1/uploads/{started['upload_id']}/complete").status_code == 422


def test_c08_a_file_of_another_type_is_told_both(alice: Caller) -> None:
    """C08: the answer names what was declared and what the bytes look like."""
    webp = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f" + bytes(13)
    started = alice.post(
        "/v1/uploads", {"filename": "photo.jpg", "content_type": "image/jpeg", "size": len(webp)}
    ).json
    assert send(started, webp).status in (200, 201)
    answer = alice.post(f"/v1/uploads/{started['upload_id']}/complete")
    assert answer.status_code == 422
    assert answer.json["detail"] == "This isn't a JPEG: its contents look like a WebP image."


def test_c12_a_word_of_rfc_2047_comes_back_as_it_went_in(alice: Caller) -> None:
    """C12: no store is shown one, so none decodes it."""
    metadata = {"title": "=?UTF-8?B?YWJj?=", "other": "what? =3D %41 é"}
    started = alice.post(
        "/v1/uploads",
        {"filename": "a.png", "content_type": "image/png", "size": len(PNG), "metadata": metadata},
    ).json
    assert "=?" not in started["headers"]["x-amz-meta-title"]
    assert send(started, PNG).status in (200, 201)
    asset = alice.post(f"/v1/uploads/{started['upload_id']}/complete").json
    assert asset["metadata"] == metadata
