"""Uploads and sessions: signing out in the middle, a session that ends by itself, no storage."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import CLIP
from tests.e2e.site import MIB, Site
from tests.e2e.test_page import card, choose
from tests.e2e.test_page_library import begin_film, pass_the_door, sign_in

pytestmark = pytest.mark.browser


def test_signing_out_keeps_what_has_arrived(signed_in: Page, site: Site, tmp_path: Path) -> None:
    """Nothing goes on behind the door; the same person is offered the rest afterwards."""
    page = signed_in
    begin_film(page, tmp_path)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert site.unfinished()
    page.unroute_all(behavior="ignoreErrors")
    sign_in(page, site)
    expect(page.get_by_text("choose the file again to resume")).to_be_visible()
    page.get_by_role("button", name="Discard film.mp4").click()
    expect(page.get_by_text("choose the file again to resume")).to_have_count(0)
    assert site.unfinished() == []


def test_another_person_in_the_same_tab_sees_nothing_of_it(
    signed_in: Page, site: Site, tmp_path: Path
) -> None:
    """Not the rows, not the offers; and the upload is still the first person's."""
    page = signed_in
    begin_film(page, tmp_path)
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, site.for_somebody_new())
    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    expect(page.get_by_text("film.mp4")).to_have_count(0)
    assert site.unfinished()


def lose_session(page: Page, site: Site, film: Path) -> None:
    """At the end of an upload in parts the gateway wants another token, and Cognito has none."""
    film.write_bytes(CLIP.read_bytes() + bytes(11 * MIB))

    def refuse(route: Route) -> None:
        if "REFRESH_TOKEN_AUTH" in (route.request.post_data or ""):
            route.fulfill(
                status=400,
                headers={"Access-Control-Allow-Origin": "*"},
                json={"__type": "NotAuthorizedException", "message": "Refresh Token has expired"},
            )
        else:
            route.fallback()

    page.route(f"{site.stack.endpoint}/", refuse)
    page.route(
        "**/complete",
        lambda route: route.fulfill(
            status=401,
            headers={"Access-Control-Allow-Origin": "*"},
            json={"type": "/problems/invalid-token", "title": "No", "status": 401},
        ),
    )
    page.get_by_label("Files to upload").set_input_files(film)
    ended = page.get_by_text("Your session has ended. Sign in again.")
    expect(ended).to_be_visible()  # when all parts have arrived
    page.unroute_all(behavior="wait")


def test_a_session_that_ends_by_itself_ends_no_upload(
    signed_in: Page, site: Site, tmp_path: Path
) -> None:
    """The row says why it stopped, and goes on once the person has signed in again."""
    page = signed_in
    lose_session(page, site, tmp_path / "film.mp4")
    pass_the_door(page, site)
    row = page.get_by_role("region", name="Uploads").get_by_role("listitem")
    expect(row).to_contain_text("Your session has ended.")
    page.get_by_role("button", name="Try again: film.mp4").click()
    expect(page.get_by_text("1 of 1 finished")).to_be_visible()
    assert len(site.stored_keys()) == 1
    # Begun anew, the first would still be there.
    assert site.unfinished() == []


def test_somebody_else_after_a_lost_session_sees_nothing_of_it(
    signed_in: Page, site: Site, tmp_path: Path
) -> None:
    """Rows wait for their owner alone; what has arrived stays the owner's."""
    page = signed_in
    lose_session(page, site, tmp_path / "film.mp4")
    pass_the_door(page, site.for_somebody_new())
    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    expect(page.get_by_text("film.mp4")).to_have_count(0)
    assert site.unfinished()


def test_without_storage_the_page_works(tab: Page, site: Site, picture: bytes) -> None:
    """A browser may deny it all: a reload asks for the password again, and that is all."""
    tab.add_init_script(
        """for (const name of ['sessionStorage', 'localStorage']) {
          Object.defineProperty(window, name, {
            get() { throw new DOMException('denied', 'SecurityError'); },
          });
        }"""
    )
    sign_in(tab, site)
    choose(tab, {"name": "logo.png", "mimeType": "image/png", "buffer": picture})
    expect(tab.get_by_text("1 of 1 finished")).to_be_visible()
    tab.reload()
    expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_wrong_clock_costs_nothing(tab: Page, site: Site, picture: bytes, hours: int) -> None:
    """A token lives as long as Cognito says, whatever time the browser believes it is."""
    asked: list[str] = []
    tab.on("request", lambda one: asked.append(one.headers.get("x-amz-target", "")))
    tab.add_init_script(f"const now = Date.now; Date.now = () => now() + {hours} * 3_700_000;")
    sign_in(tab, site)
    choose(tab, {"name": "logo.png", "mimeType": "image/png", "buffer": picture})
    expect(card(tab, "logo.png")).to_be_visible()
    expect(tab.locator(".thumb img")).to_be_visible()
    assert [target.rpartition(".")[2] for target in asked if target] == ["InitiateAuth"]
