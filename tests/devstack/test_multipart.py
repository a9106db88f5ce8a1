"""Multipart uploads: moto's faults are mended, S3's rules hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from devstack.account import Stack
from tests.devstack.wire import Answer, Wire


class Upload:
    """One upload, by presigned URLs, as a browser does it."""

    def __init__(self, wire: Wire, key: str) -> None:
        self.wire, self.key = wire, key
        s3 = wire.stack.client("s3")
        made = s3.create_multipart_upload(Bucket=wire.stack.bucket, Key=key)
        self.upload_id: str = made["UploadId"]

    def part(self, number: int | str, body: bytes = b"x") -> Answer:
        query = {"partNumber": str(number), "uploadId": self.upload_id}
        return self.wire.send("PUT", self.wire.presign("PUT", self.key, query=query), body=body)

    def complete(self, *parts: tuple[int, str], **headers: str) -> Answer:
        listed = "".join(
            f"<Part><PartNumber>{n}</PartNumber><ETag>{etag}</ETag></Part>" for n, etag in parts
        )
        body = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>"
        return self.finish(body.encode(), **headers)

    def finish(self, body: bytes, **headers: str) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        url = self.wire.presign("POST", self.key, query={"uploadId": self.upload_id}, headers=sent)
        return self.wire.send("POST", url, sent, body)


@pytest.fixture
def upload(wire: Wire, key: str) -> Upload:
    return Upload(wire, key)


def test_an_upload_in_parts(wire: Wire, upload: Upload) -> None:
    """Parts in any order become one object; a second completion answers the same."""
    large = b"a" * (5 << 20)
    second = upload.part(2, b"end").headers["etag"]
    first = upload.part(1, large).headers["etag"]
    done = upload.complete((1, first), (2, second))
    assert done.status == 200
    assert wire.send("GET", wire.presign("GET", upload.key)).body == large + b"end"
    again = upload.complete((1, first), (2, second))
    assert (again.status, again.body) == (200, done.body)


@pytest.mark.parametrize(
    "call",
    [
        lambda s3, target: s3.upload_part(**target, PartNumber=1, Body=b"x"),
        lambda s3, target: s3.list_parts(**target),
        lambda s3, target: s3.abort_multipart_upload(**target),
        lambda s3, target: s3.complete_multipart_upload(
            **target, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": "e"}]}
        ),
    ],
    ids=["upload", "list", "abort", "complete"],
)
@pytest.mark.parametrize("foreign", [False, True], ids=["unknown", "of another key"])
def test_an_unknown_upload_is_a_404(
    stack: Stack, upload: Upload, call: Callable[[Any, Any], Any], foreign: bool
) -> None:
    """NoSuchUpload for every call; moto alone says 500, or takes another key's upload."""
    upload_id = upload.upload_id if foreign else "nobodys"
    target = {"Bucket": stack.bucket, "Key": f"{upload.key}.other", "UploadId": upload_id}
    with pytest.raises(ClientError, match="NoSuchUpload") as caught:
        call(stack.client("s3"), target)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


@pytest.mark.parametrize("number", ["0", "-1", "10001", "one", "1.0", ""])
def test_t23_part_numbers_are_1_to_10000(upload: Upload, number: str) -> None:
    """T23: anything else is a 400."""
    answer = upload.part(number)
    assert (answer.status, answer.code) == (400, "InvalidArgument")


def test_t23_forged_and_missing_parts_are_refused(upload: Upload) -> None:
    """T23: a wrong ETag, a part that is not there, parts out of order, parts too small."""
    first = upload.part(1).headers["etag"]
    second = upload.part(2).headers["etag"]
    assert upload.complete((1, '"0"')).code == "InvalidPart"
    assert upload.complete((1, first), (3, second)).status == 400
    assert upload.complete((2, second), (1, first)).code == "InvalidPartOrder"
    assert upload.complete((1, first), (1, first)).code == "InvalidPartOrder"
    assert upload.complete((1, first), (2, second)).code == "EntityTooSmall"


@pytest.mark.parametrize("body", [b"", b"<", b"<a/>", b"<a><Part/></a>"])
def test_a_completion_without_parts_is_malformed(upload: Upload, body: bytes) -> None:
    """No 500 for what is no list of parts."""
    answer = upload.finish(body)
    assert (answer.status, answer.code) == (400, "MalformedXML")


def test_t50_the_size_declared_at_completion_holds(wire: Wire, upload: Upload) -> None:
    """T50: parts swapped after the check change the sum, and the completion fails."""
    etag = upload.part(1, b"swapped").headers["etag"]
    refused = upload.complete((1, etag), x_amz_mp_object_size="4")
    assert (refused.status, refused.code) == (400, "InvalidRequest")
    assert wire.send("GET", wire.presign("GET", upload.key)).status == 404
    assert upload.complete((1, etag), x_amz_mp_object_size="7").status == 200


def test_uploads_are_listed_with_their_start(stack: Stack, wire: Wire) -> None:
    """Start times are true, pages and markers work, prefixes bound."""
    keys = [f"users/lists/{name}" for name in ("a", "b", "b", "c d")]
    made = [Upload(wire, key).upload_id for key in keys]
    Upload(wire, "users/listsx")
    pages = stack.client("s3").get_paginator("list_multipart_uploads")
    found = []
    for page in pages.paginate(
        Bucket=stack.bucket, Prefix="users/lists/", PaginationConfig={"PageSize": 1}
    ):
        assert len(page["Uploads"]) == 1
        found += page["Uploads"]
    assert [entry["Key"] for entry in found] == keys
    assert {entry["UploadId"] for entry in found} == set(made)
    assert all(datetime.now(UTC) - e["Initiated"] < timedelta(minutes=1) for e in found)


def test_parts_are_listed_by_number(stack: Stack, upload: Upload) -> None:
    """Gaps and pages: the marker is a part number, not a position."""
    for number in (2, 40, 41, 10_000):
        upload.part(number)
    target = {"Bucket": stack.bucket, "Key": upload.key, "UploadId": upload.upload_id}
    first = stack.client("s3").list_parts(**target, MaxParts=3)
    assert [part["PartNumber"] for part in first["Parts"]] == [2, 40, 41]
    assert first["IsTruncated"]
    last = stack.client("s3").list_parts(**target, PartNumberMarker=41)
    assert [part["PartNumber"] for part in last["Parts"]] == [10_000]
    assert not last["IsTruncated"]
