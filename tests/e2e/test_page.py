"""What a person does on the demo page, from signing in to deleting."""

import re
import struct
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Locator, Page, Response, expect

from tests.e2e.conftest import CLIP
from tests.e2e.site import MIB, Site

pytestmark = pytest.mark.browser

# More than a browser reads ahead.
GAP = 8 * MIB


def choose(page: Page, *files: FilePayload) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").click()
    chooser.value.set_files(list(files))


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=re.compile(re.escape(name))).and_(
        page.locator(".card .open")
    )


def test_a_video_and_a_picture_go_up_play_and_go_away(
    signed_in: Page, site: Site, picture: bytes
) -> None:
    """Both files arrive byte for byte, are shown from S3, and are gone once they are deleted."""
    page = signed_in
    choose(
        page,
        {"name": "clip.mp4", "mimeType": "video/mp4", "buffer": CLIP.read_bytes()},
        {"name": "Grüße 1+1.png", "mimeType": "image/png", "buffer": picture},
    )
    expect(page.get_by_text("2 of 2 finished")).to_be_visible()
    expect(page.get_by_role("img", name="Finished")).to_have_count(2)

    stored = {key.rpartition("/")[2]: site.stored(key) for key in site.stored_keys()}
    assert stored == {"clip.mp4": CLIP.read_bytes(), "Grüße 1+1.png": picture}

    card(page, "Grüße 1+1.png").click()
    shown = page.get_by_role("dialog").get_by_role("img")
    expect(shown).to_have_js_property("naturalWidth", 96)
    page.get_by_role("button", name="Close").click()

    card(page, "clip.mp4").click()
    video = page.get_by_role("dialog").locator("video")
    video.evaluate(
        """video => new Promise((resolve, reject) => {
          video.addEventListener('timeupdate', () => video.currentTime > 0.2 && resolve());
          video.addEventListener('error', () => reject(video.error));
        })"""
    )
    assert 4.5 < video.evaluate("video => video.duration") < 5.5
    link = video.get_attribute("src")
    assert link and link.startswith(site.edge)

    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(card(page, "clip.mp4")).to_have_count(0)
    # The card goes at once, the file when the answer comes.
    page.wait_for_function(
        "link => fetch(link, { cache: 'no-store' }).then(({ status }) => status === 404)", arg=link
    )
    assert [key.rpartition("/")[2] for key in site.stored_keys()] == ["Grüße 1+1.png"]


def with_gap(clip: bytes, gap: int) -> bytes:
    """The clip with `gap` bytes of nothing before its last tenth, as if much film lay between.

    As many lie before its index, so that reading the one does not bring the other. Splits the
    `mdat` box at a chunk and moves the chunks behind in `stco` (ISO 14496-12, 8.7.5).
    """
    tables = [found.end() + 4 for found in re.finditer(b"stco", clip)]
    places: list[tuple[int, int]] = []
    for table in tables:
        (count,) = struct.unpack_from(">I", clip, table)
        chunks = struct.unpack_from(f">{count}I", clip, table + 4)
        places += [(table + 4 + 4 * i, offset) for i, offset in enumerate(chunks)]
    cut = sorted(offset for _, offset in places)[len(places) * 9 // 10]
    start = clip.rindex(b"mdat", 0, cut) - 4
    (size,) = struct.unpack_from(">I", clip, start)
    moved = bytearray(clip)
    for place, offset in places:
        struct.pack_into(">I", moved, place, offset + (gap + 8 if offset >= cut else 0))
    struct.pack_into(">I", moved, start, cut - start)
    free = struct.pack(">I4s", gap, b"free") + bytes(gap - 8)
    rest = struct.pack(">I4s", start + size - cut + 8, b"mdat")
    end = start + size
    return bytes(moved[:cut]) + free + rest + bytes(moved[cut:end]) + free + bytes(moved[end:])


def test_seeking_in_a_video_asks_the_store_for_a_range(
    signed_in: Page, site: Site, tmp_path: Path
) -> None:
    """A jump to the end fetches the bytes there, as a 206, instead of all that lies before."""
    page = signed_in

    def is_from_further_on(response: Response) -> bool:
        first = re.match(r"bytes (\d+)-", response.headers.get("content-range", ""))
        return (
            response.url.startswith(site.edge)
            and first is not None
            and GAP < int(first[1]) < 2 * GAP
        )

    film = tmp_path / "seek.mp4"
    film.write_bytes(with_gap(CLIP.read_bytes(), GAP))
    page.get_by_label("Files to upload").set_input_files(film)
    expect(page.get_by_text("1 of 1 finished")).to_be_visible()
    cache = page.context.new_cdp_session(page)
    cache.send("Network.enable")
    cache.send("Network.setCacheDisabled", {"cacheDisabled": True})
    # The browser may read on to there by itself before it is told to jump; never all between.
    with page.expect_response(is_from_further_on) as answer:
        page.reload()
        # The gallery shows a preview, and leaves the film alone.
        card(page, "seek.mp4").click()
        page.get_by_role("dialog").locator("video").evaluate(
            """video => new Promise((resolve) => {
              const jump = () => {
                video.addEventListener('seeked', resolve, { once: true });
                video.currentTime = video.duration - 0.3;
              };
              if (video.readyState > 0) jump();
              else video.addEventListener('loadedmetadata', jump, { once: true });
            })"""
        )
    assert answer.value.status == 206


def test_a_session_survives_a_reload_and_ends_when_signed_out(signed_in: Page) -> None:
    """A reload stays inside; signing out leads back to the door, and a reload stays there."""
    signed_in.reload()
    expect(signed_in.get_by_role("heading", name="Library")).to_be_visible()
    signed_in.get_by_role("button", name="Sign out").click()
    expect(signed_in.get_by_role("heading", name="Sign in")).to_be_visible()
    signed_in.reload()
    expect(signed_in.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_second_tab_stays_signed_in_and_signs_out_with_the_first(signed_in: Page) -> None:
    """Both are one session: it needs no second password, and ends in both."""
    second = signed_in.context.new_page()
    second.goto("/")
    expect(second.get_by_role("heading", name="Library")).to_be_visible()
    signed_in.get_by_role("button", name="Sign out").click()
    expect(second.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_wrong_password_is_told_in_plain_words(tab: Page, site: Site) -> None:
    """The door says what is wrong, and does not tell whether the account exists."""
    tab.goto("/")
    said = []
    for email in (site.email, "nobody@example.com"):
        tab.get_by_label("Email").fill(email)
        tab.get_by_label("Password").fill("Wrong-passw0rd!")
        tab.get_by_role("button", name="Sign in", exact=True).click()
        expect(tab.get_by_role("alert")).to_have_text("That email and password do not match.")
        said.append(tab.get_by_role("alert").inner_text())
    assert said[0] == said[1]


def test_without_a_network_a_row_says_so_and_goes_on_by_itself(signed_in: Page) -> None:
    """No speed is promised while nothing moves, nor that the gallery is loading; neither needs a
    click once it can go on."""
    page = signed_in
    page.context.set_offline(True)
    choose(page, {"name": "clip.mp4", "mimeType": "video/mp4", "buffer": CLIP.read_bytes()})
    status = page.locator(".row .status")
    expect(status).to_contain_text("No connection")
    gallery = page.locator("asset-gallery")
    gallery.evaluate("(gallery) => { gallery.refresh(); }")
    expect(gallery.get_by_text("No connection")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text("1 of 1 finished")).to_be_visible()
    expect(status).not_to_contain_text("No connection")
    expect(card(page, "clip.mp4")).to_be_visible()
    expect(gallery.get_by_text("No connection")).to_be_hidden()


def test_a_file_that_is_not_allowed_says_why_in_its_row(signed_in: Page, site: Site) -> None:
    """A refusal by the gateway shows up beside the file; nothing is stored."""
    choose(signed_in, {"name": "a.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"})
    row = signed_in.get_by_role("listitem").filter(has_text="a.exe")
    expect(row).to_contain_text("supported")
    expect(row.get_by_role("button", name="Try again")).to_have_count(0)
    assert not site.stored_keys()


def test_what_failed_does_not_count_as_finished(signed_in: Page, picture: bytes) -> None:
    """It is told apart, and cleared with the others."""
    page = signed_in
    choose(
        page,
        {"name": "a.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"},
        {"name": "a.png", "mimeType": "image/png", "buffer": picture},
    )
    expect(page.get_by_text("1 of 2 finished · 1 failed")).to_be_visible()
    page.get_by_role("button", name="Clear finished and failed").click()
    expect(page.get_by_role("region", name="Uploads")).to_be_hidden()
