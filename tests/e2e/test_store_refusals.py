"""What a page may not do with the URL it was given: the store says no, and keeps nothing.

Each test sends what a hostile script on the page's own origin could send, so CORS is no shield:
only the signature is.
"""

from collections.abc import Callable
from typing import Any

import pytest
import urllib3
from playwright.sync_api import Page

from tests.e2e.site import Site

pytestmark = pytest.mark.browser

PUT = """async ({ url, headers, body }) => {
  const answer = await fetch(url, { method: 'PUT', headers, body: new Uint8Array(body) });
  return [answer.status, /<Code>(.*?)<\\/Code>/.exec(await answer.text())?.[1] ?? null];
}"""


@pytest.fixture
def started(site: Site, picture: bytes) -> dict[str, Any]:
    """An upload of the picture that was declared, not sent."""
    declared = {"filename": "a.png", "content_type": "image/png", "size": len(picture)}
    answer = urllib3.request(
        "POST",
        f"{site.gateway.url}/v1/uploads",
        json=declared,
        headers={"Authorization": f"Bearer {site.token()}"},
    )
    assert answer.status == 201, answer.data
    return dict(answer.json())


@pytest.fixture
def put(tab: Page, started: dict[str, Any], picture: bytes) -> Callable[..., list[Any]]:
    """Sends the upload from the page's origin, with what a test changes; status and S3's code."""
    tab.goto("/")

    def send(url: str = "", body: bytes = picture, **headers: str) -> list[Any]:
        changed = {name.replace("_", "-"): value for name, value in headers.items()}
        request = {
            "url": url or started["url"],
            "headers": started["headers"] | changed,
            "body": list(body),
        }
        return list(tab.evaluate(PUT, request))

    return send


def test_what_was_signed_is_accepted_once(
    put: Callable[..., list[Any]], site: Site, started: dict[str, Any], picture: bytes
) -> None:
    """T20: the very same PUT again is a 412, and what the first one stored stays as it is."""
    assert put() == [200, None]
    assert put() == [412, "PreconditionFailed"]
    assert site.stored(started["key"]) == picture


def test_t20_other_bytes_cannot_replace_an_upload(
    put: Callable[..., list[Any]], site: Site, started: dict[str, Any], picture: bytes
) -> None:
    """Bytes of the same length and type do not get in after the first ones."""
    assert put() == [200, None]
    assert put(body=picture[::-1])[0] == 412
    assert site.stored(started["key"]) == picture


def test_a_tampered_url_is_refused(
    put: Callable[..., list[Any]], site: Site, started: dict[str, Any]
) -> None:
    """Another key, a longer life or another signature: none of it is what was signed."""
    url = started["url"]
    assert "a.png" in url and "X-Amz-Expires=900" in url
    signature = url.partition("X-Amz-Signature=")[2]
    for tampered in (
        url.replace("a.png", "b.png"),
        url.replace("X-Amz-Expires=900", "X-Amz-Expires=9000"),
        url.replace(signature, signature[::-1]),
        url.replace(site.sub, "somebody-else"),
    ):
        assert tampered != url
        assert put(url=tampered) == [403, "SignatureDoesNotMatch"]
    assert started["key"] not in site.stored_keys()


def test_an_unsigned_put_is_refused(
    put: Callable[..., list[Any]], site: Site, started: dict[str, Any]
) -> None:
    """Without its query the address is worth nothing."""
    assert put(url=started["url"].partition("?")[0])[0] == 403
    assert started["key"] not in site.stored_keys()


@pytest.mark.parametrize("change", [lambda body: body + b"!", lambda body: body[:-1]])
def test_t17_another_length_is_refused(
    put: Callable[..., list[Any]],
    site: Site,
    started: dict[str, Any],
    picture: bytes,
    change: Callable[[bytes], bytes],
) -> None:
    """T17: one byte more or less than declared is not what was signed."""
    assert put(body=change(picture)) == [403, "SignatureDoesNotMatch"]
    assert started["key"] not in site.stored_keys()


def test_t18_another_type_is_refused(
    put: Callable[..., list[Any]], site: Site, started: dict[str, Any]
) -> None:
    """T18: a picture's URL does not take HTML."""
    assert put(content_type="text/html") == [403, "SignatureDoesNotMatch"]
    assert started["key"] not in site.stored_keys()


def test_t28_a_public_acl_is_refused(
    put: Callable[..., list[Any]], site: Site, started: dict[str, Any]
) -> None:
    """T28: a header that S3 would act on and nobody signed is refused."""
    assert put(x_amz_acl="public-read")[0] == 403
    assert started["key"] not in site.stored_keys()


def test_t31_an_upload_url_cannot_read_and_a_link_cannot_write(
    put: Callable[..., list[Any]], tab: Page, site: Site, started: dict[str, Any]
) -> None:
    """T31: each URL is good for its own method alone."""
    assert put() == [200, None]
    read = "url => fetch(url).then(({ status }) => status)"
    assert tab.evaluate(read, started["url"]) == 403
    answer = urllib3.request(
        "POST",
        f"{site.gateway.url}/v1/links",
        json={"paths": [started["path"]], "via": "s3"},
        headers={"Authorization": f"Bearer {site.token()}"},
    )
    [link] = answer.json()["links"]
    assert tab.evaluate(read, link["url"]) == 200
    assert put(url=link["url"])[0] == 403
