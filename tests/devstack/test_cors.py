"""CORS from the bucket's rules, on refusals too, and for sign-in."""

from __future__ import annotations

import pytest

from devstack.cors import Rule
from tests.devstack.wire import Wire

PAGE = "http://localhost:3000"


def ask(
    wire: Wire, url: str, origin: str, method: str = "PUT", headers: str = ""
) -> dict[str, str]:
    answer = wire.send(
        "OPTIONS",
        url,
        {
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": headers,
        },
    )
    return {"status": str(answer.status), **{k.lower(): v for k, v in answer.headers.items()}}


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE", "HEAD"])
def test_the_page_may_use_the_bucket(wire: Wire, key: str, method: str) -> None:
    """A preflight is answered without a signature, as browsers send it."""
    answer = ask(wire, wire.url(key), PAGE, method, "content-type,x-amz-meta-upload")
    assert answer["status"] == "200"
    assert answer["access-control-allow-origin"] == PAGE
    assert method in answer["access-control-allow-methods"]
    assert answer["access-control-allow-headers"] == "content-type, x-amz-meta-upload"
    assert answer["access-control-max-age"] == "3000"
    assert "Origin" in answer["vary"]


@pytest.mark.parametrize(
    ("origin", "method"),
    [
        ("http://localhost:3001", "PUT"),
        ("https://localhost:3000", "PUT"),
        ("http://localhost:3000.evil.example", "PUT"),
        ("null", "PUT"),
        (PAGE, "PATCH"),
    ],
)
def test_t38_others_may_not(wire: Wire, key: str, origin: str, method: str) -> None:
    """T38: other origins, look-alikes, ``null`` and other methods get no permission."""
    answer = ask(wire, wire.url(key), origin, method)
    assert answer["status"] == "403"
    assert "access-control-allow-origin" not in answer


def test_refusals_can_be_read_by_the_page(wire: Wire, key: str) -> None:
    """Expired, anonymous, missing: the page sees status and code, not a network error."""
    for url in (wire.url(key), wire.presign("GET", key), wire.presign("PUT", key)):
        answer = wire.send("GET", url, {"Origin": PAGE})
        assert answer.status in (403, 404)
        assert answer.headers["access-control-allow-origin"] == PAGE


def test_a_large_refused_upload_gets_its_answer(wire: Wire, key: str) -> None:
    """The body is read to its end first: a reset connection would hide the refusal."""
    body = b"x" * (20 << 20)
    answer = wire.send("PUT", wire.url(key), {"Origin": PAGE}, body)
    assert (answer.status, answer.code) == (403, "AccessDenied")


def test_the_page_can_read_what_uploads_and_players_need(wire: Wire, key: str) -> None:
    """ETag for multipart; the range headers for playback; once each."""
    wire.send("PUT", wire.presign("PUT", key), body=b"x")
    answer = wire.send("GET", wire.presign("GET", key), {"Origin": PAGE})
    exposed = answer.headers["access-control-expose-headers"].split(", ")
    assert {"ETag", "Location", "x-amz-request-id", "Content-Range"} <= set(exposed)
    assert answer.headers["access-control-allow-origin"] == PAGE


def test_without_an_origin_there_is_no_cors(wire: Wire, key: str) -> None:
    """Servers get no such headers."""
    answer = wire.send("GET", wire.presign("GET", key))
    assert not any(name.lower().startswith("access-control-") for name in answer.headers)


def test_the_page_may_sign_in(wire: Wire) -> None:
    """Cognito's endpoint answers the page's preflight and lets it read the answer."""
    url = f"{wire.stack.endpoint}/"
    assert ask(wire, url, PAGE, "POST", "content-type,x-amz-target")["status"] == "200"
    assert ask(wire, url, "http://evil.example", "POST", "x-amz-target")["status"] == "403"
    target = "AWSCognitoIdentityProviderService.InitiateAuth"
    answer = wire.send("POST", url, {"Origin": PAGE, "X-Amz-Target": target}, b"{}")
    assert answer.headers["access-control-allow-origin"] == PAGE


@pytest.mark.parametrize(
    ("pattern", "origin", "matches"),
    [
        ("*", "http://a.example", True),
        ("https://*.example.com", "https://a.example.com", True),
        ("https://*.example.com", "https://a.example.com.evil.org", False),
        ("https://a.example.com", "https://aXexample.com", False),
        ("https://[a].example", "https://a.example", False),
    ],
)
def test_origins_match_as_s3_matches_them(pattern: str, origin: str, matches: bool) -> None:
    """One ``*`` stands for anything; nothing else is special."""
    assert Rule([pattern], ["GET"]).matches(origin, "GET") is matches
