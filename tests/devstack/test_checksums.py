"""The store keeps a CRC-64/NVME of every object, as AWS does, and tells it where AWS does."""

from __future__ import annotations

import base64

import pytest

from tests.devstack.test_post_policies import form_for, post, stored
from tests.devstack.wire import Answer, Wire

CRC, TYPE = "x-amz-checksum-crc64nvme", "x-amz-checksum-type"
MODE = {"x-amz-checksum-mode": "ENABLED"}
LARGE = bytes(range(256)) * (5 << 12)


def crc64nvme(body: bytes) -> str:
    """Bit by bit, from the polynomial alone: nothing that the store's could share a fault with."""
    crc = (1 << 64) - 1
    for byte in body:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x9A6C9329AC4BC9B5 if crc & 1 else 0)
    return base64.b64encode((crc ^ ((1 << 64) - 1)).to_bytes(8, "big")).decode()


def told(wire: Wire, key: str, method: str = "HEAD", **headers: str) -> dict[str, str]:
    """The checksum headers of the object as it is read with checksum mode."""
    sent = {**MODE, **headers}
    answer = wire.send(method, wire.presign(method, key, headers=MODE), sent)
    assert answer.status in (200, 206)
    return {n.lower(): v for n, v in answer.headers.items() if n.lower().startswith("x-amz-check")}


def test_the_oracle_knows_the_published_check_value() -> None:
    """Of ``123456789``, as every catalogue of checksums gives it."""
    assert base64.b64decode(crc64nvme(b"123456789")).hex() == "ae8b14860a799888"


@pytest.mark.parametrize("body", [b"", b"123456789", bytes(range(256)) * 40])
def test_a_put_is_kept_with_its_checksum(wire: Wire, key: str, body: bytes) -> None:
    """The answer has it, HEAD and GET of the whole have it when asked; nothing else does."""
    expected = {CRC: crc64nvme(body), TYPE: "FULL_OBJECT"}
    answer = wire.send("PUT", wire.presign("PUT", key), body=body)
    assert {name: answer.headers[name] for name in expected} == expected
    assert told(wire, key) == told(wire, key, "GET") == expected
    assert CRC not in wire.send("HEAD", wire.presign("HEAD", key)).headers


def test_a_ranged_get_tells_none(wire: Wire, key: str) -> None:
    """The checksum is of the whole; bytes of a range could not be held against it."""
    wire.send("PUT", wire.presign("PUT", key), body=b"123456789")
    assert told(wire, key, "GET", Range="bytes=0-3") == {}


def test_each_version_has_its_own(wire: Wire, key: str) -> None:
    """An older version is read with its own checksum."""
    first = wire.send("PUT", wire.presign("PUT", key), body=b"first")
    wire.send("PUT", wire.presign("PUT", key), body=b"second")
    query = {"versionId": first.headers["x-amz-version-id"]}
    older = wire.send("HEAD", wire.presign("HEAD", key, query=query, headers=MODE), MODE)
    assert (older.headers[CRC], told(wire, key)[CRC]) == (crc64nvme(b"first"), crc64nvme(b"second"))


def test_another_checksum_takes_its_place(wire: Wire, key: str) -> None:
    """S3 keeps the one that was brought, and no second."""
    headers = {"x-amz-checksum-crc32": "y/Q5Jg=="}
    wire.send("PUT", wire.presign("PUT", key, headers=headers), headers, b"123456789")
    assert told(wire, key) == {**headers, TYPE: "FULL_OBJECT"}


def test_t26_a_put_of_other_bytes_is_refused(wire: Wire, key: str) -> None:
    """T26: BadDigest and nothing stored; the promised bytes are taken."""
    headers = {CRC: crc64nvme(b"mine")}
    url = wire.presign("PUT", key, headers=headers)
    refused = wire.send("PUT", url, headers, b"your")
    assert (refused.status, refused.code) == (400, "BadDigest")
    assert wire.send("GET", wire.presign("GET", key)).code == "NoSuchKey"
    assert wire.send("PUT", url, headers, b"mine").status == 200
    assert told(wire, key) == {**headers, TYPE: "FULL_OBJECT"}


@pytest.mark.parametrize("value", ["", "no base64", "YQ==", "AAAAAAAAAAAAAAAA"])
def test_what_is_no_crc_is_refused(wire: Wire, key: str, value: str) -> None:
    """Garbage, or a checksum of another length, is never "nothing to check"."""
    headers = {CRC: value}
    answer = wire.send("PUT", wire.presign("PUT", key, headers=headers), headers, b"x")
    assert (answer.status, answer.code) == (400, "InvalidRequest")


def test_two_checksums_at_once_are_refused(wire: Wire, key: str) -> None:
    """As on S3: one, or none."""
    headers = {CRC: crc64nvme(b"123456789"), "x-amz-checksum-crc32": "y/Q5Jg=="}
    url = wire.presign("PUT", key, headers=headers)
    answer = wire.send("PUT", url, headers, b"123456789")
    assert (answer.status, answer.code) == (400, "InvalidRequest")


def test_a_form_is_kept_with_its_checksum(wire: Wire, key: str) -> None:
    """Without a promise, and with one that its policy pins."""
    expected = {CRC: crc64nvme(b"four"), TYPE: "FULL_OBJECT"}
    assert post(wire, form_for(wire, key)).status == 204
    assert told(wire, key) == expected
    named = {"x-amz-checksum-algorithm": "CRC64NVME", CRC: crc64nvme(b"four")}
    assert post(wire, form_for(wire, f"{key}.2", **named)).status == 204
    assert told(wire, f"{key}.2") == expected


def test_t26_a_form_of_other_bytes_is_refused(wire: Wire, key: str) -> None:
    """T26: BadDigest and nothing stored."""
    answer = post(wire, form_for(wire, key, **{CRC: crc64nvme(b"mine")}), b"your")
    assert (answer.status, answer.code) == (400, "BadDigest")
    assert stored(wire, key) is None


class Parts:
    """An upload of two parts of which the first is as small as S3 allows."""

    def __init__(self, wire: Wire, key: str) -> None:
        self.wire, self.key = wire, key
        made = wire.stack.client("s3").create_multipart_upload(Bucket=wire.stack.bucket, Key=key)
        self.query: dict[str, str] = {"uploadId": made["UploadId"]}
        listed = ""
        for number, body in enumerate([LARGE, b"the end"], 1):
            url = wire.presign("PUT", key, query={**self.query, "partNumber": str(number)})
            etag = wire.send("PUT", url, body=body).headers["etag"]
            listed += f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
        self.document = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()

    def complete(self, headers: dict[str, str] | None = None) -> Answer:
        url = self.wire.presign("POST", self.key, query=self.query, headers=headers)
        return self.wire.send("POST", url, headers, self.document)


@pytest.fixture(scope="module")
def whole() -> str:
    return crc64nvme(LARGE + b"the end")


def test_parts_become_an_object_with_one_checksum(wire: Wire, key: str, whole: str) -> None:
    """The completion says the whole object's; asked again, it says the same."""
    upload = Parts(wire, key)
    done = upload.complete()
    said = f"<ChecksumCRC64NVME>{whole}</ChecksumCRC64NVME><ChecksumType>FULL_OBJECT</ChecksumType>"
    assert said.encode() in done.body
    assert done.body.rstrip().endswith(b"</CompleteMultipartUploadResult>")
    assert upload.complete().body == done.body
    assert told(wire, key) == {CRC: whole, TYPE: "FULL_OBJECT"}


def test_t26_a_completion_that_promises_other_bytes_is_refused(
    wire: Wire, key: str, whole: str
) -> None:
    """T26: BadDigest, nothing stored, and the parts are there still."""
    upload = Parts(wire, key)
    refused = upload.complete({CRC: crc64nvme(b"another")})
    assert (refused.status, refused.code) == (400, "BadDigest")
    assert wire.send("GET", wire.presign("GET", key)).code == "NoSuchKey"
    assert upload.complete({CRC: whole}).status == 200


def test_a_copy_says_its_checksum(wire: Wire, key: str) -> None:
    """CopyObject's document has it, and the copy is read with it."""
    wire.send("PUT", wire.presign("PUT", key), body=b"123456789")
    copied = wire.stack.client("s3").copy_object(
        Bucket=wire.stack.bucket,
        Key=f"{key}.copy",
        CopySource={"Bucket": wire.stack.bucket, "Key": key},
    )["CopyObjectResult"]
    expected = crc64nvme(b"123456789")
    assert (copied["ChecksumCRC64NVME"], copied["ChecksumType"]) == (expected, "FULL_OBJECT")
    assert told(wire, f"{key}.copy") == {CRC: expected, TYPE: "FULL_OBJECT"}
