"""Two tabs of one person, and the way back to a page."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.e2e.site import Site
from tests.e2e.test_page_library import begin_film

pytestmark = pytest.mark.browser

OFFER = "choose the file again to resume"


def test_one_tab_alone_goes_on_with_an_upload(signed_in: Page, site: Site, tmp_path: Path) -> None:
    """Offered in three, chosen in two: no part goes twice, nothing is stored twice, and the third
    tab hears that it is done."""
    page = signed_in
    film = begin_film(page, tmp_path)
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.unroute_all(behavior="ignoreErrors")
    other, idle = page.context.new_page(), page.context.new_page()
    for tab in (other, idle):
        tab.goto("/")
    for tab in (page, other, idle):
        expect(tab.get_by_text(OFFER)).to_be_visible()

    sent: list[str] = []

    def note(request: Request) -> None:
        if request.method == "PUT":
            sent.extend(parse_qs(urlsplit(request.url).query).get("partNumber", ["whole"]))

    page.context.on("request", note)
    held: list[Route] = []
    page.route(re.compile("partNumber=3&"), lambda route: held.append(route))
    with page.expect_request(re.compile("partNumber=3&")):
        page.get_by_label("Files to upload").set_input_files(film)
    other.get_by_label("Files to upload").set_input_files(film)
    expect(other.get_by_text("Another tab took this upload")).to_be_visible()
    for route in held:
        route.continue_()
    expect(page.get_by_text("1 of 1 finished")).to_be_visible()
    expect(idle.get_by_text(OFFER)).to_have_count(0)
    other.get_by_role("button", name="Try again: film.mp4").click()
    expect(other.get_by_text("Another tab took this upload")).to_be_visible()
    [key] = site.stored_keys()
    assert site.stored(key) == film.read_bytes()
    assert len(sent) == len(set(sent)) > 0


def test_the_back_button_goes_through_what_was_seen(signed_in: Page) -> None:
    """Files, shared links and what was deleted are places of their own, also after a reload."""
    page = signed_in
    nothing_deleted = page.get_by_text("Nothing was deleted.")
    page.get_by_role("button", name="Deleted", exact=True).click()
    expect(nothing_deleted).to_be_visible()
    page.get_by_role("button", name="Shared links").click()
    expect(page.get_by_text("Nothing is shared.")).to_be_visible()
    page.go_back()
    expect(nothing_deleted).to_be_visible()
    page.reload()
    expect(nothing_deleted).to_be_visible()
    page.go_back()
    expect(page.get_by_role("searchbox")).to_be_visible()
    expect(nothing_deleted).to_be_hidden()


def test_the_way_back_leads_to_nobody_who_has_left(signed_in: Page) -> None:
    """A page that a browser had put by heard of no sign-out: it asks when it is seen again."""
    signed_in.evaluate(
        """() => {
          localStorage.clear();
          dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
        }"""
    )
    expect(signed_in.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_place_that_is_shown_is_the_one_that_counts(signed_in: Page) -> None:
    """What a browser fills in again after a reload is told to the uploader."""
    page = signed_in
    page.get_by_label("Type").select_option("audio")
    page.reload()
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    shown = page.get_by_label("Type").input_value()
    kept = page.evaluate("() => document.querySelector('#uploader').kind ?? ''")
    assert kept == shown
