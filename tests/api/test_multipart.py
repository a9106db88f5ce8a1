"""Large files: in parts, resumed, completed once, given up."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import urllib3
from werkzeug.test import TestResponse

from app.api.context import EXTENSION
from app.domain.limits import MAX_OBJECT_BYTES
from app.domain.parts import Part
from app.domain.paths import AssetPath
from app.domain.uploads import Method, Upload
from app.s3.multipart import Assembled, Multipart
from app.services import Services
from tests.gateway import Caller, Gateway, fetch, running_gateway
from tests.samples import HTML, png
from tests.stores.store import Strictness

pytestmark = pytest.mark.store

PART = 5 * 1024**2
GIB = 1024**3
BODY = png().ljust(PART, b"\0") + b"and the rest of it"
SETTINGS = {
    "PART_SIZE_BYTES": str(PART),
    "MULTIPART_THRESHOLD_BYTES": str(PART),
    "MAX_LIVE_UPLOADS": "3",
    "MAX_BYTES_VIDEO": str(2 * MAX_OBJECT_BYTES),
}


def _small_parts(gateway: Gateway) -> Iterator[Gateway]:
    with running_gateway(gateway.store, gateway.bucket, **SETTINGS) as small:
        yield small


@pytest.fixture(scope="module")
def on_swift(swift_gateway: Gateway) -> Iterator[Gateway]:
    yield from _small_parts(swift_gateway)


@pytest.fixture(scope="module")
def on_juicefs(juicefs_gateway: Gateway) -> Iterator[Gateway]:
    yield from _small_parts(juicefs_gateway)


@pytest.fixture(scope="module")
def on_front(front_gateway: Gateway) -> Iterator[Gateway]:
    yield from _small_parts(front_gateway)


@pytest.fixture(params=["on_swift", "on_juicefs", "on_front"])
def everywhere(request: pytest.FixtureRequest) -> Gateway:
    gateway: Gateway = request.getfixturevalue(request.param)
    return gateway


@pytest.fixture
def gateway(on_swift: Gateway) -> Gateway:
    return on_swift


def somebody(gateway: Gateway) -> Caller:
    """A user with nothing unfinished yet."""
    return gateway.client_for(str(uuid.uuid4()))


@pytest.fixture
def ada(everywhere: Gateway) -> Caller:
    return somebody(everywhere)


@pytest.fixture
def alice(gateway: Gateway) -> Caller:
    return somebody(gateway)


def begin(caller: Caller, size: int = len(BODY), **declared: Any) -> dict[str, Any]:
    return caller.start(size, **{"method": "multipart", **declared})


def send_part(part: dict[str, Any], body: bytes = BODY) -> int:
    """Do with one part what a browser does; the status."""
    start = (part["part_number"] - 1) * PART
    return fetch("PUT", part["url"], body[start : start + part["size"]], part["headers"]).status


def send_all(started: dict[str, Any], body: bytes = BODY) -> None:
    assert [send_part(part, body) for part in started["parts"]] == [200] * len(started["parts"])


def complete(caller: Caller, started: dict[str, Any]) -> TestResponse:
    return caller.post(f"/v1/uploads/{started['upload_id']}/complete")


def state(caller: Caller, started: dict[str, Any]) -> dict[str, Any]:
    response = caller.get(f"/v1/uploads/{started['upload_id']}")
    assert response.status_code == 200, response.get_data(as_text=True)
    return dict(response.json)


def refused(response: TestResponse) -> tuple[int, str]:
    return response.status_code, response.json["type"].removeprefix("/problems/")


def content(caller: Caller, path: str) -> bytes:
    return fetch("GET", caller.get(f"/v1/assets/{path}").json["link"]["url"]).data


def test_a_large_file_is_sent_in_parts_resumed_and_completed(ada: Caller) -> None:
    """Half is sent, the state names the rest, that is signed afresh, and an asset comes of it."""
    started = begin(ada, metadata={"title": "Ünïcode  and  spaces "})
    assert (started["method"], started["part_size"], started["part_count"]) == (
        "MULTIPART",
        PART,
        2,
    )
    assert [(part["part_number"], part["size"]) for part in started["parts"]] == [
        (1, PART),
        (2, len(BODY) - PART),
    ]
    assert send_part(started["parts"][0]) == 200

    found = state(ada, started)
    assert [(part["part_number"], part["size"]) for part in found["uploaded"]] == [(1, PART)]
    assert found["uploaded"][0]["etag"]
    assert found["missing"] == [2]
    assert found["size"] == len(BODY)
    signed = ada.post(
        f"/v1/uploads/{started['upload_id']}/parts", {"part_numbers": found["missing"]}
    ).json
    assert signed["expires_at"].endswith("Z")
    assert [send_part(part) for part in signed["parts"]] == [200]

    asset = complete(ada, started).json
    assert (asset["path"], asset["size"]) == (started["path"], len(BODY))
    assert asset["content_type"] == "image/png"
    assert asset["metadata"] == {"title": "Ünïcode  and  spaces "}
    assert content(ada, asset["path"]) == BODY


def test_t23_a_completed_upload_answers_the_same_and_cannot_be_undone(ada: Caller) -> None:
    """T23: completing again gives the same asset, the state is whole, DELETE leaves it."""
    started = begin(ada)
    send_all(started)
    first = complete(ada, started).json
    found = state(ada, started)
    assert [part["part_number"] for part in found["uploaded"]] == [1, 2]
    assert found["missing"] == []
    for _ in range(2):
        assert ada.delete(f"/v1/uploads/{started['upload_id']}").status_code == 204
    second = complete(ada, started).json
    assert first.pop("link")
    assert second.pop("link")
    # The store tells it as it puts the parts together; whoever wants it again looks at the asset.
    first.pop("checksum_crc64nvme")
    assert second.pop("checksum_crc64nvme") is None
    assert first == second
    assert content(ada, started["path"]) == BODY


def test_t23_gaps_and_parts_of_another_size_are_named(ada: Caller, everywhere: Gateway) -> None:
    """T23: completion says which parts to send, and works once they were sent."""
    started = begin(ada)
    response = complete(ada, started)
    assert refused(response) == (409, "upload-incomplete")
    assert [fault["pointer"] for fault in response.json["errors"]] == ["/parts/1", "/parts/2"]
    query = parse_qs(urlsplit(started["parts"][0]["url"]).query)
    everywhere.store.client().upload_part(
        Bucket=everywhere.bucket,
        Key=started["key"],
        UploadId=query["uploadId"][0],
        PartNumber=1,
        Body=b"not what was declared",
    )
    assert send_part(started["parts"][1]) == 200
    response = complete(ada, started)
    assert refused(response) == (409, "upload-incomplete")
    assert [fault["pointer"] for fault in response.json["errors"]] == ["/parts/1"]
    assert state(ada, started)["missing"] == [1]
    assert send_part(started["parts"][0]) == 200
    assert complete(ada, started).status_code == 200


def test_t17_a_part_takes_its_own_size_and_no_other(ada: Caller) -> None:
    """T17: content-length is signed, so a longer or shorter part is refused by the store."""
    part = begin(ada)["parts"][1]
    whole = BODY[PART:]
    for body in (whole + b"x", whole[:-1]):
        assert fetch("PUT", part["url"], body).status == 403
    assert fetch("PUT", part["url"], whole).status == 200


def test_t20_a_path_that_was_taken_meanwhile_is_not_overwritten(
    ada: Caller, everywhere: Gateway
) -> None:
    """T20, T21: another object at the path is neither overwritten nor taken for this upload's.

    Where an id was minted for this upload alone, only somebody with the bucket's keys can put one
    there, and the store's own condition is relied on; below an id that others share, none is.
    """
    shared = Strictness.IF_NONE_MATCH not in everywhere.store.strict
    started = begin(ada, **({"asset_id": str(uuid.uuid4())} if shared else {}))
    send_all(started)
    everywhere.store.client().put_object(
        Bucket=everywhere.bucket, Key=started["key"], Body=b"first"
    )
    assert refused(complete(ada, started)) == (409, "already-exists")
    assert content(ada, started["path"]) == b"first"


def test_t21_what_is_not_as_declared_is_gone_for_good(ada: Caller, everywhere: Gateway) -> None:
    """T18, T21: HTML as PNG is refused and removed, with every version of it."""
    body = HTML.ljust(len(BODY), b" ")
    started = begin(ada)
    send_all(started, body)
    assert refused(complete(ada, started)) == (422, "upload-rejected")
    client = everywhere.store.client()
    if everywhere.store.name == "front":
        found = client.list_object_versions(Bucket=everywhere.bucket, Prefix=started["key"])
        assert "Versions" not in found
    listed = client.list_objects_v2(Bucket=everywhere.bucket, Prefix=started["key"])
    assert listed["KeyCount"] == 0
    assert refused(complete(ada, started)) == (409, "upload-incomplete")


def test_t23_completions_at_once_agree(ada: Caller) -> None:
    """T23: four completions of one upload at the same moment give the same asset."""
    started = begin(ada)
    send_all(started)
    answers = at_once(lambda: complete(ada, started), 4)
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.json["etag"] for answer in answers}) == 1
    assert content(ada, started["path"]) == BODY


def test_t23_an_upload_given_up_is_over(ada: Caller) -> None:
    """T23: after DELETE, twice, nothing is left to look at or to complete."""
    started = begin(ada)
    send_all(started)
    for _ in range(2):
        assert ada.delete(f"/v1/uploads/{started['upload_id']}").status_code == 204
    assert refused(ada.get(f"/v1/uploads/{started['upload_id']}")) == (404, "not-found")
    assert refused(complete(ada, started)) == (409, "upload-incomplete")
    assert ada.get("/v1/uploads").json["items"] == []
    assert ada.get(f"/v1/assets/{started['path']}").status_code == 404


def test_t23_an_abort_in_the_middle_of_completion(
    ada: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T23: aborted between the look at the parts and putting them together: 409, no object."""
    started = begin(ada)
    send_all(started)
    put_together = Multipart.complete

    def abort_first(
        self: Multipart, key: str, upload_id: str, parts: Iterable[Part], *, is_ours: bool
    ) -> Assembled | None:
        self.abort(key, upload_id)
        return put_together(self, key, upload_id, parts, is_ours=is_ours)

    monkeypatch.setattr(Multipart, "complete", abort_first)
    assert refused(complete(ada, started)) == (409, "upload-incomplete")
    assert ada.get(f"/v1/assets/{started['path']}").status_code == 404


def test_t23_thousands_of_parts(on_juicefs: Gateway) -> None:
    """T23: 1,001 parts are signed in two batches, listed in pages, and become one asset."""
    eve = somebody(on_juicefs)
    body = png().ljust(1001 * 8, b"\0")
    upload_id = sealed_upload(on_juicefs, eve.sub, len(body), part_size=8)
    urls = []
    for batch in (range(1, 1001), range(1001, 1002)):
        signed = eve.post(f"/v1/uploads/{upload_id}/parts", {"part_numbers": [*batch]}).json
        urls += [part["url"] for part in signed["parts"]]
    with urllib3.PoolManager(maxsize=4) as http, ThreadPoolExecutor(4) as pool:

        def send(numbered: tuple[int, str]) -> int:
            index, url = numbered
            return http.request("PUT", url, body=body[index * 8 : index * 8 + 8]).status

        assert set(pool.map(send, enumerate(urls))) == {200}
    found = eve.get(f"/v1/uploads/{upload_id}").json
    assert [part["part_number"] for part in found["uploaded"]] == [*range(1, 1002)]
    asset = eve.post(f"/v1/uploads/{upload_id}/complete").json
    assert asset["size"] == len(body)
    assert content(eve, asset["path"]) == body


@pytest.mark.parametrize("gateway_name", ["on_swift", "on_front"])
def test_t23_parts_under_5_mib(request: pytest.FixtureRequest, gateway_name: str) -> None:
    """T23: a plan that the store finds too small is a 409, not a fault of ours."""
    gateway: Gateway = request.getfixturevalue(gateway_name)
    caller = somebody(gateway)
    upload_id = sealed_upload(gateway, caller.sub, 20, part_size=10)
    signed = caller.post(f"/v1/uploads/{upload_id}/parts", {"part_numbers": [1, 2]}).json
    for part in signed["parts"]:
        assert fetch("PUT", part["url"], b"x" * 10).status == 200
    response = caller.post(f"/v1/uploads/{upload_id}/complete")
    assert refused(response) == (409, "upload-incomplete")


@pytest.mark.parametrize(
    "numbers",
    [[0], [3], [10_001], [-1], [1, 1], [], [1.0], ["1"], [True], None, [*range(1, 1002)]],
    ids=lambda numbers: str(numbers)[:20],
)
def test_t23_part_numbers_that_are_none_are_refused(alice: Caller, numbers: Any) -> None:
    """T23: part 0, parts beyond the plan, twice, none, too many, or not numbers: 422."""
    started = begin(alice)
    response = alice.post(f"/v1/uploads/{started['upload_id']}/parts", {"part_numbers": numbers})
    assert refused(response) == (422, "validation-error")
    assert response.json["errors"][0]["pointer"].startswith("/part_numbers")


def test_a_single_upload_has_no_parts(alice: Caller) -> None:
    """PUT and POST: nothing to sign in parts, and the state says so."""
    started = alice.start(10, method="put")
    response = alice.post(f"/v1/uploads/{started['upload_id']}/parts", {"part_numbers": [1]})
    assert refused(response) == (422, "validation-error")
    found = state(alice, started)
    assert (found["size"], found["part_size"], found["part_count"]) == (10, None, None)
    assert (found["uploaded"], found["missing"]) == ([], [])
    assert found["url"]


@pytest.mark.parametrize(
    ("change", "method"),
    [({"size": PART}, "PUT"), ({"size": PART + 1}, "MULTIPART")],
    ids=["at the threshold", "above it"],
)
def test_auto_cuts_above_the_threshold(alice: Caller, change: dict[str, int], method: str) -> None:
    """MULTIPART_THRESHOLD_BYTES is the largest file in one request."""
    assert begin(alice, **change, method="auto")["method"] == method


def test_a_checksum_of_the_whole_needs_a_single_request(alice: Caller) -> None:
    """S3 keeps no SHA-256 of a multipart object, so declaring one is a 422."""
    response = alice.post(
        "/v1/uploads",
        {
            "filename": "a.png",
            "content_type": "image/png",
            "size": len(BODY),
            "method": "multipart",
            "checksum_sha256": "A" * 43 + "=",
        },
    )
    assert refused(response) == (422, "validation-error")
    assert response.json["errors"][0]["pointer"] == "/checksum_sha256"


@pytest.mark.parametrize(
    ("size", "count"),
    [(6 * GIB, 878), (5 * 1024**4, 1024), (MAX_OBJECT_BYTES, 10_000)],
    ids=["6 GiB", "5 TiB", "48.8 TiB"],
)
def test_objects_past_5_gb_are_planned_and_signed(alice: Caller, size: int, count: int) -> None:
    """Parts grow so that 1,000 suffice, where S3 takes them; the last URL signs its very size."""
    started = begin(alice, size, filename="a.mp4", content_type="video/mp4")
    assert started["part_count"] == count
    assert len(started["parts"]) == min(count, 1000)
    last = alice.post(f"/v1/uploads/{started['upload_id']}/parts", {"part_numbers": [count]}).json[
        "parts"
    ][0]
    assert (count - 1) * started["part_size"] + last["size"] == size
    query = parse_qs(urlsplit(last["url"]).query)
    assert query["partNumber"] == [str(count)]
    assert query["X-Amz-SignedHeaders"] == ["content-length;host"]
    assert alice.delete(f"/v1/uploads/{started['upload_id']}").status_code == 204


def test_more_than_s3_can_hold_is_too_large(alice: Caller) -> None:
    """Over 48.8 TiB is a 413, whatever the kind's limit says; a PUT ends at 5 GiB."""
    declared = {"filename": "a.mp4", "content_type": "video/mp4"}
    for size, method in ((MAX_OBJECT_BYTES + 1, "multipart"), (5 * GIB + 1, "put")):
        response = alice.post("/v1/uploads", {**declared, "size": size, "method": method})
        assert refused(response) == (413, "too-large")


def test_unfinished_uploads_are_listed_to_look_at_and_abort(ada: Caller) -> None:
    """A caller who lost the ids finds what is unfinished, sees its parts, and can end it."""
    begun = [begin(ada, filename=name) for name in ("a b+ü.png", "b.png")]
    send_part(begun[0]["parts"][0])
    items, cursor = [], None
    while cursor or not items:
        page = ada.get(
            "/v1/uploads", query_string={"limit": 1} | ({"cursor": cursor} if cursor else {})
        )
        items += page.json["items"]
        cursor = page.json["next_cursor"]
    assert sorted(item["path"] for item in items) == sorted(each["path"] for each in begun)
    assert [item["key"] for item in items] == [f"users/{ada.sub}/{item['path']}" for item in items]
    for item in items:
        assert item["size"] is None
        assert item["initiated_at"].endswith("Z")
    [found] = [item for item in items if item["path"] == begun[0]["path"]]
    seen = state(ada, found)
    assert [part["part_number"] for part in seen["uploaded"]] == [1]
    assert (seen["size"], seen["part_size"], seen["missing"]) == (None, None, None)
    for call, body in (("complete", {}), ("parts", {"part_numbers": [1]})):
        response = ada.post(f"/v1/uploads/{found['upload_id']}/{call}", body)
        assert refused(response) == (422, "validation-error")
    assert ada.delete(f"/v1/uploads/{found['upload_id']}").status_code == 204
    assert refused(ada.get(f"/v1/uploads/{found['upload_id']}")) == (404, "not-found")
    assert [item["path"] for item in ada.get("/v1/uploads").json["items"]] == [begun[1]["path"]]


def test_t13_t22_nothing_of_it_works_for_another_user(gateway: Gateway, alice: Caller) -> None:
    """T13, T22: ids, listed ids and cursors of one user are a 404 to another."""
    bob = gateway.client_for(alice.sub[:-1])
    started = begin(alice)
    begin(alice)
    page = alice.get("/v1/uploads?limit=1").json
    assert bob.get("/v1/uploads").json == {"items": [], "next_cursor": None}
    foreign_cursor = bob.get("/v1/uploads", query_string={"cursor": page["next_cursor"]})
    assert refused(foreign_cursor) == (404, "not-found")
    for upload_id in (started["upload_id"], page["items"][0]["upload_id"]):
        for tried in (upload_id, upload_id[:-2]):
            path = f"/v1/uploads/{tried}"
            for response in (
                bob.get(path),
                bob.delete(path),
                bob.post(f"{path}/parts", {"part_numbers": [1]}),
                bob.post(f"{path}/complete"),
            ):
                assert refused(response) == (404, "not-found")
    assert state(alice, started)["missing"] == [1, 2]


def test_t24_unfinished_uploads_are_limited(ada: Caller) -> None:
    """T24: over MAX_LIVE_UPLOADS a start is a 429; ending one makes room again."""
    begun = [begin(ada) for _ in range(3)]
    declared = {"filename": "a.png", "content_type": "image/png", "size": 10}
    response = ada.post("/v1/uploads", {**declared, "method": "multipart"})
    assert refused(response) == (429, "too-many-uploads")
    assert int(response.headers["Retry-After"]) > 0
    assert len(ada.get("/v1/uploads").json["items"]) == 3
    assert ada.post("/v1/uploads", {**declared, "method": "put"}).status_code == 201
    ada.delete(f"/v1/uploads/{begun[0]['upload_id']}")
    begin(ada)


def test_t24_starts_at_once_never_exceed_the_limit(ada: Caller) -> None:
    """T24: however many begin at the same moment, no more than the limit stay."""
    declared = {"filename": "a.png", "content_type": "image/png", "size": 10}
    answers = at_once(lambda: ada.post("/v1/uploads", {**declared, "method": "multipart"}), 8)
    assert {answer.status_code for answer in answers} <= {201, 429}
    accepted = [answer for answer in answers if answer.status_code == 201]
    assert len(ada.get("/v1/uploads").json["items"]) == len(accepted) <= 3


def test_a_file_of_a_package_may_be_large(alice: Caller) -> None:
    """With `asset_id`, a path that exists is a 409 at creation, for multipart too."""
    asset_id = begin(alice)["asset_id"]
    started = begin(alice, asset_id=asset_id, filename="720p/1.png")
    send_all(started)
    assert complete(alice, started).status_code == 200
    response = alice.post(
        "/v1/uploads",
        {
            "filename": "720p/1.png",
            "content_type": "image/png",
            "size": len(BODY),
            "asset_id": asset_id,
        },
    )
    assert refused(response) == (409, "already-exists")


def at_once(call: Callable[[], TestResponse], times: int) -> list[TestResponse]:
    """The answers of ``times`` calls that start together."""
    barrier = threading.Barrier(times)

    def wait_and_call(_: int) -> TestResponse:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(wait_and_call, range(times)))


def sealed_upload(gateway: Gateway, sub: str, size: int, *, part_size: int) -> str:
    """The id of a begun upload whose parts are smaller than the settings allow."""
    services: Services = gateway.app.extensions[EXTENSION]
    upload = Upload(
        sub,
        AssetPath.parse(f"image/{uuid.uuid4()}/a.png"),
        Method.MULTIPART,
        "mark",
        "image/png",
        size,
        part_size=part_size,
    )
    begun = services.assets.multipart_uploads.begin(upload)
    return services.signing.upload_ids.sign(begun.to_claims())
