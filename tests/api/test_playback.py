"""Playback: one signature for a whole package, and who gets it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.aws.edge_cache import EdgeCache
from devstack.account import Stack
from devstack.edge_keys import KeyPair
from devstack.edge_serving import serving_edge
from devstack.testing import running_store
from tests.gateway import ALICE, BOB, Caller, Gateway, fetch, running_gateway
from tests.samples import png
from tests.stores.store import Store

PAIR = KeyPair.fresh()
ORIGIN = "https://app.example.com"
MANIFEST = b"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-ENDLIST\n"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_store() as running:
        yield running


@pytest.fixture(scope="module")
def edge(stack: Stack) -> Iterator[str]:
    with serving_edge(stack, pairs=[PAIR], origins=[ORIGIN]) as address:
        yield address


@pytest.fixture(scope="module")
def gateway(stack: Stack, edge: str) -> Iterator[Gateway]:
    """A gateway whose links lead to the local edge, with cookies."""
    store = Store(
        "moto",
        stack.endpoint,
        stack.region,
        stack.access_key_id,
        stack.secret_access_key,
        frozenset(),
    )
    cdn = PAIR.gateway_environment(edge) | {"CLOUDFRONT_COOKIE_DOMAIN": "localhost"}
    with running_gateway(store, stack.bucket, **cdn) as running:
        yield running


def package(caller: Caller, **more: Any) -> str:
    """An HLS package of one manifest; its path."""
    kind = "application/vnd.apple.mpegurl"
    declared = {"filename": "master.m3u8", "content_type": kind, "method": "put", **more}
    return str(caller.upload(MANIFEST, **declared)["path"])


def play(caller: Caller, path: str, **more: Any) -> TestResponse:
    return caller.post("/v1/playback", {"path": path, **more})


def policy_of(query: str) -> dict[str, Any]:
    text = dict(pair.split("=", 1) for pair in query.split("&"))["Policy"]
    return dict(json.loads(base64.b64decode(text.translate(str.maketrans("-_~", "+=/")))))


def test_one_signature_opens_the_whole_folder(alice: Caller, edge: str) -> None:
    """The manifest's URL works as it is; the query opens what lies below; the answer is private."""
    path = package(alice, project_id="p1")
    folder = path.removesuffix("master.m3u8")
    asset_id = folder.split("/")[-2]
    segment = alice.upload(
        b"G" + bytes(187) + b"G" + bytes(187),
        filename="720p/seg0.ts",
        content_type="video/mp2t",
        project_id="p1",
        asset_id=asset_id,
        method="put",
    )
    answer = play(alice, path)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    given = answer.json
    assert given["url"] == f"{edge}/users/{ALICE}/{path}?{given['query']}"
    assert fetch("GET", given["url"]).data == MANIFEST
    assert fetch("GET", f"{edge}/{segment['key']}?{given['query']}").status == 200
    assert fetch("GET", f"{edge}/{segment['key']}").status == 403


def test_t34_neighbours_and_others_stay_closed(alice: Caller, bob: Caller, edge: str) -> None:
    """T34: not the package beside, not another user's, by query or by cookies."""
    mine, beside, theirs = package(alice), package(alice), package(bob)
    given = play(alice, mine).json
    cookies = "; ".join(f"{name}={value}" for name, value in given["cookies"].items())
    for sub, path, status in ((ALICE, mine, 200), (ALICE, beside, 403), (BOB, theirs, 403)):
        address = f"{edge}/users/{sub}/{path}"
        assert fetch("GET", f"{address}?{given['query']}").status == status
        assert fetch("GET", address, headers={"Cookie": cookies}).status == status
    assert policy_of(given["query"])["Statement"][0]["Resource"].endswith("/*")
    assert play(bob, mine).status_code == 404


def test_cookies_go_to_the_folder_alone(alice: Caller) -> None:
    """Secure, HttpOnly, SameSite=Lax, the folder as Path, and gone when the policy is."""
    path = package(alice)
    answer = play(alice, path, expires_in=1000)
    cookies = {}
    for line in answer.headers.getlist("Set-Cookie"):
        cookies |= dict(SimpleCookie(line))
    assert {name: morsel.value for name, morsel in cookies.items()} == answer.json["cookies"]
    assert set(cookies) == {
        "CloudFront-Policy",
        "CloudFront-Signature",
        "CloudFront-Key-Pair-Id",
        "CloudFront-Hash-Algorithm",
    }
    left = datetime.fromisoformat(answer.json["expires_at"]) - datetime.now(UTC)
    for morsel in cookies.values():
        assert morsel["path"] == f"/users/{ALICE}/{path.removesuffix('master.m3u8')}"
        assert (morsel["domain"], morsel["samesite"]) == ("localhost", "Lax")
        assert morsel["secure"] and morsel["httponly"]
        assert abs(int(morsel["max-age"]) - left.total_seconds()) < 5


def test_t38_only_this_route_allows_credentials(gateway: Gateway, alice: Caller) -> None:
    """T38: for an exact origin, on preflight and errors too; no other route, no other origin."""
    client = gateway.app.test_client()
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    for answer in (
        client.options("/v1/playback", headers=asked),
        client.post("/v1/playback", headers={"Origin": ORIGIN}),
        alice.post("/v1/playback", {"path": package(alice)}, headers={"Origin": ORIGIN}),
    ):
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    elsewhere = client.options("/v1/links", headers=asked)
    assert "Access-Control-Allow-Credentials" not in elsewhere.headers
    foreign = client.options("/v1/playback", headers={**asked, "Origin": f"{ORIGIN}.evil.com"})
    assert "Access-Control-Allow-Origin" not in foreign.headers


def test_the_same_request_repeats_the_same_signature(alice: Caller) -> None:
    """So that segments come from the browser's cache the second time."""
    path = package(alice)
    first, second = (play(alice, path, expires_in=604_800).json for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("image/0199/a.png", "/path"),
        ("brand_kit/0199/a.m3u8", "/path"),
        ("projects/p1/frame/0199/a.png", "/path"),
        ("video/master.m3u8", "/path"),
        ("audio/a.mp3", "/path"),
        ("video/*/a.m3u8", "/path"),
        ("video/a?/a.m3u8", "/path"),
        ("video/../a.m3u8", "/path"),
        ("video/%2a/a.m3u8", "/path"),
        ("shares/a/b", "/path"),
        ("", "/path"),
    ],
)
def test_t34_what_has_no_folder_of_its_own_is_refused(
    alice: Caller, path: str, pointer: str
) -> None:
    """T34: audio and video below a folder; wildcards and escapes are no names."""
    answer = play(alice, path)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)
    assert "Set-Cookie" not in answer.headers


def test_a_missing_manifest_is_not_found(alice: Caller) -> None:
    """404, and no cookie."""
    answer = play(alice, "video/0199/none.m3u8")
    assert (answer.status_code, answer.json["type"]) == (404, "/problems/not-found")
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("seconds", [0, -1, 604_801, 1.5, "60", True])
def test_t29_lifetimes_out_of_range_are_refused(alice: Caller, seconds: object) -> None:
    """T29: 1 to 604,800 whole seconds; expiry is signed as asked."""
    answer = play(alice, "video/0199/a.m3u8", expires_in=seconds)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/expires_in")


def test_expiry_is_told_truly(alice: Caller) -> None:
    """`expires_at` is the policy's own instant, and not further than asked."""
    given = play(alice, package(alice), expires_in=1000).json
    expires = datetime.fromisoformat(given["expires_at"])
    [statement] = policy_of(given["query"])["Statement"]
    assert statement["Condition"] == {"DateLessThan": {"AWS:EpochTime": int(expires.timestamp())}}
    assert timedelta(0) < expires - datetime.now(UTC) <= timedelta(seconds=1000)


def test_t35_what_is_deleted_is_gone_for_links_signed_before(alice: Caller, edge: str) -> None:
    """T35: link and playback both find nothing at the origin."""
    path = package(alice)
    [link] = alice.post("/v1/links", {"paths": [path]}).json["links"]
    given = play(alice, path).json
    assert {fetch("GET", link["url"]).status, fetch("GET", given["url"]).status} == {200}
    assert alice.delete(f"/v1/assets/{path}").status_code == 204
    assert {fetch("GET", link["url"]).status, fetch("GET", given["url"]).status} <= {403, 404}


def test_t35_the_edge_is_told_what_was_deleted(
    alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T35: by name, by the batch, as a package, and with everything at an erasure."""
    told: list[str] = []
    monkeypatch.setattr(EdgeCache, "forget", lambda _self, keys: told.extend(keys))
    paths = [package(alice) for _ in range(4)]
    alice.delete(f"/v1/assets/{paths[0]}")
    alice.post("/v1/assets/delete", {"paths": [paths[1]]})
    alice.delete(f"/v1/assets/{paths[2].rpartition('/')[0]}?recursive=true")
    assert told == [f"users/{ALICE}/{path}" for path in paths[:3]]
    alice.delete("/v1/me/data")
    assert told[-1] == f"users/{ALICE}/"


def test_links_and_listings_go_through_cloudfront(alice: Caller, edge: str) -> None:
    """`auto`, completion, one asset and a signed listing give one link; it opens; S3 on wish."""
    asset = alice.upload(png(), filename="Grüße 1+1.png", method="put")
    path = asset["path"]
    [auto] = alice.post("/v1/links", {"paths": [path]}).json["links"]
    [s3] = alice.post("/v1/links", {"paths": [path], "via": "s3"}).json["links"]
    [listed] = [
        item["link"]
        for item in alice.get("/v1/assets?sign=true&kind=image").json["items"]
        if item["path"] == path
    ]
    assert auto["via"] == "cloudfront" and auto["url"].startswith(f"{edge}/users/{ALICE}/image/")
    assert s3["via"] == "s3" and not s3["url"].startswith(edge)
    shown = alice.get(f"/v1/assets/{path}").json["link"]
    assert listed == shown == asset["link"] == {k: v for k, v in auto.items() if k != "path"}
    opened = fetch("GET", auto["url"])
    assert (opened.status, opened.data) == (200, png())
    assert opened.headers["Content-Type"] == "image/png"
    assert opened.headers["Content-Disposition"].startswith("inline;")
    assert opened.headers["Cache-Control"] == "max-age=3600"
    assert fetch("GET", s3["url"]).headers["Cache-Control"] == "private, max-age=3600"


def test_t31_a_cloudfront_link_cannot_write(alice: Caller) -> None:
    """T31: GET and HEAD alone, and not with one character changed."""
    asset = alice.upload(png(), method="put")
    url = asset["link"]["url"]
    for method in ("PUT", "DELETE", "POST"):
        assert fetch(method, url, b"x").status == 403
    for other in (
        url.replace("a.png", "b.png"),
        url.replace("disposition=inline", "disposition=x"),
        url.replace("Expires=1", "Expires=2"),
    ):
        assert other != url
        assert fetch("GET", other).status == 403
    assert fetch("GET", url).status == 200


def test_key_rotation_both_gateways_links_open(stack: Stack) -> None:
    """Old replicas sign by the old key, new ones by the new: with both in the group all open."""
    old, new = KeyPair.fresh("rsa"), KeyPair.fresh("ec")
    keys = (stack.access_key_id, stack.secret_access_key)
    store = Store("moto", stack.endpoint, stack.region, *keys, frozenset())
    with serving_edge(stack, pairs=[old, new], origins=[]) as address:
        urls = []
        for pair in (old, new):
            cdn = pair.gateway_environment(address)
            with running_gateway(store, stack.bucket, **cdn) as running:
                urls.append(running.client_for(ALICE).upload(png(), method="put")["link"]["url"])
        assert [fetch("GET", url).status for url in urls] == [200, 200]
    with serving_edge(stack, pairs=[new], origins=[]) as address:
        host = address.removeprefix("http://")
        retired = urls[0].replace(urls[0].split("/")[2], host)
        assert fetch("GET", retired).status == 403


def test_without_cloudfront_playback_is_a_conflict(swift_gateway: Gateway) -> None:
    """409 cdn-not-configured; malformed input is still told first."""
    caller = swift_gateway.client_for(ALICE)
    answer = play(caller, "video/0199/a.m3u8")
    assert (answer.status_code, answer.json["type"]) == (409, "/problems/cdn-not-configured")
    assert play(caller, "video/a.m3u8").status_code == 422
    assert "Access-Control-Allow-Credentials" not in answer.headers
