"""Bodies that are broken, huge, deep, ambiguous or cut: T40, T57."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

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


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
def test_t40_json_is_in_utf_8(alice: Caller, encoding: str) -> None:
    """T40: whatever its type says (RFC 8259, §8.1), as what reads it before or after us has it."""
    body = json.dumps({"paths": ["image/a.png"]}).encode(encoding)
    for content_type in ("application/json", f"application/json; charset={encoding}"):
        answer = alice.request("POST", "/v1/links", data=body, content_type=content_type)
        assert (answer.status_code, answer.json["type"]) == (422, "/problems/validation-error")
    marked = b"\xef\xbb\xbf" + json.dumps({"paths": ["image/a.png"]}).encode()
    answer = alice.request("POST", "/v1/links", data=marked, content_type="application/json")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("/v1/assets?limit=1&limit=2", "/limit"),
        ("/v1/assets?limit=1&sign=true&limit=1", "/limit"),
        ("/v1/assets/image/a.png?recursive=false&recursive=true", "/recursive"),
        ("/v1/me/data?account=false&account=true", "/account"),
        ("/s3/multipart/x/1?key=a&key=b", "/key"),
    ],
)
def test_t40_a_query_says_one_thing(alice: Caller, path: str, pointer: str) -> None:
    """T40: of a name that comes twice the first counted here, and elsewhere the last may."""
    method = "DELETE" if "recursive" in path or "account" in path else "GET"
    answer = alice.request(method, path)
    assert (answer.status_code, answer.json["type"]) == (422, "/problems/validation-error")
    assert [fault["pointer"] for fault in answer.json["errors"]] == [pointer]


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


LISTS = [
    ("/v1/links", '{"paths": [@]}', "/paths"),
    ("/v1/assets/delete", '{"paths": [@]}', "/paths"),
    ("/v1/uploads/batch", '{"uploads": [@]}', "/uploads"),
    ("/v1/uploads/complete", '{"upload_ids": [@]}', "/upload_ids"),
    (
        "/v1/uploads/complete",
        '{"upload_ids": ["x"], "checksums_crc64nvme": [@]}',
        "/checksums_crc64nvme",
    ),
    ("/v1/uploads/x/parts", '{"part_numbers": [@]}', "/part_numbers"),
    ("/s3/multipart/x/complete?key=k", '{"parts": [@]}', "/parts"),
]


@pytest.mark.parametrize(("path", "body", "pointer"), LISTS)
def test_t55_a_list_that_is_too_long_is_one_fault(
    alice: Caller, path: str, body: str, pointer: str
) -> None:
    """T55: a hundred thousand faults take seconds to find, and megabytes to name."""
    filled = body.replace("@", ",".join("0" * 20_000))
    answer = alice.request("POST", path, data=filled, content_type="application/json")
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json["errors"]] == [pointer]


def test_t55_an_answer_names_a_hundred_faults(alice: Caller) -> None:
    """T55: the first ones, in order; an object of more names than any route reads is none."""
    answer = alice.post("/v1/links", {"paths": [0] * 1000})
    assert [fault["pointer"] for fault in answer.json["errors"]] == [
        f"/paths/{index}" for index in range(100)
    ]
    for names, faults in ((900, 100), (1001, 1)):
        answer = alice.post("/v1/links", {f"{name:x}": 0 for name in range(names)})
        assert (answer.status_code, len(answer.json["errors"])) == (422, faults)


def test_t40_small_routes_take_small_bodies(alice: Caller) -> None:
    """T40: 64 KB, but for the routes that take lists."""
    body = json.dumps({"filename": "a" * 70_000})
    answer = alice.request("POST", "/v1/uploads", data=body, content_type="application/json")
    assert (answer.status_code, answer.json["type"]) == (413, "/problems/too-large")


def test_t40_another_content_type_is_said(alice: Caller) -> None:
    """T40: a body that is not JSON is a 415."""
    answer = alice.request("POST", "/v1/links", data=b"a=b", content_type="text/plain")
    assert (answer.status_code, answer.json["type"]) == (415, "/problems/unsupported-type")


class Broken:
    """What a server's reader of chunks does at a malformed one."""

    def read(self, _size: int) -> bytes:
        raise RuntimeError("Invalid chunk size")


LINKS = json.dumps({"paths": ["image/a.png"]}).encode()
CHUNKED = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
FRAMED: list[tuple[dict[str, Any], int]] = [
    ({"CONTENT_LENGTH": "5000", "wsgi.input": BytesIO(LINKS)}, 400),
    ({"CONTENT_LENGTH": "\xb2", "wsgi.input": BytesIO(LINKS)}, 400),
    ({"CONTENT_LENGTH": "-1", "wsgi.input": BytesIO(LINKS)}, 400),
    ({"CONTENT_LENGTH": "+5", "wsgi.input": BytesIO(LINKS)}, 400),
    ({"CONTENT_LENGTH": "1_0", "wsgi.input": BytesIO(LINKS)}, 400),
    ({"CONTENT_LENGTH": "9" * 30, "wsgi.input": BytesIO(LINKS)}, 400),
    ({**CHUNKED, "wsgi.input": Broken()}, 400),
    ({"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": BytesIO(LINKS)}, 400),
    ({**CHUNKED, "wsgi.input": BytesIO(LINKS + b" " * 1_100_000)}, 413),
    ({"CONTENT_LENGTH": "2000000", "wsgi.input": Broken()}, 413),
]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/links"),
        ("POST", "/v1/shares"),
        ("GET", "/v1/me"),
        ("HEAD", "/v1/assets"),
        ("DELETE", "/v1/me/data"),
        ("POST", "/s3/sign"),
        ("GET", "/healthz"),
        ("GET", "/docs"),
        ("POST", "/nowhere"),
    ],
)
@pytest.mark.parametrize(("framed", "status"), FRAMED, ids=range(len(FRAMED)))
def test_t57_a_faulty_body_stops_every_route(
    alice: Caller, method: str, path: str, framed: dict[str, Any], status: int
) -> None:
    """T57, C20 to C22: whether the view reads it or not, and whatever server reads it."""
    if isinstance(framed["wsgi.input"], BytesIO):
        framed = framed | {"wsgi.input": BytesIO(framed["wsgi.input"].getvalue())}
    answer = alice.request(method, path, environ_overrides=framed, content_type="application/json")
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"


def test_t57_a_chunked_body_within_its_limit_is_taken(alice: Caller) -> None:
    """T57: as long as its server knows where it ends."""
    framed = {**CHUNKED, "wsgi.input": BytesIO(LINKS + b" " * 1_000_000)}
    answer = alice.request(
        "POST", "/v1/links", environ_overrides=framed, content_type="application/json"
    )
    assert answer.status_code == 200
