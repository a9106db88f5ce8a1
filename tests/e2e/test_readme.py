"""The example of the README, in Chromium, on the local stack."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import CLIP
from tests.e2e.site import ROOT, Site

README = (ROOT / "README.md").read_text()


@pytest.mark.browser
def test_the_example_uploads_a_file_and_plays_it(tab: Page, site: Site) -> None:
    """The page as the README has it, given an address and a token: the chosen film plays."""
    [example] = re.findall(r"```html\n(.*?)```", README, re.DOTALL)
    assert example.count("'http://localhost:8000'") == 1
    tab.add_init_script(f"window.getAccessToken = async () => {site.token()!r}")
    # Where the client lies beside it; a page of no server could ask none on this machine.
    tab.goto("/client/package.json")
    tab.set_content(example.replace("http://localhost:8000", site.gateway.url))
    tab.locator("input").set_input_files(CLIP)
    expect(tab.locator("video")).to_have_js_property("readyState", 4)
    assert [key for key in site.stored_keys() if key.endswith("/clip.mp4")]


def test_the_example_is_as_short_as_it_claims() -> None:
    """Ten lines of JavaScript are what a newcomer reads."""
    [script] = re.findall(r'<script type="module">\n(.*?)</script>', README, re.DOTALL)
    assert len([line for line in script.splitlines() if line.strip()]) <= 10
