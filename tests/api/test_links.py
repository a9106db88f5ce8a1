"""Links that browsers open."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.gateway import Caller, Gateway, fetch
from tests.samples import png

PNG = png()


def link(caller: Caller, path: str = "image/a.png", **more: object) -> dict[str, str]:
    [found] = caller.post("/v1/links", {"paths": [path], **more}).json["links"]
    return dict(found)


def test_a_thousand_paths_get_a_thousand_links(alice: Caller) -> None:
    """In order, each naming its path and the regional host's query signature."""
    paths = [f"image/{number}.png" for number in range(1000)]
    links = alice.post("/v1/links", {"paths": paths}).json["links"]
    assert [found["path"] for found in links] == paths
    assert all("X-Amz-Algorithm=AWS4-HMAC-SHA256" in found["url"] for found in links)
    assert alice.post("/v1/links", {"paths": [*paths, "image/x.png"]}).status_code == 422
    assert alice.post("/v1/links", {"paths": []}).status_code == 422


@pytest.mark.parametrize("before", ["image/", ""])
def test_c14_a_path_that_is_too_long_is_pointed_at(alice: Caller, before: str) -> None:
    """C14: also one that fits alone and not below the caller's folder."""
    for letters in (600, 505):
        asked = {"paths": ["image/a.png", before + "é" * letters]}
        answer = alice.post("/v1/links", asked)
        assert answer.status_code == 422
        assert [fault["pointer"] for fault in answer.json["errors"]] == ["/paths/1"]


def test_the_same_request_repeats_the_same_url(alice: Caller) -> None:
    """Within a window, so that browser caches work."""
    assert link(alice, expires_in=604_800) == link(alice, expires_in=604_800)
    assert link(alice, expires_in=604_800)["url"] != link(alice, expires_in=86_400)["url"]


@pytest.mark.parametrize("seconds", [0, -1, 604_801, 1.5, "60", True, 10**30])
def test_t29_lifetimes_out_of_range_are_refused(alice: Caller, seconds: object) -> None:
    """T29: 1 to 604,800 whole seconds."""
    response = alice.post("/v1/links", {"paths": ["image/a.png"], "expires_in": seconds})
    assert (response.status_code, response.json["errors"][0]["pointer"]) == (422, "/expires_in")


def test_t29_expiry_is_told_truly(alice: Caller) -> None:
    """T29, T30: `expires_at` is the signing instant plus the signed lifetime, and not past."""
    found = link(alice, expires_in=1000)
    query = parse_qs(urlsplit(found["url"]).query)
    signed = datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    expires = datetime.fromisoformat(found["expires_at"])
    assert (expires - signed).total_seconds() == int(query["X-Amz-Expires"][0]) == 1000
    assert 750 <= (expires - datetime.now(UTC)).total_seconds() + 1 <= 1001


def test_t31_a_link_cannot_write_and_an_upload_cannot_read(alice: Caller) -> None:
    """T31: the method is signed."""
    path = alice.upload(PNG)["path"]
    url = link(alice, path)["url"]
    assert fetch("GET", url).status == 200
    for method in ("PUT", "DELETE"):
        assert fetch(method, url, b"x").status == 403
    started = alice.start(len(PNG))
    assert fetch("GET", started["url"]).status == 403


def test_a_link_with_one_character_changed_is_refused(alice: Caller) -> None:
    """The store checks what was signed: path, query and signature."""
    path = alice.upload(PNG)["path"]
    url = link(alice, path)["url"]
    for other in (
        url[:-1] + ("0" if url[-1] != "0" else "1"),
        url.replace("a.png", "b.png"),
        re.sub(r"X-Amz-Expires=\d+", "X-Amz-Expires=604800", url),
        url.replace("response-content-disposition=inline", "response-content-disposition=x"),
    ):
        assert other != url
        assert fetch("GET", other).status == 403


@pytest.mark.parametrize(
    ("name", "served"),
    [
        ("a.html", "attachment"),
        ("a.svg", "attachment"),
        ("a.xml", "attachment"),
        ("a.xhtml", "attachment"),
        ("a.js", "attachment"),
        ("a", "attachment"),
        ("a.unknown", "attachment"),
        ("a.png", "inline"),
        ("a.mp4", "inline"),
    ],
)
def test_t19_active_types_are_never_inline(alice: Caller, name: str, served: str) -> None:
    """T19: what a browser would run is an attachment, whatever was asked for."""
    query = parse_qs(urlsplit(link(alice, f"brand_kit/{name}", disposition="inline")["url"]).query)
    assert query["response-content-disposition"][0].startswith(f"{served};")
    assert "html" not in query["response-content-type"][0] or served == "attachment"


def test_t32_names_survive_the_disposition(gateway: Gateway, alice: Caller) -> None:
    """T32: quotes, semicolons and emoji arrive as one well-formed header."""
    path = 'image/x/na"me; 📎.png'.replace('"', "'")
    gateway.store.client().put_object(
        Bucket=gateway.bucket, Key=f"users/{alice.sub}/{path}", Body=PNG
    )
    answer = fetch("GET", link(alice, path, disposition="attachment")["url"])
    assert answer.status == 200
    header = answer.headers["content-disposition"]
    assert header.isascii()
    assert "filename*=UTF-8''" in header


def test_t33_the_stored_type_does_not_matter(gateway: Gateway, alice: Caller) -> None:
    """T33: the answer's type follows the extension, even if another type was stored."""
    gateway.store.client().put_object(
        Bucket=gateway.bucket,
        Key=f"users/{alice.sub}/image/evil.png",
        Body=b"<script>",
        ContentType="text/html",
    )
    answer = fetch("GET", link(alice, "image/evil.png")["url"])
    assert answer.headers["content-type"] == "image/png"


def test_cloudfront_without_a_distribution_is_a_conflict(alice: Caller) -> None:
    """409 cdn-not-configured."""
    response = alice.post("/v1/links", {"paths": ["image/a.png"], "via": "cloudfront"})
    assert (response.status_code, response.json["type"]) == (409, "/problems/cdn-not-configured")
