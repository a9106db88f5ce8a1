"""HLS for real: hls.js in Chromium plays a package from the local edge, by query and by cookies."""

from collections.abc import Mapping
from typing import Any

import pytest
import urllib3
from playwright.sync_api import Page, Response

from tests.e2e.conftest import CLIP
from tests.e2e.site import ROOT, Site

pytestmark = pytest.mark.browser

HLS_JS = ROOT / ".stores" / "npm" / "node_modules" / "hls.js" / "dist" / "hls.min.js"
PACKAGE = CLIP.parent / "hls"
#: At the front end's origin, but without the demo page's scripts and its policy for them.
BARE = "/config.json"
TYPES = {".m3u8": "application/vnd.apple.mpegurl", ".ts": "video/mp2t"}

# Asks for playback as a front end does, then plays past the first segment; how far it got.
PLAY = """async ({ endpoint, token, path, mode }) => {
  const answer = await fetch(`${endpoint}/v1/playback`, {
    method: 'POST',
    credentials: mode === 'cookies' ? 'include' : 'omit',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ path, expires_in: 604800 }),
  });
  const { url, query } = await answer.json();
  const [manifest] = url.split('?');
  const hls = new Hls(mode === 'cookies'
    ? { xhrSetup: (xhr) => { xhr.withCredentials = true; } }
    : { xhrSetup(xhr, target) {
      const address = new URL(target, url);
      address.search += `${address.search ? '&' : '?'}${query}`;
      xhr.open('GET', address, true);
    } });
  const video = Object.assign(document.createElement('video'), { muted: true });
  document.body.replaceChildren(video);
  try {
    return await new Promise((resolve, reject) => {
      hls.on(Hls.Events.ERROR, (_, { fatal, details }) => fatal && reject(new Error(details)));
      hls.on(Hls.Events.MANIFEST_PARSED, () => video.play());
      video.addEventListener('timeupdate', () => video.currentTime > 2.5
        && resolve({ at: video.currentTime, duration: video.duration, height: video.videoHeight }));
      hls.loadSource(manifest);
      hls.attachMedia(video);
    });
  } finally {
    hls.destroy();
  }
}"""
STATUS = """([url, credentials]) => fetch(url, { credentials, cache: 'no-store' })
  .then(({ status }) => status)"""


class Caller:
    """The API as the site's user calls it, signed in once."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.token = site.token()

    def call(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"{self.site.gateway.url}{path}"
        answer = urllib3.request("POST", url, json=body, headers=headers)
        assert answer.status in (200, 201), answer.data
        return dict(answer.json())

    def get(self, path: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}"}
        return dict(
            urllib3.request("GET", f"{self.site.gateway.url}{path}", headers=headers).json()
        )

    def upload(self, name: str, content_type: str, body: bytes, **more: str) -> dict[str, Any]:
        """One file, from declaration to completion."""
        declared = {"filename": name, "content_type": content_type, "size": len(body), **more}
        started = self.call("/v1/uploads", {**declared, "method": "put"})
        sent = urllib3.request("PUT", started["url"], body=body, headers=started["headers"])
        assert sent.status == 200, sent.data
        return self.call(f"/v1/uploads/{started['upload_id']}/complete", {})

    def upload_manifest(self) -> dict[str, Any]:
        """The beginning of a package: its manifest, as an asset."""
        body = (PACKAGE / "master.m3u8").read_bytes()
        return self.upload("master.m3u8", TYPES[".m3u8"], body, project_id="p1")

    def upload_package(self) -> str:
        """The whole package under one asset id; the path of its manifest."""
        manifest = self.upload_manifest()
        for file in sorted(PACKAGE.glob("*/*")):
            self.upload(
                file.relative_to(PACKAGE).as_posix(),
                TYPES[file.suffix],
                file.read_bytes(),
                project_id="p1",
                asset_id=manifest["asset_id"],
            )
        return str(manifest["path"])


@pytest.fixture
def caller(site: Site) -> Caller:
    return Caller(site)


@pytest.fixture
def page(tab: Page) -> Page:
    if not HLS_JS.exists():
        pytest.fail("hls.js is missing; `make stores` installs it")
    tab.goto(BARE)
    tab.add_script_tag(path=HLS_JS)
    return tab


def play(page: Page, caller: Caller, path: str, mode: str) -> list[Response]:
    """Play past the first segment; what the edge answered."""
    answers: list[Response] = []
    site = caller.site

    def note(response: Response) -> None:
        if response.url.startswith(site.edge):
            answers.append(response)

    page.on("response", note)
    asked = {"endpoint": site.gateway.url, "token": caller.token, "path": path, "mode": mode}
    seen = page.evaluate(PLAY, asked)
    page.remove_listener("response", note)
    assert seen["at"] > 2.5
    assert 4.5 < seen["duration"] < 5.5
    assert seen["height"] in (90, 144)
    return answers


def test_hls_plays_by_query_string(page: Page, caller: Caller) -> None:
    """Manifest, playlist and segments each with the same query; not one refusal."""
    answers = play(page, caller, caller.upload_package(), "query")
    assert {answer.status for answer in answers} == {200}
    assert all("Policy=" in answer.url and "Signature=" in answer.url for answer in answers)
    names = [answer.url.partition("?")[0].rpartition("/")[2] for answer in answers]
    assert {"master.m3u8", "index.m3u8", "seg0.ts", "seg1.ts"} <= set(names)
    assert page.context.cookies() == []


def test_hls_plays_by_cookies(page: Page, caller: Caller, site: Site) -> None:
    """Plain URLs, the browser sends what `/v1/playback` set; scripts cannot read it."""
    path = caller.upload_package()
    answers = play(page, caller, path, "cookies")
    assert {answer.status for answer in answers} == {200}
    assert all("?" not in answer.url for answer in answers)
    cookies = page.context.cookies(f"{site.edge}/users/{site.sub}/{path}")
    assert len(cookies) == 4
    assert all(cookie["httpOnly"] and cookie["secure"] for cookie in cookies)
    assert page.evaluate("document.cookie") == ""


def test_t34_a_neighbour_folder_and_another_user_get_403(page: Page, caller: Caller) -> None:
    """T34: with query and cookies of one package, all other packages stay closed."""
    other = Caller(caller.site.for_somebody_new())
    mine = caller.upload_package()
    beside, theirs = (str(who.upload_manifest()["path"]) for who in (caller, other))
    play(page, caller, mine, "cookies")
    query = caller.call("/v1/playback", {"path": mine})["query"]
    for owner, path, status in ((caller, mine, 200), (caller, beside, 403), (other, theirs, 403)):
        url = f"{owner.site.edge}/users/{owner.site.sub}/{path}"
        assert page.evaluate(STATUS, [url, "include"]) == status
        assert page.evaluate(STATUS, [url, "omit"]) == 403
        assert page.evaluate(STATUS, [f"{url}?{query}", "omit"]) == status


def cached(page: Page) -> list[str]:
    """URLs that the browser answers from its own caches, from now on."""
    asked: dict[str, str] = {}
    found: list[str] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")

    def from_disk(event: dict[str, Any]) -> None:
        if event["response"].get("fromDiskCache"):
            found.append(event["response"]["url"])

    session.on(
        "Network.requestWillBeSent", lambda e: asked.update({e["requestId"]: e["request"]["url"]})
    )
    session.on("Network.requestServedFromCache", lambda e: found.append(asked[e["requestId"]]))
    session.on("Network.responseReceived", from_disk)
    return found


def test_the_second_view_of_a_package_comes_from_cache(page: Page, caller: Caller) -> None:
    """Playback repeats its signature within the window, so segments are not fetched again."""
    path = caller.upload_package()
    played = {answer.url for answer in play(page, caller, path, "query")}
    from_cache = cached(page)
    again = {answer.url for answer in play(page, caller, path, "query")}
    segments = {url for url in played & again if ".ts?" in url}
    assert segments
    assert segments <= set(from_cache)


@pytest.mark.parametrize("via", ["cloudfront", "s3"])
def test_the_second_view_of_a_picture_comes_from_cache(
    tab: Page, caller: Caller, picture: bytes, via: str
) -> None:
    """Two visits, two requests for a link, one download; from CloudFront and from S3."""
    path = caller.upload("a.png", "image/png", picture)["path"]
    show = """(url) => new Promise((resolve, reject) => {
      const image = Object.assign(new Image(), { src: url, onerror: reject });
      image.onload = () => resolve(image.naturalWidth);
      document.body.replaceChildren(image);
    })"""
    from_cache = cached(tab)
    urls = []
    for _ in range(2):
        tab.goto(BARE)
        asked = {"paths": [path], "via": via, "expires_in": 604_800}
        [link] = caller.call("/v1/links", asked)["links"]
        assert tab.evaluate(show, link["url"]) == 96
        urls.append(link["url"])
    assert urls[0] == urls[1]
    assert from_cache.count(urls[0]) == 1
