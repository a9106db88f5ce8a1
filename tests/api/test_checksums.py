"""CRC-64/NVME of the whole file: what arrives is what was read, or the upload says so (T26)."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from awscrt.checksums import crc64nvme
from werkzeug.test import TestResponse

from tests.gateway import Caller, Gateway, fetch, running_gateway, send
from tests.samples import png
from tests.stores.cors import CorsProxy
from tests.stores.faults import Flip

pytestmark = pytest.mark.store

PNG = png()
PART = 5 * 1024**2
LARGE = PNG.ljust(3 * PART, b"\0") + b"and the rest of it"
SETTINGS = {"PART_SIZE_BYTES": str(PART), "MULTIPART_THRESHOLD_BYTES": str(PART)}
METHODS = ["put", "post", "multipart"]


def crc(body: bytes) -> str:
    return base64.b64encode(crc64nvme(body).to_bytes(8, "big")).decode()


ANOTHER = crc(b"another file")


@pytest.fixture(scope="module")
def gateway(front_gateway: Gateway) -> Iterator[Gateway]:
    """On the store that keeps the checksum and every version."""
    with running_gateway(front_gateway.store, front_gateway.bucket, **SETTINGS) as gateway:
        yield gateway


@pytest.fixture
def alice(gateway: Gateway) -> Caller:
    """A user with nothing stored yet."""
    return gateway.client_for(str(uuid.uuid4()))


def body_for(method: str) -> bytes:
    return LARGE if method == "multipart" else PNG


def sent(caller: Caller, method: str, **declared: Any) -> dict[str, Any]:
    """An upload whose bytes have arrived."""
    body = body_for(method)
    started = caller.start(len(body), method=method, **declared)
    if method != "multipart":
        assert send(started, body).status in (200, 201, 204)
        return started
    for number, part in enumerate(started["parts"]):
        cut = body[number * PART : (number + 1) * PART]
        assert fetch("PUT", part["url"], cut, part["headers"]).status == 200
    return started


def complete(caller: Caller, started: dict[str, Any], checksum: object = None) -> TestResponse:
    given = {} if checksum is None else {"checksum_crc64nvme": checksum}
    return caller.post(f"/v1/uploads/{started['upload_id']}/complete", given)


def versions(gateway: Gateway, started: dict[str, Any]) -> dict[str, Any]:
    """What is left at the key, versions and markers of deletion alike."""
    found = gateway.store.client().list_object_versions(
        Bucket=gateway.bucket, Prefix=started["key"]
    )
    return {name: found[name] for name in ("Versions", "DeleteMarkers") if found.get(name)}


def refused(response: TestResponse) -> tuple[int, str]:
    return response.status_code, response.json["type"].removeprefix("/problems/")


@pytest.mark.parametrize("method", METHODS)
def test_t26_the_right_checksum_completes_and_the_asset_carries_it(
    alice: Caller, method: str
) -> None:
    """T26: the file's own CRC is confirmed by the store's, however the bytes travelled; asked
    again, and shown alone, the asset is the same."""
    started = sent(alice, method)
    expected = crc(body_for(method))
    for _ in range(2):
        asset = complete(alice, started, expected)
        assert asset.status_code == 200, asset.get_data(as_text=True)
        assert asset.json["checksum_crc64nvme"] == expected


@pytest.mark.parametrize("method", METHODS)
def test_t26_another_checksum_is_refused_and_the_object_is_gone(
    alice: Caller, gateway: Gateway, method: str
) -> None:
    """T26: 422, and no version nor marker is left of what was refused."""
    started = sent(alice, method)
    assert versions(gateway, started) or method == "multipart"
    response = complete(alice, started, ANOTHER)
    assert refused(response) == (422, "upload-rejected")
    assert "CRC-64/NVME" in response.json["detail"]
    assert versions(gateway, started) == {}
    assert alice.get(f"/v1/assets/{started['path']}").status_code == 404


def test_t26_an_older_object_at_the_key_survives(alice: Caller, gateway: Gateway) -> None:
    """T26: a rejected form is removed by its version; what was there before comes to light."""
    started = alice.start(len(PNG), method="post")
    store = gateway.store.client()
    kept = store.put_object(Bucket=gateway.bucket, Key=started["key"], Body=b"older")["VersionId"]
    assert send(started, PNG).status == 204
    assert refused(complete(alice, started, ANOTHER)) == (422, "upload-rejected")
    assert [v["VersionId"] for v in versions(gateway, started)["Versions"]] == [kept]


@pytest.mark.parametrize("method", METHODS)
def test_without_a_checksum_nothing_is_compared(alice: Caller, method: str) -> None:
    """Completion as it was; a store's value is no reason to refuse."""
    assert complete(alice, sent(alice, method)).status_code == 200


@pytest.mark.parametrize("method", ["put", "post"])
def test_t26_a_declared_checksum_is_signed(alice: Caller, gateway: Gateway, method: str) -> None:
    """T26: the store refuses other bytes and keeps none of them; the declared ones complete
    without a word more, and the asset carries their checksum."""
    started = alice.start(len(PNG), method=method, checksum_crc64nvme=crc(PNG))
    assert send(started, PNG[:-1] + b"!").status == 400
    assert versions(gateway, started) == {}
    assert send(started, PNG).status in (200, 204)
    asset = complete(alice, started).json
    assert asset["checksum_crc64nvme"] == crc(PNG)


def test_t26_a_declared_checksum_cannot_be_left_out(alice: Caller, gateway: Gateway) -> None:
    """T26: without the signed header the signature does not hold; in a form the policy does not."""
    name = "x-amz-checksum-crc64nvme"
    put = alice.start(len(PNG), checksum_crc64nvme=crc(PNG))
    assert send(put, PNG, headers={name: None}).status == 403
    assert send(put, PNG, headers={name: ANOTHER}).status == 403
    form = alice.start(len(PNG), method="post", checksum_crc64nvme=crc(PNG))
    assert send(form, PNG, fields={name: ANOTHER}).status == 403
    assert versions(gateway, put) == versions(gateway, form) == {}


def test_t26_completion_cannot_contradict_the_declaration(alice: Caller, gateway: Gateway) -> None:
    """T26: bytes as declared and another checksum at completion: refused, gone."""
    started = sent(alice, "put", checksum_crc64nvme=crc(PNG))
    assert refused(complete(alice, started, ANOTHER)) == (422, "upload-rejected")
    assert versions(gateway, started) == {}


MALFORMED = ["", "x", "AAAA", crc(PNG)[:-1], crc(PNG) + "=", "AAAAAAAAAAB=", 7, ["AAAAAAAAAAA="]]


@pytest.mark.parametrize("value", MALFORMED)
def test_a_malformed_checksum_is_pointed_at(alice: Caller, value: object) -> None:
    """422 with the field's pointer, at creation and at completion; nothing is removed for it."""
    declared = {"filename": "a.png", "content_type": "image/png", "size": len(PNG)}
    response = alice.post("/v1/uploads", {**declared, "checksum_crc64nvme": value})
    assert refused(response) == (422, "validation-error")
    assert response.json["errors"][0]["pointer"].startswith("/checksum_crc64nvme")
    started = sent(alice, "put")
    response = complete(alice, started, value)
    assert refused(response) == (422, "validation-error")
    assert response.json["errors"][0]["pointer"].startswith("/checksum_crc64nvme")
    assert complete(alice, started, crc(PNG)).status_code == 200


def test_a_checksum_at_the_creation_of_parts_is_pointed_at(alice: Caller) -> None:
    """S3 signs none for the whole of a multipart upload: 422 that says when to send it."""
    declared = {"filename": "a.png", "content_type": "image/png", "size": len(LARGE)}
    given = {**declared, "method": "multipart", "checksum_crc64nvme": crc(LARGE)}
    response = alice.post("/v1/uploads", given)
    assert refused(response) == (422, "validation-error")
    assert response.json["errors"][0]["pointer"] == "/checksum_crc64nvme"
    assert "complete" in response.json["errors"][0]["detail"]


@pytest.mark.parametrize("store", ["swift", "juicefs"])
@pytest.mark.parametrize("method", ["put", "multipart"])
def test_a_store_that_keeps_none_leaves_it_null(
    request: pytest.FixtureRequest, store: str, method: str
) -> None:
    """What nobody can compare is not called confirmed: the upload completes, without a checksum."""
    plain: Gateway = request.getfixturevalue(f"{store}_gateway")
    with running_gateway(plain.store, plain.bucket, **SETTINGS) as gateway:
        ada = gateway.client_for(str(uuid.uuid4()))
        asset = complete(ada, sent(ada, method), crc(body_for(method)))
    assert asset.status_code == 200, asset.get_data(as_text=True)
    assert asset.json["checksum_crc64nvme"] is None


def test_t26_a_byte_that_changes_on_the_way_is_refused(gateway: Gateway) -> None:
    """T26: one bit of 15 MiB flips in one part, its length and signature hold, the store takes it:
    completion refuses it, nothing is left, and the same file sent again completes."""
    with (
        CorsProxy(gateway.store.endpoint) as proxy,
        running_gateway(gateway.store.at(proxy.endpoint), gateway.bucket, **SETTINGS) as behind,
    ):
        ada = behind.client_for(str(uuid.uuid4()))
        proxy.weather.expect(Flip("PUT", "partNumber=2&", at_byte=PART // 2))
        started = sent(ada, "multipart")
        assert refused(complete(ada, started, crc(LARGE))) == (422, "upload-rejected")
        assert versions(gateway, started) == {}
        again = complete(ada, sent(ada, "multipart"), crc(LARGE))
        assert (again.status_code, again.json["checksum_crc64nvme"]) == (200, crc(LARGE))


def test_t26_a_batch_holds_each_file_against_its_own_checksum(alice: Caller) -> None:
    """T26: one that differs is removed and says so; the others, and one without, are assets."""
    uploads = [sent(alice, "put") for _ in range(3)]
    ids = [each["upload_id"] for each in uploads]
    body = {"upload_ids": ids, "checksums_crc64nvme": [crc(PNG), ANOTHER, None]}
    good, bad, unknown = alice.post("/v1/uploads/complete", body).json["items"]
    assert good["asset"]["checksum_crc64nvme"] == crc(PNG)
    assert bad["problem"]["type"] == "/problems/upload-rejected"
    assert unknown["asset"]["path"] == uploads[2]["path"]
    assert alice.get(f"/v1/assets/{uploads[1]['path']}").status_code == 404


def test_t26_an_upload_that_is_named_again_is_completed_once(alice: Caller) -> None:
    """T26: an item that calls it an asset would be wrong when another has it removed."""
    uploads = [sent(alice, "put") for _ in range(2)]
    ids = [uploads[number]["upload_id"] for number in (0, 0, 0, 1, 1)]
    body = {
        "upload_ids": ids,
        "checksums_crc64nvme": [crc(PNG), ANOTHER, crc(PNG), None, ANOTHER],
    }
    first, differs, again, unknown, wrong = alice.post("/v1/uploads/complete", body).json["items"]
    assert again == first
    assert [item["problem"]["type"] for item in (differs, wrong)] == [
        "/problems/validation-error"
    ] * 2
    for item in (first, unknown):
        assert alice.get(f"/v1/assets/{item['asset']['path']}").status_code == 200


@pytest.mark.parametrize("checksums", [[], [None, None], ["x"], [1]], ids=str)
def test_a_batch_takes_one_checksum_for_each_upload(alice: Caller, checksums: Any) -> None:
    """Fewer, more or others are a 422 of the call, which completes nothing."""
    upload = sent(alice, "put")
    body = {"upload_ids": [upload["upload_id"]], "checksums_crc64nvme": checksums}
    answer = alice.post("/v1/uploads/complete", body)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"].startswith("/checksums_crc64nvme")
