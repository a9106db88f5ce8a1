"""What somebody sees who was sent an upload request's link: the demo's page, without a sign-in."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.site import Site
from tests.e2e.test_playback import Caller

pytestmark = pytest.mark.browser


@pytest.fixture
def caller(site: Site) -> Caller:
    return Caller(site)


def test_a_stranger_sends_files(tab: Page, site: Site, caller: Caller, picture: bytes) -> None:
    """By one request and in parts; the owner's note is text; nobody gets in once all are there."""
    terms = {"kind": "image", "max_files": 2, "note": "<b>Please</b>"}
    asked = caller.call("/v1/requests", terms)
    tab.goto(f"{site.gateway.url}{asked['url']}")
    expect(tab.get_by_role("heading", name="Send files")).to_be_visible()
    expect(tab.get_by_text("<b>Please</b>")).to_be_visible()
    expect(tab.get_by_text("2 of 2 files left")).to_be_visible()
    large = picture + bytes(6 * 2**20)
    files = [("small.png", picture), ("large.png", large)]
    with tab.expect_file_chooser() as chooser:
        tab.get_by_role("button", name="Choose files").press("Enter")
    chooser.value.set_files(
        [{"name": name, "mimeType": "image/png", "buffer": body} for name, body in files]
    )
    expect(tab.get_by_text("Sent")).to_have_count(2)
    expect(tab.get_by_role("heading", name="All files are there")).to_be_visible()
    expect(tab.locator("input[type=file]")).to_be_hidden()
    pages = site.s3.get_paginator("list_objects_v2").paginate(Bucket=site.bucket)
    stored = [each for page in pages for each in page["Contents"]]
    sizes = {each["Key"].rpartition("/")[2]: each["Size"] for each in stored}
    assert {name: sizes.get(name) for name, _ in files} == {n: len(body) for n, body in files}
    tab.reload()
    expect(tab.get_by_role("heading", name="All files are there")).to_be_visible()


def test_a_link_that_ended_says_so(tab: Page, site: Site) -> None:
    """A person gets a sentence."""
    tab.goto(f"{site.page}/request.html#made-up")
    expect(tab.get_by_role("heading", name="This link does not work")).to_be_visible()
