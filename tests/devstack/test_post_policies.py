"""Browser forms: the policy says what they may contain, and holds."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.auth import S3SigV4PostAuth
from botocore.awsrequest import AWSRequest
from urllib3 import encode_multipart_formdata

from tests.devstack.wire import Answer, Wire

SOON = datetime.now(UTC) + timedelta(hours=1)
PNG = {"content-type": "image/png"}


def signed_form(
    wire: Wire,
    fields: Mapping[str, str],
    conditions: Sequence[Any],
    *,
    expiration: datetime = SOON,
    region: str | None = None,
) -> dict[str, str]:
    """Fields with a policy of exactly these conditions, signed by botocore."""
    request = AWSRequest("POST", wire.url(""))
    request.context["s3-presign-post-fields"] = dict(fields)
    request.context["s3-presign-post-policy"] = {
        "expiration": expiration.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "conditions": list(conditions),
    }
    S3SigV4PostAuth(wire.credentials, "s3", region or wire.stack.region).add_auth(request)
    return dict(request.context["s3-presign-post-fields"])


def form_for(wire: Wire, key: str, **fields: str) -> dict[str, str]:
    """A form whose policy pins key, type, four bytes, and whatever else is given."""
    pinned = {"key": key, **PNG, **fields}
    conditions: list[Any] = [{name: value} for name, value in pinned.items()]
    conditions += [{"bucket": wire.stack.bucket}, ["content-length-range", 4, 4]]
    return signed_form(wire, pinned, conditions)


def post(
    wire: Wire, fields: Mapping[str, str], body: bytes | None = b"four", filename: str = "a.png"
) -> Answer:
    parts: list[tuple[str, Any]] = list(fields.items())
    if body is not None:
        parts.append(("file", (filename, body, "application/octet-stream")))
    data, content_type = encode_multipart_formdata(parts)
    url = f"{wire.stack.endpoint}/{wire.stack.bucket}"
    return wire.send("POST", url, {"content-type": content_type}, data)


def stored(wire: Wire, key: str) -> bytes | None:
    answer = wire.send("GET", wire.presign("GET", key))
    return answer.body if answer.status == 200 else None


def test_a_form_that_keeps_to_its_policy_is_stored(wire: Wire, key: str) -> None:
    """Bytes, type and metadata arrive; the answer carries ETag and Location."""
    answer = post(wire, form_for(wire, key, **{"x-amz-meta-upload": "mark"}))
    assert answer.status == 204
    assert answer.headers["etag"] == f'"{hashlib.md5(b"four", usedforsecurity=False).hexdigest()}"'
    assert answer.headers["location"] == wire.url(key)
    found = wire.send("GET", wire.presign("GET", key))
    assert found.body == b"four"
    assert found.headers["content-type"] == "image/png"
    assert found.headers["x-amz-meta-upload"] == "mark"


def test_boto3_forms_work_as_they_come(wire: Wire, key: str) -> None:
    """What ``generate_presigned_post`` makes is accepted unchanged."""
    made = wire.stack.client("s3").generate_presigned_post(wire.stack.bucket, key)
    assert post(wire, made["fields"]).status == 204


@pytest.mark.parametrize(("status", "expected"), [("200", 200), ("201", 201), ("204", 204)])
def test_the_form_chooses_the_status(wire: Wire, key: str, status: str, expected: int) -> None:
    """``success_action_status``; 201 has a document with key and ETag."""
    answer = post(wire, form_for(wire, key, success_action_status=status))
    assert answer.status == expected
    assert (f"<Key>{key}</Key>".encode() in answer.body) is (expected == 201)


def test_the_form_chooses_where_to_go_next(wire: Wire, key: str) -> None:
    """``success_action_redirect`` answers 303 with bucket, key and etag."""
    there = "http://localhost:3000/done"
    answer = post(wire, form_for(wire, key, success_action_redirect=there))
    assert answer.status == 303
    assert answer.headers["location"].startswith(f"{there}?bucket={wire.stack.bucket}&key=")


@pytest.mark.parametrize(
    ("body", "code"), [(b"fours", "EntityTooLarge"), (b"fou", "EntityTooSmall")]
)
def test_t17_a_file_of_another_size_is_refused(
    wire: Wire, key: str, body: bytes, code: str
) -> None:
    """T17: ``content-length-range`` bounds the file from both sides."""
    answer = post(wire, form_for(wire, key), body)
    assert (answer.status, answer.code) == (400, code)
    assert stored(wire, key) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [("key", "users/eve/image/x"), ("content-type", "text/html"), ("x-amz-meta-upload", "other")],
)
def test_a_field_other_than_the_policy_says_is_refused(
    wire: Wire, key: str, field: str, value: str
) -> None:
    """Key, type and mark are pinned."""
    form = {**form_for(wire, key, **{"x-amz-meta-upload": "mark"}), field: value}
    answer = post(wire, form)
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert "Policy Condition failed" in answer.message
    assert stored(wire, form["key"]) is None


def test_a_pinned_field_that_is_left_out_is_refused(wire: Wire, key: str) -> None:
    """A condition on a field is a demand for it."""
    form = form_for(wire, key)
    del form["content-type"]
    assert "Policy Condition failed" in post(wire, form).message


@pytest.mark.parametrize(
    "field", ["acl", "x-amz-meta-more", "success_action_redirect", "cache-control", "tagging"]
)
def test_t27_a_field_outside_the_policy_is_refused(wire: Wire, key: str, field: str) -> None:
    """T27: every field needs a condition."""
    answer = post(wire, {**form_for(wire, key), field: "public-read"})
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert answer.message == f"Invalid according to Policy: Extra input fields: {field}"
    assert stored(wire, key) is None


def test_the_bucket_is_part_of_the_policy(wire: Wire, key: str) -> None:
    """A policy for another bucket opens this one not."""
    form = signed_form(wire, {"key": key}, [{"key": key}, {"bucket": "another-bucket"}])
    assert "Policy Condition failed" in post(wire, form).message


def test_starts_with_is_checked(wire: Wire) -> None:
    """A prefix condition allows what is under it and nothing beside it."""
    conditions = [["starts-with", "$key", "users/ada/"]]
    inside = signed_form(wire, {"key": "users/ada/a"}, conditions)
    beside = signed_form(wire, {"key": "users/adam/a"}, conditions)
    assert post(wire, inside).status == 204
    assert "Policy Condition failed" in post(wire, beside).message


def test_the_filename_is_filled_in_before_the_policy_is_checked(wire: Wire) -> None:
    """``${filename}`` cannot lead out of the prefix, for its folders are dropped."""
    conditions = [["starts-with", "$key", "users/ada/"]]
    form = signed_form(wire, {"key": "users/ada/${filename}"}, conditions)
    assert post(wire, form, filename="..\\..\\eve/b.png").status == 204
    assert stored(wire, "users/ada/b.png") == b"four"


def test_an_expired_policy_is_refused(wire: Wire, key: str) -> None:
    """After ``expiration`` nothing is taken."""
    past = datetime.now(UTC) - timedelta(seconds=5)
    form = signed_form(wire, {"key": key}, [{"key": key}], expiration=past)
    answer = post(wire, form)
    assert (answer.status, answer.message) == (403, "Invalid according to Policy: Policy expired.")


def test_a_policy_lives_for_seven_days_at_most(wire: Wire, key: str) -> None:
    """However far away its expiration, the day's key that signed it ends sooner."""
    form = signed_form(wire, {"key": key}, [])
    signed_at = datetime.now(UTC) - timedelta(days=7, minutes=1)
    date = signed_at.strftime("%Y%m%dT%H%M%SZ")
    scope = "/".join([wire.stack.access_key_id, date[:8], wire.stack.region, "s3", "aws4_request"])
    fields = {"key": key, "x-amz-algorithm": form["x-amz-algorithm"]}
    fields |= {"x-amz-credential": scope, "x-amz-date": date}
    document = {"expiration": SOON.isoformat(), "conditions": [{k: v} for k, v in fields.items()]}
    policy = base64.b64encode(json.dumps(document).encode()).decode()
    request = AWSRequest()
    request.context["timestamp"] = date
    signer = S3SigV4PostAuth(wire.credentials, "s3", wire.stack.region)
    signature = signer.signature(policy, request)
    answer = post(wire, {**fields, "policy": policy, "x-amz-signature": signature})
    assert answer.message == "Invalid according to Policy: Policy expired."


def test_a_changed_policy_is_refused(wire: Wire, key: str) -> None:
    """The document is what is signed."""
    form = form_for(wire, key)
    document = base64.b64decode(form["policy"]).replace(b"4, 4", b"4, 9")
    answer = post(wire, {**form, "policy": base64.b64encode(document).decode()}, b"fours")
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("x-amz-signature", "InvalidArgument"),
        ("x-amz-credential", "InvalidArgument"),
        ("x-amz-date", "InvalidArgument"),
        ("x-amz-algorithm", "InvalidArgument"),
        ("key", "InvalidArgument"),
        ("policy", "AccessDenied"),
    ],
)
def test_every_field_of_the_signature_is_needed(
    wire: Wire, key: str, field: str, code: str
) -> None:
    """Without a policy a form is anonymous; without the rest it is malformed."""
    form = form_for(wire, key)
    del form[field]
    assert post(wire, form).code == code
    assert stored(wire, key) is None


def test_another_region_is_refused(wire: Wire, key: str) -> None:
    """The scope in the form is checked like any other."""
    form = signed_form(wire, {"key": key}, [{"key": key}], region="eu-west-1")
    assert post(wire, form).code == "InvalidArgument"


def test_t16_a_sigv2_form_is_refused(wire: Wire, key: str) -> None:
    """T16: the old kind of form, which signs no size."""
    form = {"key": key, "AWSAccessKeyId": "a", "policy": "e30=", "signature": "s"}
    assert post(wire, form).code == "InvalidRequest"


def test_a_form_without_a_file_is_refused(wire: Wire, key: str) -> None:
    """One file, always."""
    answer = post(wire, form_for(wire, key), None)
    assert (answer.status, answer.code) == (400, "InvalidArgument")


def test_a_field_sent_twice_is_refused(wire: Wire, key: str) -> None:
    """Which of two values the policy was checked against must not be a question."""
    parts: list[tuple[str, Any]] = [("key", "users/eve/x"), *form_for(wire, key).items()]
    data, content_type = encode_multipart_formdata([*parts, ("file", ("a", b"four"))])
    url = f"{wire.stack.endpoint}/{wire.stack.bucket}"
    assert wire.send("POST", url, {"content-type": content_type}, data).code == "InvalidArgument"


def test_fields_after_the_file_are_ignored(wire: Wire, key: str) -> None:
    """As on S3: the file ends the form."""
    parts: list[tuple[str, Any]] = [*form_for(wire, key).items(), ("file", ("a", b"four"))]
    data, content_type = encode_multipart_formdata([*parts, ("acl", "public-read")])
    url = f"{wire.stack.endpoint}/{wire.stack.bucket}"
    assert wire.send("POST", url, {"content-type": content_type}, data).status == 204


def test_a_large_file_goes_through_a_form(wire: Wire, key: str) -> None:
    """Many blocks, with what looks like a boundary inside: stored byte for byte."""
    body = b"\r\n--boundary\r\n\r\n" * 200_000
    assert post(wire, signed_form(wire, {"key": key}, [{"key": key}]), body).status == 204
    assert stored(wire, key) == body


def test_fields_are_bounded(wire: Wire, key: str) -> None:
    """20,000 bytes before the file, no more."""
    answer = post(wire, form_for(wire, key, **{"x-ignore-this": "x" * 21_000}))
    assert (answer.status, answer.code) == (400, "MaxPostPreDataLengthExceeded")


def test_t26_a_checksum_in_the_form_is_held_against_the_file(wire: Wire, key: str) -> None:
    """T26: other bytes of the same length are refused."""
    digest = base64.b64encode(hashlib.sha256(b"four").digest()).decode()
    form = form_for(wire, key, **{"x-amz-checksum-sha256": digest})
    assert post(wire, form, b"five").code == "BadDigest"
    assert stored(wire, key) is None
    assert post(wire, form, b"four").status == 204


@pytest.mark.parametrize("policy", ["no base64!", "e30=", "W10="])
def test_a_signed_policy_that_makes_no_sense_is_refused(wire: Wire, key: str, policy: str) -> None:
    """A signature does not make a document valid; no 500 either."""
    form = form_for(wire, key)
    request = AWSRequest()
    request.context["timestamp"] = form["x-amz-date"]
    signer = S3SigV4PostAuth(wire.credentials, "s3", wire.stack.region)
    form = {**form, "policy": policy, "x-amz-signature": signer.signature(policy, request)}
    assert post(wire, form).code == "InvalidPolicyDocument"
