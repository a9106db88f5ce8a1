"""JSON that is broken, huge, deep or ambiguous: T40."""

from __future__ import annotations

import json

import pytest

from tests.gateway import Caller


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 422),
        (b'{"paths": ["image/a.png"], "paths": ["image/b.png"]}', 422),
        (b'{"paths": NaN}', 422),
        (b'{"paths": 1e999}', 422),
        (b"[" * 60_000, 422),
        (b'{"a":' * 9_000 + b"1" + b"}" * 9_000, 422),
        (b'"\xff"', 422),
        (b"null", 422),
        (b"[]", 422),
        (b'"text"', 422),
        (b'{"paths": "image/a.png"}', 422),
        (b'{"paths": [1]}', 422),
        (b'{"paths": ["\\ud800"]}', 422),
        (b"1" * 2_000_000, 413),
    ],
    ids=lambda value: str(value[:24]) if isinstance(value, bytes) else str(value),
)
def test_t40_bodies_that_are_not_as_they_should_be(alice: Caller, body: bytes, status: int) -> None:
    """T40: broken, ambiguous, deep, huge or mistyped JSON is a 4xx problem."""
    answer = alice.request("POST", "/v1/links", data=body, content_type="application/json")
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_t40_what_is_no_number_is_refused_wherever_it_stands(alice: Caller, number: str) -> None:
    """T40: also where a schema takes any value, as it does Uppy's metadata."""
    body = f'{{"filename": "a.png", "type": "image/png", "metadata": {{"a": {number}}}}}'
    answer = alice.request("POST", "/s3/multipart", data=body, content_type="application/json")
    assert (answer.status_code, answer.json["type"]) == (422, "/problems/validation-error")


def test_t40_half_a_character_is_refused_wherever_it_stands(alice: Caller) -> None:
    """T40: a lone surrogate, which no UTF-8 can carry, in text that is only stored."""
    body = (
        b'{"filename": "a.png", "content_type": "image/png", "size": 1,'
        b' "metadata": {"title": "\\ud800"}}'
    )
    answer = alice.request("POST", "/v1/uploads", data=body, content_type="application/json")
    assert (answer.status_code, answer.json["type"]) == (422, "/problems/validation-error")


def test_t40_small_routes_take_small_bodies(alice: Caller) -> None:
    """T40: 64 KB, but for the routes that take lists."""
    body = json.dumps({"filename": "a" * 70_000})
    answer = alice.request("POST", "/v1/uploads", data=body, content_type="application/json")
    assert (answer.status_code, answer.json["type"]) == (413, "/problems/too-large")


def test_t40_another_content_type_is_said(alice: Caller) -> None:
    """T40: a body that is not JSON is a 415."""
    answer = alice.request("POST", "/v1/links", data=b"a=b", content_type="text/plain")
    assert (answer.status_code, answer.json["type"]) == (415, "/problems/unsupported-type")
