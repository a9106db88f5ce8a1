"""What a person does with what is there: restore, move, share, go on with the unfinished."""

import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3
from playwright.sync_api import Browser, FilePayload, Page, Route, expect

from tests.e2e.conftest import CLIP, fresh_tab
from tests.e2e.site import MIB, ROOT, Site
from tests.e2e.test_page import card, choose
from tests.e2e.test_playback import PACKAGE, Caller
from tests.e2e.test_share_page import PLAYED

pytestmark = pytest.mark.browser

AXE = ROOT / ".stores" / "npm" / "node_modules" / "axe-core" / "axe.min.js"


def upload_picture(page: Page, picture: bytes, name: str = "logo.png") -> None:
    choose(page, {"name": name, "mimeType": "image/png", "buffer": picture})
    expect(card(page, name)).to_be_visible()


def test_what_was_deleted_is_listed_in_any_browser_and_brought_back(
    signed_in: Page, browser: Browser, site: Site, picture: bytes
) -> None:
    """A selection is deleted; another browser lists it, and one click brings it back whole."""
    page = signed_in
    upload_picture(page, picture)
    page.get_by_role("checkbox", name="Select logo.png").check(force=True)
    page.get_by_role("region", name="Selection").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    expect(card(page, "logo.png")).to_have_count(0)
    assert site.stored_keys() == set()

    with fresh_tab(browser, site.page) as other:
        sign_in(other, site)
        other.get_by_role("button", name="Deleted", exact=True).click()
        other.get_by_role("button", name="Restore logo.png").click()
        expect(other.get_by_text("Nothing was deleted.")).to_be_visible()
        other.get_by_role("button", name="Files", exact=True).click()
        expect(card(other, "logo.png")).to_be_visible()
    [key] = site.stored_keys()
    assert site.stored(key) == picture


def test_a_deletion_is_undone_in_its_message(signed_in: Page, site: Site, picture: bytes) -> None:
    """Without another look for it; the space that is used is told anew each time."""
    page = signed_in
    upload_picture(page, picture)
    used = page.get_by_text(re.compile(r"\d [KM]?B used$"))
    # What was counted a moment ago may be told once more, where counting takes long.
    expect(used).not_to_have_text("0 B used")
    card(page, "logo.png").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(card(page, "logo.png")).to_have_count(0)
    expect(used).to_have_text("0 B used")
    page.get_by_role("button", name="Undo").click()
    expect(card(page, "logo.png")).to_be_visible()
    expect(used).not_to_have_text("0 B used")
    assert len(site.stored_keys()) == 1


def test_the_newest_is_first_and_a_name_is_found(signed_in: Page, picture: bytes) -> None:
    """After a reload as before it."""
    page = signed_in
    for name in ("b.png", "c.png", "a.png"):
        upload_picture(page, picture, name)
    newest_first = ["a.png", "c.png", "b.png"]
    expect(page.locator(".card .name")).to_have_text(newest_first)
    page.reload()
    expect(page.locator(".card .name")).to_have_text(newest_first)
    page.get_by_role("searchbox").fill("C.P")
    expect(page.locator(".card .name")).to_have_text(["c.png"])
    page.get_by_role("searchbox").fill("film")
    expect(page.get_by_text("No file has “film” in its name.")).to_be_visible()


def test_a_folder_that_is_a_package_goes_up_as_one_and_its_link_plays(
    signed_in: Page, site: Site, tmp_path: Path
) -> None:
    """One row, one card, one link for anybody, one deletion, one call that restores it; by the
    folder's name, and without what the system put into it."""
    page = signed_in
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    film = tmp_path / "film"
    shutil.copytree(PACKAGE, film, ignore=shutil.ignore_patterns("*.sh"))
    for stray in (".DS_Store", "144p/Thumbs.db"):
        (film / stray).write_bytes(b"\0")
    page.get_by_label("Folder to upload").set_input_files(film)
    expect(page.get_by_text("1 of 1 finished")).to_be_visible()
    whole = site.stored_keys()
    assert len(whole) == len([path for path in PACKAGE.rglob("*.*") if path.suffix != ".sh"])
    expect(page.locator(".card")).to_have_count(1)

    card(page, "film").click()
    page.get_by_role("dialog").get_by_role("button", name="Share").click()
    page.get_by_role("button", name="Create link").click()
    expect(page.get_by_text("Link copied.")).to_be_visible()
    link = page.evaluate("() => navigator.clipboard.readText()")
    stranger = page.context.new_page()
    stranger.goto(link)
    expect(stranger.get_by_role("heading", name="film")).to_be_visible()
    assert stranger.locator("video").evaluate(PLAYED) > 0
    stranger.close()

    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(".card")).to_have_count(0)
    assert site.stored_keys() == set()
    asked: list[str] = []
    page.get_by_role("button", name="Deleted", exact=True).click()
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    page.get_by_role("button", name="Restore film").click()
    expect(page.get_by_text("Nothing was deleted.")).to_be_visible()
    assert site.stored_keys() == whole
    assert asked.count("/v1/assets/restore") == 1


def test_shared_links_are_seen_and_revoked(signed_in: Page, site: Site, picture: bytes) -> None:
    """With the end that was chosen; a revoked one opens nothing."""
    page = signed_in
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    upload_picture(page, picture)
    card(page, "logo.png").click()
    page.get_by_role("dialog").get_by_role("button", name="Share").click()
    page.get_by_label("Works for").select_option(label="7 days")
    page.get_by_role("button", name="Create link").click()
    expect(page.get_by_text("Link copied.")).to_be_visible()
    link = page.evaluate("() => navigator.clipboard.readText()")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Shared links").click()
    row = page.get_by_role("listitem").filter(has_text="logo.png").filter(has_text="Works until")
    [share] = Caller(site).get("/v1/shares")["items"]
    ends = datetime.fromisoformat(share["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=6) < ends < timedelta(days=8)
    row.get_by_role("button", name="Revoke logo.png").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("Nothing is shared.")).to_be_visible()
    assert page.context.request.get(link).status == 404


def test_nothing_goes_into_the_brand_kit_unsaid(signed_in: Page, site: Site) -> None:
    """A file that only a brand kit takes is asked about; left out, it goes nowhere."""
    page = signed_in
    text: FilePayload = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"Look here."}
    choose(page, text)
    question = page.get_by_role("dialog", name="Put notes.txt into the brand kit?")
    question.get_by_role("button", name="Leave out").click()
    expect(page.locator(".row")).to_have_count(0)
    choose(page, text)
    question.get_by_role("button", name="Put into brand kit").click()
    expect(page.get_by_text("1 of 1 finished")).to_be_visible()
    [key] = site.stored_keys()
    assert "/brand_kit/" in key


def test_all_that_failed_is_tried_again_at_once(
    signed_in: Page, site: Site, picture: bytes
) -> None:
    """One button for all rows that can succeed."""
    page = signed_in
    page.route(f"{site.storage}/**", lambda route: route.fulfill(status=403))
    pictures: list[FilePayload] = [
        {"name": f"{number}.png", "mimeType": "image/png", "buffer": picture} for number in range(3)
    ]
    choose(page, *pictures)
    expect(page.get_by_text("0 of 3 finished · 3 failed")).to_be_visible()
    page.unroute_all(behavior="wait")
    page.get_by_role("button", name="Retry failed").click()
    expect(page.get_by_text("3 of 3 finished")).to_be_visible()
    assert len(site.stored_keys()) == 3


def test_a_picture_moves_into_a_project_and_is_found_there(
    signed_in: Page, site: Site, picture: bytes
) -> None:
    """Moving asks where to; the project is then a filter of the gallery."""
    page = signed_in
    upload_picture(page, picture)
    card(page, "logo.png").click()
    page.get_by_role("button", name="Move", exact=True).click()
    page.get_by_role("dialog", name="Move logo.png").get_by_label("Folder").fill("spring")
    page.get_by_role("dialog", name="Move logo.png").get_by_label("Folder").press("Enter")
    expect(page.get_by_text("logo.png is in the folder spring now.")).to_be_visible()
    expect(card(page, "logo.png")).to_have_count(0)
    [key] = site.stored_keys()
    assert f"users/{site.sub}/projects/spring/image/" in key
    page.locator("#project-filter").select_option("spring")
    expect(card(page, "logo.png")).to_contain_text("spring")


def test_a_share_link_opens_without_a_sign_in(signed_in: Page, site: Site, picture: bytes) -> None:
    """Share copies a link that gives the file to whoever has it."""
    page = signed_in
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    upload_picture(page, picture)
    card(page, "logo.png").click()
    page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_role("button", name="Create link").click()
    expect(page.get_by_text("Link copied.")).to_be_visible()
    link = page.evaluate("() => navigator.clipboard.readText()")
    assert link.startswith(f"{site.gateway.url}/s/")
    assert page.context.request.get(link).body() == picture


def test_a_link_that_cannot_be_copied_is_shown(signed_in: Page, site: Site, picture: bytes) -> None:
    """Browsers refuse the clipboard at will: the link, made already, must not be lost."""
    page = signed_in
    page.evaluate(
        """() => {
          navigator.clipboard.write = () => Promise.reject(new Error('no'));
          navigator.clipboard.writeText = () => Promise.reject(new Error('no'));
        }"""
    )
    upload_picture(page, picture)
    card(page, "logo.png").click()
    page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_role("button", name="Create link").click()
    shown = page.get_by_role("dialog", name="Copy this link").get_by_label("Link")
    expect(shown).to_have_value(re.compile("^" + re.escape(f"{site.gateway.url}/s/")))
    assert page.context.request.get(shown.input_value()).body() == picture


def test_what_is_said_over_a_dialog_is_seen_and_heard(signed_in: Page, picture: bytes) -> None:
    """A modal dialog covers and silences what is outside it."""
    page = signed_in
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    upload_picture(page, picture)
    card(page, "logo.png").click()
    page.get_by_role("button", name="Copy link").click()
    said = page.get_by_role("dialog", name="logo.png").locator(".toast:not([hidden])")
    expect(said).to_contain_text(re.compile(r"^Link copied\. It works until .+\.$"))
    heard = said.locator("xpath=..").get_by_role("status").filter(has_text="Link copied")
    expect(heard).to_have_count(1)
    assert said.evaluate(
        """(toast) => {
          const { x, y } = toast.getBoundingClientRect();
          return toast.contains(toast.getRootNode().elementFromPoint(x + 9, y + 9));
        }"""
    )


def test_long_names_keep_the_page_in_shape(signed_in: Page, picture: bytes) -> None:
    """On a wide screen as on a narrow one, a name is cut, not the page."""
    page = signed_in
    upload_picture(page, picture, "n" * 180 + ".png")
    for width in (1280, 700, 390):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
        assert page.locator(".page").evaluate("it => it.scrollWidth <= it.clientWidth")
    card(page, "nnn").click()
    page.get_by_role("dialog").get_by_role("button", name="Share").click()
    question = page.get_by_role("dialog", name="Share nnn")
    assert question.evaluate("it => it.scrollWidth <= it.clientWidth")


def test_after_a_deletion_the_keyboard_stays_near(signed_in: Page, picture: bytes) -> None:
    """Focus goes to the neighbour of what is gone, or to the search of an empty library."""
    page = signed_in
    for name in ("first.png", "second.png"):
        upload_picture(page, picture, name)
    for name, then in (("second.png", card(page, "first.png")), ("first.png", None)):
        card(page, name).click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(card(page, name)).to_have_count(0)
        expect(then or page.get_by_role("searchbox")).to_be_focused()


def test_an_unfinished_upload_is_offered_after_a_reload(
    signed_in: Page, site: Site, tmp_path: Path
) -> None:
    """The row says what to do; the same file again sends what was missing, and finishes."""
    page = signed_in
    film = begin_film(page, tmp_path)
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.unroute_all(behavior="ignoreErrors")

    expect(page.get_by_text("choose the file again to resume")).to_be_visible()
    sent: list[str] = []
    page.on(
        "request", lambda request: sent.append(request.url) if request.method == "PUT" else None
    )
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Resume film.mp4").click()
    chooser.value.set_files(film)
    expect(page.get_by_text("1 of 1 finished")).to_be_visible()
    [key] = site.stored_keys()
    assert site.stored(key) == film.read_bytes()
    assert 0 < len(sent) < 4


def test_what_another_browser_began_is_listed_and_can_be_given_up(
    signed_in: Page, site: Site
) -> None:
    """With its name and when, no promise to go on with it, and gone once it is discarded."""
    page = signed_in
    declared = {"filename": "other.mp4", "content_type": "video/mp4", "size": 30 * MIB}
    headers = {"Authorization": f"Bearer {site.token()}"}
    urllib3.request("POST", f"{site.gateway.url}/v1/uploads", json=declared, headers=headers)
    page.reload()
    expect(page.get_by_text("Started in another browser")).to_be_visible()
    expect(page.get_by_role("button", name="Resume other.mp4")).to_have_count(0)
    page.get_by_role("button", name="Discard other.mp4").click()
    expect(page.get_by_text("Started in another browser")).to_have_count(0)
    assert site.unfinished() == []


def test_an_unfinished_upload_that_the_browser_can_reach_takes_one_click(
    signed_in: Page, site: Site
) -> None:
    """No file is chosen again where there is a handle of it."""
    page = signed_in
    page.route(re.compile("partNumber=2&"), lambda route: route.fulfill(status=400))
    page.evaluate(
        """async ({ endpoint, token }) => {
          const { AssetGateway } = await import('/client/asset-gateway.js');
          const root = await navigator.storage.getDirectory();
          const handle = await root.getFileHandle('film.mp4', { create: true });
          const writable = await handle.createWritable();
          await writable.write('\\0\\0\\0\\x18ftypisom' + 'x'.repeat(12 * 2 ** 20));
          await writable.close();
          await new AssetGateway({ endpoint, token }).upload(handle).catch(() => {});
        }""",
        {"endpoint": site.gateway.url, "token": site.token()},
    )
    page.unroute_all(behavior="ignoreErrors")
    page.reload()
    page.get_by_role("button", name="Resume film.mp4").click()
    expect(page.get_by_text("1 of 1 finished")).to_be_visible()
    assert len(site.stored_keys()) == 1


def test_a_package_is_one_card_and_plays(signed_in: Page, site: Site) -> None:
    """Of an HLS package only the manifest is shown; it plays past a segment."""
    Caller(site).upload_package()
    page = signed_in
    page.reload()
    page.locator("#project-filter").select_option("p1")
    expect(page.locator(".card")).to_have_count(1)
    card(page, "master.m3u8").click()
    page.get_by_role("dialog").locator("video").evaluate(
        """video => new Promise((resolve, reject) => {
          video.muted = true;
          video.addEventListener('timeupdate', () => video.currentTime > 2.5 && resolve());
          video.addEventListener('error', () => reject(new Error('cannot play')));
        })"""
    )


def test_what_others_make_shows_up_by_itself(tab: Page, site: Site, picture: bytes) -> None:
    """The page listens where a back end is told of assets, and shows what arrives."""

    def settings(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "events": f"{site.page}/events"})

    def tell(route: Route) -> None:
        expect(tab.get_by_text("Nothing here yet")).to_be_visible()
        asset = Caller(site).upload("made by a job.png", "image/png", picture)
        event = {"type": "asset.created", "timestamp": "2999-01-01T00:00:00Z"}
        event_data = json.dumps(event | {"data": {"asset": asset}})
        route.fulfill(
            content_type="text/event-stream",
            body=f"retry: 600000\nevent: asset\ndata: {event_data}\n\n",
        )

    tab.route("**/config.json", settings)
    tab.route("**/events?sub=*", tell)
    sign_in(tab, site)
    expect(card(tab, "made by a job.png")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(tab: Page, site: Site, picture: bytes, scheme: Any) -> None:
    """The door, the gallery, the open asset, the question: in both schemes, on a phone too."""
    tab.emulate_media(color_scheme=scheme)
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.goto("/")
    expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()
    assert serious_faults(tab) == []
    sign_in(tab, site)
    upload_picture(tab, picture)
    choose(tab, {"name": "a.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"})
    expect(tab.get_by_text("1 of 2 finished · 1 failed")).to_be_visible()
    assert serious_faults(tab) == []
    tab.set_viewport_size({"width": 390, "height": 800})
    assert serious_faults(tab) == []
    assert tab.evaluate("() => document.documentElement.scrollWidth") <= 390
    card(tab, "logo.png").click()
    expect(tab.get_by_role("dialog").get_by_role("img")).to_be_visible()
    assert serious_faults(tab) == []
    tab.get_by_role("dialog").get_by_role("button", name="Share").click()
    tab.get_by_role("button", name="Create link").click()
    expect(tab.get_by_text("Link copied.")).to_be_visible()
    assert serious_faults(tab) == []
    tab.reload()
    tab.get_by_role("button", name="Shared links").click()
    tab.get_by_role("button", name="Revoke logo.png").click()
    assert serious_faults(tab) == []
    tab.keyboard.press("Escape")
    assert serious_faults(tab) == []


def begin_film(page: Page, folder: Path) -> Path:
    """A film of four parts, of which the third does not get through."""
    film = folder / "film.mp4"
    film.write_bytes(CLIP.read_bytes() + bytes(16 * MIB))
    page.route(re.compile("partNumber=3&"), lambda route: None)
    page.get_by_label("Files to upload").set_input_files(film)
    page.wait_for_function(
        """bytes => document.querySelector('#uploader').uploads.getSnapshot()
          .items.some(({ sent }) => sent >= bytes)""",
        arg=10 * MIB,
    )
    return film


def sign_in(page: Page, site: Site) -> None:
    page.goto("/")
    pass_the_door(page, site)


def pass_the_door(page: Page, site: Site) -> None:
    page.get_by_label("Email").fill(site.email)
    page.get_by_label("Password").fill(site.password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Library")).to_be_visible()


def serious_faults(page: Page) -> list[str]:
    """What axe-core calls serious or critical, and where."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text())
    found = page.evaluate("async () => (await axe.run()).violations")
    return [
        f"{fault['id']}: {node['target']} {node['failureSummary']}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]
