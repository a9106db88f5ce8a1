"""Requests signed in the Authorization header."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.devstack.wire import Wire


def test_a_signed_request_works(wire: Wire, key: str) -> None:
    """botocore's own header signature is accepted."""
    headers = wire.signed_headers("PUT", key, body=b"x")
    assert wire.send("PUT", wire.url(key), headers, b"x").status == 200


@pytest.mark.parametrize("minutes", [-20, 20])
def test_a_clock_that_is_far_off_is_refused(wire: Wire, key: str, minutes: int) -> None:
    """More than 15 minutes, either way."""
    at = datetime.now(UTC) + timedelta(minutes=minutes)
    headers = wire.signed_headers("GET", key, at=at)
    answer = wire.send("GET", wire.url(key), headers)
    assert (answer.status, answer.code) == (403, "RequestTimeTooSkewed")


def test_another_body_is_refused(wire: Wire, key: str) -> None:
    """The signed hash is held against what arrives."""
    headers = wire.signed_headers("PUT", key, body=b"mine")
    answer = wire.send("PUT", wire.url(key), headers, b"your")
    assert (answer.status, answer.code) == (400, "XAmzContentSHA256Mismatch")


@pytest.mark.parametrize(
    ("name", "value", "status", "code"),
    [
        ("X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD", 403, "SignatureDoesNotMatch"),
        ("X-Amz-Acl", "public-read", 403, "AccessDenied"),
        ("Content-Type", "text/html", 403, "SignatureDoesNotMatch"),
    ],
)
def test_a_changed_or_added_header_is_refused(
    wire: Wire, key: str, name: str, value: str, status: int, code: str
) -> None:
    """Signed values hold, and no ``x-amz-*`` header can be added."""
    headers = wire.signed_headers("PUT", key, body=b"x", headers={"Content-Type": "image/png"})
    answer = wire.send("PUT", wire.url(key), {**headers, name: value}, b"x")
    assert (answer.status, answer.code) == (status, code)


def test_the_bodys_hash_is_required(wire: Wire, key: str) -> None:
    """Without x-amz-content-sha256 nothing binds the body."""
    headers = wire.signed_headers("PUT", key, body=b"x")
    del headers["X-Amz-Content-SHA256"]
    answer = wire.send("PUT", wire.url(key), headers, b"x")
    assert (answer.status, answer.code) == (400, "InvalidRequest")


def test_another_region_is_refused(wire: Wire, key: str) -> None:
    """The region in the scope is the bucket's."""
    headers = wire.signed_headers("GET", key, region="eu-west-1")
    answer = wire.send("GET", wire.url(key), headers)
    assert (answer.status, answer.code) == (400, "AuthorizationHeaderMalformed")


def test_another_key_is_refused(wire: Wire, key: str) -> None:
    """A signature is for one path."""
    headers = wire.signed_headers("GET", key)
    answer = wire.send("GET", wire.url(f"{key}x"), headers)
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")
