"""``If-None-Match: *``, alone and under fire."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from devstack.account import Stack
from tests.devstack.wire import Wire

ABSENT = {"if-none-match": "*"}


def test_t20_a_replayed_put_finds_its_object_in_the_way(wire: Wire, key: str) -> None:
    """T20: the second use of the URL is a 412, and changes nothing."""
    url = wire.presign("PUT", key, headers=ABSENT)
    assert wire.send("PUT", url, ABSENT, b"first").status == 200
    answer = wire.send("PUT", url, ABSENT, b"second")
    assert (answer.status, answer.code) == (412, "PreconditionFailed")
    assert wire.send("GET", wire.presign("GET", key)).body == b"first"


def test_what_was_deleted_is_absent(wire: Wire, key: str) -> None:
    """A delete marker does not stand in the way."""
    url = wire.presign("PUT", key, headers=ABSENT)
    wire.send("PUT", url, ABSENT, b"first")
    wire.send("DELETE", wire.presign("DELETE", key))
    assert wire.send("PUT", url, ABSENT, b"second").status == 200


def test_of_many_at_once_one_wins(wire: Wire, key: str) -> None:
    """Sixteen at the same time: one 200, fifteen 412."""
    url = wire.presign("PUT", key, headers=ABSENT)
    with ThreadPoolExecutor(16) as pool:
        made = pool.map(lambda n: wire.send("PUT", url, ABSENT, bytes([n]) * 50_000), range(16))
        assert sorted(answer.status for answer in made) == [200] + [412] * 15


def test_a_copy_can_ask_for_absence(stack: Stack, wire: Wire, key: str) -> None:
    """CopyObject with the condition does not overwrite; moto alone would."""
    s3 = stack.client("s3")
    s3.put_object(Bucket=stack.bucket, Key=key, Body=b"x")
    copy = {"Bucket": stack.bucket, "CopySource": {"Bucket": stack.bucket, "Key": key}}
    s3.copy_object(**copy, Key=f"{key}.copy", IfNoneMatch="*")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.copy_object(**copy, Key=f"{key}.copy", IfNoneMatch="*")


def test_a_completion_can_ask_for_absence(stack: Stack, key: str) -> None:
    """Two uploads of one key: the second to complete is refused."""
    s3 = stack.client("s3")
    ready = []
    for _ in range(2):
        upload = s3.create_multipart_upload(Bucket=stack.bucket, Key=key)["UploadId"]
        part = {"Bucket": stack.bucket, "Key": key, "UploadId": upload}
        etag = s3.upload_part(**part, PartNumber=1, Body=b"x")["ETag"]
        parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
        ready.append({**part, "MultipartUpload": parts, "IfNoneMatch": "*"})
    s3.complete_multipart_upload(**ready[0])
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.complete_multipart_upload(**ready[1])


def test_other_etags_are_not_implemented_as_on_s3(wire: Wire, key: str) -> None:
    """Only ``*`` is a condition of a write."""
    headers = {"if-none-match": '"etag"'}
    url = wire.presign("PUT", key, headers=headers)
    assert wire.send("PUT", url, headers, b"x").status == 501
