"""Uppy's routes as its clients speak them, on stores that verify what was signed."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import urllib3

from app.domain.paths import Root
from app.domain.uppy import UppyFile
from config import Settings, SettingsError
from tests.gateway import ALICE, BOB, Caller, Gateway, fetch, gateway_environment, running_gateway
from tests.samples import HTML, png
from tests.stores.store import Store
from tests.waiting import eventually

PNG = png()
MIB = 1024**2
ORIGIN = "https://app.example.com"
IMAGE = {"filename": "a.png", "type": "image/png"}

pytestmark = pytest.mark.store


@pytest.fixture
def carol(juicefs_gateway: Gateway) -> Caller:
    """A caller whose store verifies form policies."""
    return juicefs_gateway.client_for("carol")


@pytest.fixture(scope="module")
def formless(swift_store: Store) -> Iterator[Gateway]:
    """A gateway whose store takes no form posts."""
    with running_gateway(
        swift_store, swift_store.create_bucket(), S3_POST_POLICY="false"
    ) as gateway:
        yield gateway


def params(caller: Caller, **query: Any) -> Any:
    asked = {**IMAGE, **query}
    return caller.get(f"/s3/params?{urlencode(asked)}")


def post_form(signed: dict[str, Any], body: bytes) -> int:
    form = {**signed["fields"], "file": ("blob", body)}
    return int(urllib3.request("POST", signed["url"], fields=form, redirect=False).status)


class Multipart:
    """A multipart upload as Uppy drives it by Companion's routes."""

    def __init__(self, caller: Caller, **declared: Any) -> None:
        answer = caller.post("/s3/multipart", {**IMAGE, "metadata": {}, **declared})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        self.caller, created = caller, answer.json
        self.key, self.upload_id = created["key"], created["uploadId"]

    def path(self, rest: str = "") -> str:
        upload_id = quote(self.upload_id, safe="")
        return f"/s3/multipart/{upload_id}{rest}?key={quote(self.key, safe='')}"

    def send(self, number: int, body: bytes) -> str:
        url = self.caller.get(self.path(f"/{number}")).json["url"]
        answer = fetch("PUT", url, body)
        assert answer.status == 200, answer.data
        return str(answer.headers["etag"])

    def complete(self, *numbers: int) -> Any:
        named = [{"PartNumber": number, "ETag": "anything"} for number in numbers]
        return self.caller.post(self.path("/complete"), {"parts": named})


def sign(caller: Caller, method: str, key: str, **more: Any) -> Any:
    return caller.post("/s3/sign", {"method": method, "key": key, **more})


def test_a_single_upload_is_a_form_of_bounded_size(carol: Caller, juicefs_gateway: Gateway) -> None:
    """T17: the store bounds the size; kind, project and metadata come from `metadata[...]`."""
    answer = params(
        carol,
        filename="Grüße 1+1.png",
        **{
            "metadata[project_id]": "p1",
            "metadata[kind]": "frame",
            "metadata[size]": len(PNG),
            "metadata[title]": "Überblick",
            "metadata[name]": "x",
            "metadata[relativePath]": "null",
        },
    )
    signed = answer.json
    assert set(signed) == {"method", "url", "fields", "expires"}
    assert signed["method"] == "POST" and signed["url"].endswith("/")
    assert 890 < signed["expires"] <= 900
    assert answer.headers["Cache-Control"] == "no-store"
    key = signed["fields"]["key"]
    assert key.startswith("users/carol/projects/p1/frame/") and key.endswith("/Grüße 1+1.png")
    assert {name for name in signed["fields"] if name.startswith("x-amz-meta-")} == {
        "x-amz-meta-title",
        "x-amz-meta-upload",
    }
    assert post_form(signed, PNG + b"x") == 400
    assert key not in juicefs_gateway.stored_keys()
    assert post_form(signed, PNG) == 204
    asset = carol.post("/v1/assets/verify", {"path": key.removeprefix("users/carol/")}).json
    assert asset["metadata"] == {"title": "Überblick"}


def test_t27_the_form_takes_no_other_key_and_no_other_field(front_gateway: Gateway) -> None:
    """T27: another key, another type or an acl is not in the policy."""
    signed = params(front_gateway.client_for(ALICE)).json
    for change in (
        {"key": f"users/{BOB}/image/x/a.png"},
        {"Content-Type": "text/html"},
        {"acl": "public-read"},
    ):
        assert post_form({**signed, "fields": signed["fields"] | change}, PNG) == 403


def test_the_kinds_limit_bounds_a_size_that_is_not_told(carol: Caller) -> None:
    """Without `metadata[size]` the policy's range ends at the kind's limit; a larger one is 413."""
    policy = params(carol).json["fields"]["policy"]
    assert b'["content-length-range", 1, 52428800]' in base64.b64decode(policy)
    answer = params(carol, **{"metadata[size]": 50 * MIB + 1})
    assert (answer.status_code, answer.json["type"]) == (413, "/problems/too-large")


def test_five_gib_bound_a_single_upload(juicefs_gateway: Gateway) -> None:
    """A video may have more, in parts."""
    caller = juicefs_gateway.client_for("carol")
    answer = params(
        caller, filename="a.mp4", type="video/mp4", **{"metadata[size]": 5 * 1024**3 + 1}
    )
    assert answer.status_code == 413


def test_a_file_without_a_type_has_that_of_its_extension(carol: Caller) -> None:
    """Browsers know no type for some files, and Uppy says octets then."""
    for told in ("", "application/octet-stream"):
        fields = params(carol, filename="a.mkv", type=told).json["fields"]
        assert fields["Content-Type"] == "video/x-matroska"


@pytest.mark.parametrize(
    ("filename", "told", "kind", "stored"),
    [
        ("a.jpg", "image/jpg", "image", "image/jpeg"),
        ("a.heic", "image/heif", "image", "image/heic"),
        ("a.m4a", "audio/m4a", "audio", "audio/mp4"),
        ("a.m3u8", "application/x-mpegURL", "video", "application/vnd.apple.mpegurl"),
        ("rec.webm", "video/webm;codecs=opus", "audio", "audio/webm"),
    ],
)
def test_c01_every_name_of_a_type_is_taken(
    carol: Caller, filename: str, told: str, kind: str, stored: str
) -> None:
    """C01: the form stores the canonical name, whatever the browser calls it."""
    query = {"filename": filename, "type": told, "metadata[kind]": kind}
    fields = params(carol, **query).json["fields"]
    assert fields["Content-Type"] == stored


def test_c04_the_kind_decides_where_an_extension_is_shared(carol: Caller) -> None:
    """C04: a sound in WebM, of which Uppy tells no type with a multipart upload."""
    answer = carol.post("/s3/sign", {"method": "POST", "key": "projects/p1/audio/rec.webm"})
    assert answer.status_code == 200, answer.json
    assert answer.json["headers"]["content-type"] == "audio/webm"


def test_c11_a_name_in_a_key_is_cleaned_like_any_file_name(carol: Caller) -> None:
    """C11: macOS decomposes names; the folders stay as strict as ever."""
    asked = {"method": "POST", "key": "projects/p1/video/Vide\u0301o: 100%41?.mp4"}
    answer = carol.post("/s3/sign", asked)
    assert answer.status_code == 200, answer.json
    assert answer.json["key"].endswith("/Vid\u00e9o: 100_41_.mp4")
    for key in ("projects/p1/vide\u0301o/a.mp4", "video/../a.mp4", "video/..", "video/"):
        answer = carol.post("/s3/sign", asked | {"key": key})
        assert answer.status_code == 422, key
        assert answer.json["errors"][0]["pointer"] == "/key"


def test_t65_form_fields_are_named_as_aws_writes_them(carol: Caller) -> None:
    """T65, C13: some stores know ``Content-Type`` in no other case, and stored octets."""
    fields = params(carol, filename="a.svg", type="image/svg+xml").json["fields"]
    assert {"Content-Type", "Content-Disposition", "Cache-Control"} <= set(fields)
    policy = json.loads(base64.b64decode(fields["policy"]))
    named = {name for each in policy["conditions"] if isinstance(each, dict) for name in each}
    assert named - {"bucket"} == set(fields) - {"policy", "x-amz-signature"}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"type": "text/html"}, 415),
        ({"type": "image/png, text/html"}, 415),
        ({"metadata[kind]": "movie"}, 422),
        ({"metadata[kind]": "frame"}, 422),
        ({"metadata[project_id]": "../x"}, 422),
        ({"metadata[size]": "-1"}, 422),
        ({"metadata[size]": "1e3"}, 422),
        ({"metadata[size]": "0"}, 422),
        ({"metadata[title]": "x" * 3000}, 422),
        ({"filename": "${filename}.png"}, 422),
        ({"filename": "${FILENAME}.png"}, 422),
    ],
    ids=str,
)
def test_what_cannot_be_is_said_where_uppy_reads_it(
    carol: Caller, query: dict[str, str], status: int
) -> None:
    """Problems of these routes carry `message` and `error` as well."""
    answer = params(carol, **query)
    assert answer.status_code == status, answer.json
    assert answer.content_type == "application/problem+json"
    assert answer.json["message"] == answer.json["error"] == answer.json["detail"]
    assert "url" not in answer.json


@pytest.mark.parametrize("absent", ["", "null", "undefined"])
def test_fields_that_the_page_left_open_count_as_left_out(carol: Caller, absent: str) -> None:
    """Uppy 6 writes `String(value)` of whatever `file.meta` holds."""
    names = ("kind", "project_id", "size")
    signed = params(carol, **{f"metadata[{name}]": absent for name in names}).json
    assert signed["fields"]["key"].startswith("users/carol/image/")


def test_a_double_slash_is_taken(carol: Caller) -> None:
    """Uppy 6 keeps the last slash of its endpoint; errors look the same there."""

    def ask(query: dict[str, str]) -> Any:
        return carol.get(
            "/", query_string=urlencode(query), environ_overrides={"PATH_INFO": "//s3/params"}
        )

    assert ask(IMAGE).status_code == 200
    assert ask({}).status_code == 422
    assert ask({}).json["message"]


def test_cors_lets_uppys_headers_pass_and_names_no_host(carol: Caller) -> None:
    """`i-am` would send Uppy elsewhere."""
    answer = carol.request(
        "OPTIONS",
        "/s3/params",
        headers={
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "authorization,uppy-versions,uppy-auth-token",
        },
    )
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    assert {"uppy-versions", "uppy-auth-token"} <= set(allowed.split(", "))
    assert "i-am" not in params(carol).headers


def test_without_forms_a_single_upload_is_a_put_of_one_size(formless: Gateway) -> None:
    """S3_POST_POLICY=false: `metadata[size]` is needed, and signed."""
    caller = formless.client_for(ALICE)
    answer = params(caller)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/metadata/size")
    signed = params(caller, **{"metadata[size]": len(PNG)}).json
    assert signed["method"] == "PUT"
    assert fetch("PUT", signed["url"], PNG + b"x", signed["headers"]).status == 403
    assert fetch("PUT", signed["url"], PNG, signed["headers"]).status in (200, 201)
    assert signed["fields"]["key"] in formless.stored_keys()
    refused = sign(caller, "PUT", "a.png", contentType="image/png")
    assert refused.status_code == 422
    assert "shouldUseMultipart" in refused.json["message"]


def test_parts_become_a_verified_object(alice: Caller, gateway: Gateway) -> None:
    """From create to complete, twice; ETags are S3's own, whatever Uppy says."""
    upload = Multipart(alice, filename="Grüße 1+1.png")
    etag = upload.send(1, PNG)
    listed = alice.get(upload.path()).json
    assert listed == [{"PartNumber": 1, "ETag": etag, "Size": len(PNG)}]
    for _ in range(2):
        answer = upload.complete(1)
        assert answer.status_code == 200, answer.json
        assert answer.json["key"] == upload.key
        assert answer.json["bucket"] == gateway.bucket
        assert answer.json["location"].endswith(quote(upload.key))
    answer = alice.delete(upload.path())
    assert (answer.status_code, answer.json) == (200, {})
    assert upload.key in gateway.stored_keys()


def test_a_batch_signs_many_parts(alice: Caller) -> None:
    """The URLs are the single ones, by number."""
    upload = Multipart(alice)
    urls = alice.get(f"{upload.path('/batch')}&partNumbers=1,2,10000").json["presignedUrls"]
    assert set(urls) == {"1", "2", "10000"}
    assert fetch("PUT", urls["2"], b"x").status == 200
    for wrong in ("", "0", "1,,2", "10001", "a", ",".join(["1"] * 1001)):
        answer = alice.get(f"{upload.path('/batch')}&partNumbers={wrong}")
        assert answer.status_code == 422, wrong


@pytest.mark.parametrize("number", ["0", "10001", "-1", "x", "01"])
def test_t23_parts_have_numbers_of_one_to_ten_thousand(alice: Caller, number: str) -> None:
    """T23: nothing else is signed."""
    assert alice.get(Multipart(alice).path(f"/{number}")).status_code == 422


def test_what_is_not_its_type_is_removed_at_completion(alice: Caller, gateway: Gateway) -> None:
    """T18: verified as `/v1` completion does; the error is one that Uppy shows."""
    upload = Multipart(alice)
    upload.send(1, HTML)
    answer = upload.complete(1)
    assert (answer.status_code, answer.json["type"]) == (422, "/problems/upload-rejected")
    assert answer.json["message"]
    assert upload.key not in gateway.stored_keys()


def test_t17_more_than_the_bound_never_becomes_an_object(alice: Caller, gateway: Gateway) -> None:
    """T17: the sum of what S3 lists counts; the upload is given up."""
    upload = Multipart(alice, metadata={"size": len(PNG) - 1})
    upload.send(1, PNG)
    answer = upload.complete(1)
    assert (answer.status_code, answer.json["type"]) == (413, "/problems/too-large")
    assert upload.key not in gateway.stored_keys()
    assert alice.get(upload.path()).status_code == 404


def test_t23_missing_parts_and_parts_cut_otherwise_are_refused(
    alice: Caller, gateway: Gateway
) -> None:
    """T23: gaps are named; sizes that no single file gives (a resume with others) are refused."""
    upload = Multipart(alice)
    upload.send(2, b"x" * 10)
    answer = upload.complete(2)
    assert answer.json["errors"] == [{"pointer": "/parts/1", "detail": "This part hasn't arrived."}]
    for sizes in ({1: 9}, {1: 10, 2: 9, 3: 10}):
        for number, size in sizes.items():
            upload.send(number, b"x" * size)
        answer = upload.complete(*range(1, max(2, *sizes) + 1))
        assert (answer.status_code, answer.json["type"]) == (409, "/problems/upload-incomplete")
        # Not for being under 5 MiB, which the store would say of them as well.
        assert "different sizes" in answer.json["detail"]
    assert upload.complete(1, 1).status_code == 422
    assert upload.complete().status_code == 422
    assert upload.key not in gateway.stored_keys()


def test_ten_thousand_parts_fit_the_body(alice: Caller) -> None:
    """Uppy names each part with its ETag; that is over 64 KB."""
    upload = Multipart(alice)
    named = [{"PartNumber": n, "ETag": f'"{n:032x}"'} for n in range(1, 10_001)]
    assert alice.post(upload.path("/complete"), {"parts": named}).status_code == 409


def test_t13_t22_uploads_and_keys_are_the_owners_alone(alice: Caller, bob: Caller) -> None:
    """T13, T22: another user's key, upload id or both, and a broken id, are the same 404."""
    upload = Multipart(alice)
    mine = Multipart(bob)
    broken = upload.upload_id[:-2] + ("AA" if upload.upload_id[-2:] != "AA" else "BA")
    tried = [
        (bob, upload.upload_id, upload.key),
        (bob, upload.upload_id, mine.key),
        (bob, "raw-id-of-somebody", upload.key),
        (alice, broken, upload.key),
        (alice, "no store's \x1d \N{WAVING HAND SIGN}", upload.key),
        (alice, mine.upload_id, upload.key),
        (alice, upload.upload_id, Multipart(alice).key),
    ]
    found = []
    for caller, upload_id, key in tried:
        at = f"/s3/multipart/{quote(upload_id, safe='')}"
        query = f"?key={quote(key, safe='')}"
        found += [
            caller.get(f"{at}/1{query}"),
            caller.get(f"{at}/batch{query}&partNumbers=1"),
            caller.get(f"{at}{query}"),
            caller.post(f"{at}/complete{query}", {"parts": [{"PartNumber": 1}]}),
            caller.delete(f"{at}{query}"),
        ]
        for method, more in (("PUT", {"partNumber": 1}), ("GET", {}), ("POST", {}), ("DELETE", {})):
            found.append(sign(caller, method, key, uploadId=upload_id, **more))
    assert {answer.status_code for answer in found} == {404}
    assert len({answer.json["detail"] for answer in found}) == 1


@pytest.mark.parametrize(
    "key",
    [
        f"users/{ALICE}/shares/x.json",
        f"users/{ALICE}/a.png",
        f"users/{ALICE}/image/../shares/x.json",
        f"users/{ALICE}/image/x/",
    ],
)
def test_t48_keys_off_the_grammar_are_refused_everywhere(alice: Caller, key: str) -> None:
    """T48: `shares/` cannot be reached by any of these routes."""
    query = f"?key={quote(key, safe='')}"
    answers = [
        alice.get(f"/s3/multipart/raw/1{query}"),
        alice.get(f"/s3/multipart/raw{query}"),
        alice.post(f"/s3/multipart/raw/complete{query}", {"parts": [{"PartNumber": 1}]}),
        alice.delete(f"/s3/multipart/raw{query}"),
        sign(alice, "PUT", key, contentType="image/png"),
        sign(alice, "POST", key),
        sign(alice, "PUT", key, uploadId="raw", partNumber=1),
        sign(alice, "PUT", key.removeprefix(f"users/{ALICE}/"), contentType="x/y")
        if "shares" in key
        else sign(alice, "DELETE", key, uploadId="raw"),
    ]
    assert {answer.status_code for answer in answers} == {422}


def create_by_browser(caller: Caller, key: str = "a.png") -> tuple[str, str]:
    """A multipart upload that the browser creates itself: the key and S3's own upload id."""
    signed = sign(caller, "POST", key).json
    answer = fetch("POST", signed["url"], b"", signed["headers"])
    assert answer.status == 200, answer.data
    upload_id = answer.data.decode().partition("<UploadId>")[2].partition("<")[0]
    return signed["key"], upload_id


def test_t24_unfinished_uploads_of_a_browsers_own_are_limited(swift_store: Store) -> None:
    """T24: what Uppy 6 creates itself counts as well, before it is signed."""
    bucket = swift_store.create_bucket()
    with running_gateway(swift_store, bucket, MAX_LIVE_UPLOADS="2") as gateway:
        caller = gateway.client_for("erin")
        for _ in range(2):
            create_by_browser(caller)
        refused = sign(caller, "POST", "a.png")
        assert (refused.status_code, refused.json["type"]) == (429, "/problems/too-many-uploads")
        assert "url" not in refused.json


def live_uploads(gateway: Gateway, caller: Caller) -> list[str]:
    """S3's ids of the caller's unfinished uploads, as the store lists them."""
    found = gateway.store.client().list_multipart_uploads(
        Bucket=gateway.bucket, Prefix=f"users/{caller.sub}/"
    )
    return [each["UploadId"] for each in found.get("Uploads", [])]


def test_t58_a_create_that_is_sent_again_and_again_leaves_one_upload(
    swift_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T58: asking for a part leaves the upload it is of; the others go when the URL is dead."""
    monkeypatch.setattr("app.assets.url_ends.SLACK_SECONDS", 0.0)
    bucket = swift_store.create_bucket()
    with running_gateway(swift_store, bucket, UPLOAD_URL_TTL_SECONDS="3") as gateway:
        carol = gateway.client_for(str(uuid.uuid4()))
        signed = sign(carol, "POST", "a.png").json
        for _ in range(5):
            fetch("POST", signed["url"], b"", signed["headers"])
        ids = live_uploads(gateway, carol)
        assert len(ids) == 5
        part = sign(carol, "PUT", signed["key"], uploadId=ids[2], partNumber=1)
        assert part.status_code == 200
        assert live_uploads(gateway, carol) == [ids[2]]
        other = sign(carol, "POST", "b.png").json
        for _ in range(3):
            fetch("POST", other["url"], b"", other["headers"])
        assert len(live_uploads(gateway, carol)) == 4
        assert eventually(lambda: len(live_uploads(gateway, carol)) == 2, seconds=30)
        assert ids[2] in live_uploads(gateway, carol)


def test_t58_parts_of_a_browsers_own_upload_count(swift_store: Store) -> None:
    """T58: what lies in parts is held against the quota before more parts are signed."""
    bucket = swift_store.create_bucket()
    with running_gateway(swift_store, bucket, QUOTA_BYTES=str(3 * len(PNG))) as gateway:
        carol = gateway.client_for(str(uuid.uuid4()))
        key, upload_id = create_by_browser(carol)
        for number in (1, 2, 3):
            url = sign(carol, "PUT", key, uploadId=upload_id, partNumber=number).json["url"]
            assert fetch("PUT", url, PNG).status == 200
        assert carol.get("/v1/me").json["usage"]["reserved_bytes"] == 2 * len(PNG)
        assert fetch("PUT", url, PNG + PNG).status == 200
        over = sign(carol, "PUT", key, uploadId=upload_id, partNumber=4)
        assert (over.status_code, over.json["type"]) == (413, "/problems/quota-exceeded")


def test_sign_request_does_each_of_uppys_requests(alice: Caller, gateway: Gateway) -> None:
    """Create, part, list, complete: each sent by the browser as it was signed."""
    key, upload_id = create_by_browser(alice, "projects/p1/frame/Grüße.png")
    assert key.startswith(f"users/{ALICE}/projects/p1/frame/")
    part = sign(alice, "PUT", key, uploadId=upload_id, partNumber=1).json
    etag = fetch("PUT", part["url"], PNG).headers["etag"]
    listed = fetch("GET", sign(alice, "GET", key, uploadId=upload_id).json["url"])
    assert b"<PartNumber>1</PartNumber>" in listed.data
    signed = sign(alice, "POST", key, uploadId=upload_id).json
    body = (
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>"
        f"<ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    ).encode()
    answer = fetch("POST", signed["url"], body, signed["headers"])
    assert answer.status == 200, answer.data
    path = key.removeprefix(f"users/{ALICE}/")
    assert alice.post("/v1/assets/verify", {"path": path}).json["content_type"] == "image/png"


def test_t50_a_presigned_complete_is_for_what_was_checked(alice: Caller, gateway: Gateway) -> None:
    """T50: the condition and the size are signed; leaving either out, or over, is refused."""
    key, upload_id = create_by_browser(alice)
    part = sign(alice, "PUT", key, uploadId=upload_id, partNumber=1).json
    fetch("PUT", part["url"], PNG)
    signed = sign(alice, "POST", key, uploadId=upload_id).json
    assert signed["headers"] == {"if-none-match": "*", "x-amz-mp-object-size": str(len(PNG))}
    assert "if-none-match%3B" in signed["url"] and "x-amz-mp-object-size" in signed["url"]
    body = b"<CompleteMultipartUpload/>"
    for changed in (
        {},
        {"if-none-match": "*"},
        {"x-amz-mp-object-size": str(len(PNG))},
        signed["headers"] | {"x-amz-mp-object-size": "1"},
    ):
        assert fetch("POST", signed["url"], body, changed).status == 403
    assert key not in gateway.stored_keys()


def test_t50_nothing_is_signed_for_gaps_or_a_key_that_is_taken(
    alice: Caller, gateway: Gateway
) -> None:
    """T50: parts are checked before their completion is signed, and so is the key."""
    key, upload_id = create_by_browser(alice)
    for number, why in ((2, "upload-incomplete"), (1, "already-exists")):
        part = sign(alice, "PUT", key, uploadId=upload_id, partNumber=number).json
        fetch("PUT", part["url"], PNG)
        if why == "already-exists":
            gateway.store.client().put_object(Bucket=gateway.bucket, Key=key, Body=b"x")
        refused = sign(alice, "POST", key, uploadId=upload_id)
        assert (refused.status_code, refused.json["type"]) == (409, f"/problems/{why}")
        assert "url" not in refused.json


def test_t50_parts_swapped_after_the_check_are_refused(front_gateway: Gateway) -> None:
    """T50: another size of the parts than was checked is S3's 400, and no object comes."""
    caller = front_gateway.client_for(ALICE)
    key, upload_id = create_by_browser(caller)
    part = sign(caller, "PUT", key, uploadId=upload_id, partNumber=1).json
    fetch("PUT", part["url"], PNG)
    signed = sign(caller, "POST", key, uploadId=upload_id).json
    etag = fetch("PUT", part["url"], PNG + b"more").headers["etag"]
    body = (
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>"
        f"<ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    ).encode()
    assert fetch("POST", signed["url"], body, signed["headers"]).status == 400
    assert key not in front_gateway.stored_keys()


def test_a_complete_is_signed_only_for_what_may_become_an_object(alice: Caller) -> None:
    """Nothing arrived, too much arrived, or the key is taken: no URL."""
    key, upload_id = create_by_browser(alice)
    assert sign(alice, "POST", key, uploadId=upload_id).status_code == 409
    taken = Multipart(alice)
    taken.send(1, PNG)
    gone = taken.upload_id
    assert taken.complete(1).status_code == 200
    assert sign(alice, "POST", taken.key, uploadId=gone).status_code in (404, 409)


def test_a_browsers_upload_can_be_completed_by_the_gateway(alice: Caller) -> None:
    """S3's own upload id is taken by Companion's routes: the key says whose it is."""
    upload = Multipart(alice)
    upload.key, upload.upload_id = create_by_browser(alice)
    upload.send(1, PNG)
    assert upload.complete(1).status_code == 200
    assert upload.complete(1).status_code == 200


def test_a_put_without_a_type_names_the_version_that_is_needed(alice: Caller) -> None:
    """@uppy/aws-s3 before 6.3 knows no forms, and a PUT would have no bound."""
    answer = sign(alice, "PUT", "a.png")
    assert answer.status_code == 422
    assert "6.3" in answer.json["message"]
    assert "url" not in answer.json


@pytest.mark.parametrize(
    "request_body",
    [
        {"method": "GET", "key": "a.png"},
        {"method": "DELETE", "key": "a.png"},
        {"method": "HEAD", "key": "a.png"},
        {"method": "PUT", "key": f"users/{ALICE}/image/x/a.png", "uploadId": "raw"},
        {"method": "PUT", "key": "a.png", "uploadId": "raw", "partNumber": 1},
        {"method": "PUT", "key": "shares/a.json", "contentType": "application/json"},
        {"method": "POST", "key": "image/../a.png"},
        {"method": "POST"},
    ],
    ids=str,
)
def test_requests_that_uppy_does_not_make_are_refused(
    alice: Caller, request_body: dict[str, Any]
) -> None:
    """Nothing is signed for them."""
    answer = alice.post("/s3/sign", request_body)
    assert answer.status_code in (404, 422)
    assert "url" not in answer.json


def test_uppys_own_prefix_of_a_key_is_not_kept() -> None:
    """`{uuid}-{name}` is Uppy's default key; here the asset id is the folder."""
    file = UppyFile.at("0f8fad5b-d9cb-469f-a165-70867728950e-clip.mp4", Root(ALICE))
    assert file.filename == "clip.mp4"


def test_quota_bounds_a_form_and_refuses_when_nothing_is_left(juicefs_store: Store) -> None:
    """T25: what is reserved is gone for the next; with parts, what arrived counts."""
    with running_gateway(
        juicefs_store, juicefs_store.create_bucket(), QUOTA_BYTES="1000"
    ) as gateway:
        caller = gateway.client_for("dave")
        upload = Multipart(caller)
        upload.send(1, png(64, 64, level=0))
        signed = params(caller, **{"metadata[size]": 900}).json
        assert post_form(signed, PNG) == 204
        answer = upload.complete(1)
        assert (answer.status_code, answer.json["type"]) == (413, "/problems/quota-exceeded")
        assert params(caller, **{"metadata[size]": 900}).status_code == 413
        assert params(caller).status_code == 200
        answer = params(caller)
        assert (answer.status_code, answer.json["type"]) == (413, "/problems/quota-exceeded")


def test_credentials_are_not_there_unless_a_role_is(alice: Caller) -> None:
    """`/s3/sts` is a 404 without S3_UPLOAD_ROLE_ARN."""
    assert alice.get("/s3/sts").status_code == 404


@pytest.mark.parametrize("quota", ["QUOTA_BYTES", "QUOTA_BYTES_PRO"])
def test_a_role_past_a_quota_needs_the_event_worker(swift_store: Store, quota: str) -> None:
    """What credentials upload is seen by the events alone, so start refuses it without them."""
    role = {"S3_UPLOAD_ROLE_ARN": "arn:aws:iam::123456789012:role/uploads"}
    environment = gateway_environment(swift_store, "bucket") | {"COGNITO_JWKS_URL": "http://x/"}
    Settings.from_env(environment | role)
    with pytest.raises(SettingsError, match="S3_UPLOAD_ROLE_ARN"):
        Settings.from_env(environment | role | {quota: "1000"})
    queue = {"EVENTS_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/1/q"}
    Settings.from_env(environment | role | {quota: "1000"} | queue)
