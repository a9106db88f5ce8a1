"""What somebody sees who was sent a share's link: the demo's page for it, without a sign-in."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import CLIP
from tests.e2e.site import Site
from tests.e2e.test_playback import Caller

pytestmark = pytest.mark.browser

PLAYED = """(video) => new Promise((resolve) => {
  video.muted = true;
  video.addEventListener('timeupdate', () => video.currentTime > 0.2 && resolve(video.videoHeight));
  video.play();
})"""


@pytest.fixture
def caller(site: Site) -> Caller:
    return Caller(site)


def share(caller: Caller, path: str, **more: Any) -> dict[str, Any]:
    return caller.call("/v1/shares", {"path": path, **more})


def test_a_link_leads_to_a_page_that_shows_a_picture(
    tab: Page, site: Site, caller: Caller, picture: bytes
) -> None:
    """The address bar of a stranger: from the gateway to the page, with the owner's note as text;
    what is beside the page learns no token."""
    path = caller.upload("logo.png", "image/png", picture)["path"]
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    shared = share(caller, path, note="<b>Look</b>\nhere")
    tab.goto(shared["url"] if "://" in shared["url"] else site.gateway.url + shared["url"])
    expect(tab.get_by_role("heading", name="logo.png")).to_be_visible()
    expect(tab.get_by_text("<b>Look</b>")).to_be_visible()
    shown = tab.get_by_role("img", name="logo.png")
    expect(shown).to_be_visible()
    assert shown.evaluate("(img) => img.decode().then(() => img.naturalWidth)") == 96
    token = shared["url"].rpartition("/")[2]
    served = [url for url in asked if url.startswith(site.page)]
    assert served
    assert all(token not in url.partition("#")[0] for url in served)


def test_a_film_and_a_package_play(tab: Page, site: Site, caller: Caller) -> None:
    """A file from its URL; an HLS package by one signature for all of its files."""
    film = caller.upload("clip.mp4", "video/mp4", CLIP.read_bytes())["path"]
    for path, name in ((film, "clip.mp4"), (caller.upload_package(), "master.m3u8")):
        url = share(caller, path)["url"]
        tab.goto(f"{site.gateway.url}{url}")
        expect(tab.get_by_role("heading", name=name)).to_be_visible()
        video = tab.locator("video")
        expect(video).to_be_visible()
        assert video.evaluate(PLAYED) > 0


def test_a_share_that_ended_says_so(tab: Page, site: Site, caller: Caller, picture: bytes) -> None:
    """A person gets a sentence, and no button that leads nowhere."""
    path = caller.upload("logo.png", "image/png", picture)["path"]
    url = share(caller, path)["url"]
    tab.goto(f"{site.gateway.url}{url}")
    expect(tab.get_by_role("link", name="Open the file")).to_be_visible()
    caller.call("/v1/assets/delete", {"paths": [path]})
    tab.reload()
    expect(tab.get_by_role("heading", name="This link does not work")).to_be_visible()
    expect(tab.get_by_role("link", name="Open the file")).to_be_hidden()
