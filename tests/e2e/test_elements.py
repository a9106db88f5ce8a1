"""The web components, on a page that has nothing else."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.e2e.conftest import CLIP
from tests.e2e.site import MIB, ROOT, Site
from tests.e2e.test_playback import Caller

pytestmark = pytest.mark.browser

AXE = ROOT / ".stores" / "npm" / "node_modules" / "axe-core" / "axe.min.js"
PAGE = """<!doctype html><html lang="en"><head><title>Elements</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>body {{ margin: 0; padding: 20px; background: Canvas; font: 15px/1.5 sans-serif; }}
main {{ display: grid; grid-template-columns: minmax(0, 1fr); gap: 28px; }}</style></head>
<body><main><h1>Elements</h1>{elements}</main><script type="module">
  import {{ AssetGateway }} from '/client/asset-gateway.js';
  import '/client/elements.js';
  const gateway = new AssetGateway({{ endpoint: {endpoint}, token: {token} }});
  window.gateway = gateway;
  window.heard = [];
  for (const name of ['asset-uploaded', 'upload-failed', 'uploads-finished', 'files-chosen',
    'asset-open', 'assets-deleted', 'assets-restored', 'asset-shared', 'asset-error']) {{
    document.addEventListener(name, () => window.heard.push(name));
  }}
  const main = document.querySelector('main');
  for (const element of main.querySelectorAll('asset-uploader, asset-gallery, asset-player')) {{
    element.hls = {hls};
    element.gateway = gateway;
  }}
  window.ready = true;
</script></body></html>"""
BOTH = "<asset-uploader></asset-uploader><asset-gallery></asset-gallery>"

Show = Callable[..., Page]


@pytest.fixture
def show(tab: Page, site: Site) -> Iterator[Show]:
    """Opens a page with these elements, of which the user is signed in."""

    def opened(elements: str = BOTH) -> Page:
        body = PAGE.format(
            elements=elements,
            endpoint=json.dumps(site.gateway.url),
            token=json.dumps(site.token()),
            hls=json.dumps("/hls.mjs"),
        )
        # Of the server itself: Chromium lets a page that a test makes up ask nobody.
        tab.goto("/blank")
        tab.set_content(body)
        tab.wait_for_function("() => window.ready")
        return tab

    yield opened


def choose(page: Page, *files: FilePayload) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").click()
    chooser.value.set_files(list(files))


def png(name: str, picture: bytes) -> FilePayload:
    return {"name": name, "mimeType": "image/png", "buffer": picture}


EXE: FilePayload = {"name": "a.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"}


def card(page: Page, name: str) -> Locator:
    return page.locator(".card .open").filter(has_text=name)


def faults(page: Page) -> list[str]:
    """What axe-core calls a violation, and where."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = page.evaluate("async () => (await axe.run()).violations")
    return [
        f"{fault['id']}: {node['target']} {node['failureSummary']}"
        for fault in found
        for node in fault["nodes"]
    ]


def test_what_is_uploaded_appears_in_the_gallery(show: Show, site: Site, picture: bytes) -> None:
    """Without a line of script between the two elements; both files arrive byte for byte."""
    page = show()
    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    choose(
        page,
        png("logo.png", picture),
        {"name": "clip.mp4", "mimeType": "video/mp4", "buffer": CLIP.read_bytes()},
    )
    expect(page.get_by_text("2 of 2 finished")).to_be_visible()
    expect(card(page, "logo.png")).to_be_visible()
    expect(card(page, "clip.mp4")).to_be_visible()
    stored = {key.rpartition("/")[2]: site.stored(key) for key in site.stored_keys()}
    assert stored["logo.png"] == picture
    assert stored["clip.mp4"] == CLIP.read_bytes()
    heard = page.evaluate("() => window.heard")
    assert heard.count("asset-uploaded") == 2
    assert heard[-1] == "uploads-finished"


def test_a_refusal_is_told_in_words_and_not_tried_again(
    show: Show, site: Site, picture: bytes
) -> None:
    """What cannot succeed has no button to try again; failed rows are cleared with the others."""
    page = show("<asset-uploader></asset-uploader>")
    choose(page, EXE, png("logo.png", picture), png("empty.png", b""), png("fake.png", b"Text"))
    expect(page.get_by_text("1 of 4 finished · 3 failed")).to_be_visible()
    rows = page.get_by_role("listitem")
    expect(rows.filter(has_text="empty.png")).to_contain_text("The file is empty.")
    expect(rows.filter(has_text="fake.png")).to_contain_text("This isn't a PNG")
    row = page.get_by_role("listitem").filter(has_text="a.exe")
    expect(row).to_contain_text(".exe files aren't supported here.")
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    page.get_by_role("button", name="Clear finished and failed").click()
    expect(page.get_by_role("listitem")).to_have_count(0)
    expect(page.get_by_role("button", name="Choose files")).to_be_focused()
    assert len(site.stored_keys()) >= 1


def test_an_upload_pauses_resumes_and_is_cancelled_by_the_keyboard(
    show: Show, site: Site, tmp_path: Path
) -> None:
    """The focus stays on the one button whose word changes, then goes to what is left."""
    page = show("<asset-uploader no-previews></asset-uploader>")
    film = tmp_path / "film.mp4"
    film.write_bytes(CLIP.read_bytes() + bytes(16 * MIB))
    page.route(re.compile("partNumber=3&"), lambda route: None)
    page.get_by_label("Files to upload").and_(page.locator("input")).set_input_files(film)
    page.get_by_role("button", name="Pause film.mp4").focus()
    page.wait_for_function(
        """bytes => document.querySelector('asset-uploader').uploads.getSnapshot()
          .items[0].sent >= bytes""",
        arg=10 * MIB,
    )
    page.keyboard.press("Enter")
    resume = page.get_by_role("button", name="Resume film.mp4")
    expect(resume).to_be_focused()
    expect(page.get_by_text("Paused ·")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Pause film.mp4")).to_be_focused()
    page.get_by_role("button", name="Cancel film.mp4").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("listitem")).to_have_count(0)
    expect(page.get_by_role("button", name="Choose files")).to_be_focused()


def test_files_are_pasted_and_dropped(show: Show, site: Site, picture: bytes) -> None:
    """A paste anywhere counts unless somebody types; a drop on the element does."""
    page = show("<asset-uploader></asset-uploader>")
    page.evaluate(
        """bytes => {
          const carrying = (name) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], name, { type: 'image/png' }));
            return transfer;
          };
          document.body.dispatchEvent(new ClipboardEvent('paste', {
            clipboardData: carrying('pasted.png'), bubbles: true, composed: true, cancelable: true,
          }));
          document.querySelector('asset-uploader').dispatchEvent(new DragEvent('drop', {
            dataTransfer: carrying('dropped.png'), bubbles: true, cancelable: true,
          }));
        }""",
        list(picture),
    )
    expect(page.get_by_text("2 of 2 finished")).to_be_visible()
    names = {key.rpartition("/")[2] for key in site.stored_keys()}
    assert {"pasted.png", "dropped.png"} <= names


def test_the_grid_is_walked_by_arrow_keys(show: Show, picture: bytes) -> None:
    """Tab reaches one card; the arrows go on from there; Enter opens, Escape comes back."""
    page = show()
    choose(page, png("one.png", picture), png("two.png", picture))
    expect(page.locator(".card")).to_have_count(2)
    cards = page.locator(".card .open")
    page.get_by_role("searchbox").focus()
    page.keyboard.press("Tab")
    expect(cards.nth(0)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(cards.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(cards.nth(1)).to_be_focused()
    page.keyboard.press("Home")
    expect(cards.nth(0)).to_be_focused()


def test_a_shared_link_is_copied_and_opens_for_anybody(
    show: Show, site: Site, picture: bytes
) -> None:
    """With a chosen end, and said in the open dialog."""
    page = show()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    choose(page, png("logo.png", picture))
    card(page, "logo.png").click()
    page.get_by_role("dialog").get_by_role("button", name="Share").click()
    page.get_by_role("dialog", name="Share logo.png").get_by_label("Works for").select_option(
        label="1 hour"
    )
    page.get_by_role("button", name="Create link").click()
    said = page.locator("asset-gallery dialog > [role=status]")
    expect(said).to_contain_text("Link copied")
    link = page.evaluate("() => navigator.clipboard.readText()")
    assert link.startswith(f"{site.gateway.url}/s/")
    assert page.context.request.get(link).body() == picture


def test_a_link_that_cannot_be_copied_is_shown(show: Show, site: Site, picture: bytes) -> None:
    """Browsers refuse the clipboard at will: the link, made already, must not be lost."""
    page = show()
    page.evaluate(
        """() => {
          navigator.clipboard.write = () => Promise.reject(new Error('no'));
          navigator.clipboard.writeText = () => Promise.reject(new Error('no'));
        }"""
    )
    choose(page, png("logo.png", picture))
    card(page, "logo.png").click()
    page.get_by_role("dialog").get_by_role("button", name="Copy link").click()
    shown = page.get_by_role("dialog", name="Copy this link").get_by_label("Link")
    expect(shown).to_have_value(re.compile("^http"))
    assert page.context.request.get(shown.input_value()).body() == picture


def test_a_film_is_shown_by_its_preview(show: Show, site: Site) -> None:
    """Drawn in the browser and stored beside it: the gallery asks for no byte of the film."""
    page = show()
    choose(page, {"name": "clip.mp4", "mimeType": "video/mp4", "buffer": CLIP.read_bytes()})
    preview = page.locator("asset-gallery .thumb img")
    expect(preview).to_be_attached()

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page = show("<asset-gallery></asset-gallery>")
    expect(preview).to_be_visible()
    wide, high = preview.evaluate("(img) => [img.naturalWidth, img.naturalHeight]")
    assert 0 < max(wide, high) <= 480
    assert [url for url in asked if "preview" in url]
    assert not [url for url in asked if "clip.mp4" in url]


def test_a_package_plays(show: Show, site: Site) -> None:
    """By hls.js that the page names, past a segment, by the attribute `path` alone."""
    path = Caller(site).upload_package()
    page = show(f'<asset-player path="{path}" muted></asset-player>')
    page.locator("asset-player video").evaluate(
        """video => new Promise((resolve, reject) => {
          video.muted = true;
          video.addEventListener('timeupdate', () => video.currentTime > 2.5 && resolve());
          video.addEventListener('error', () => reject(new Error('cannot play')));
          video.play();
        })"""
    )


def test_captions_and_poster_are_the_players_own(show: Show, site: Site, picture: bytes) -> None:
    """Given as children or as a property; the film is then asked for by CORS."""
    page = show(
        '<asset-player src="/nothing.mp4" poster="/mark.svg">'
        '<track src="/a.vtt" srclang="de" label="Deutsch"></asset-player>'
    )
    video = page.locator("asset-player video")
    # Before the address that leads nowhere has failed.
    page.route("**/nothing.mp4", lambda route: None)
    page.evaluate("() => { const it = document.querySelector('asset-player'); it.tracks = []; }")
    expect(video.locator("track")).to_have_attribute("srclang", "de")
    expect(video).to_have_attribute("crossorigin", "anonymous")
    assert str(video.evaluate("it => it.poster")).endswith("/mark.svg")


def test_texts_are_replaced_all_or_some(show: Show, picture: bytes) -> None:
    """German as shipped, and one text of one's own; numbers follow the language."""
    page = show()
    page.evaluate(
        """async () => {
          const { de } = await import('/client/src/elements/de.js');
          for (const name of ['asset-uploader', 'asset-gallery']) {
            document.querySelector(name).texts = { ...de, choose: 'Auf' };
          }
        }"""
    )
    expect(page.get_by_text("Noch nichts hier")).to_be_visible()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Auf").click()
    chooser.value.set_files([png("logo.png", picture)])
    expect(page.get_by_text("1 von 1 fertig")).to_be_visible()
    expect(card(page, "logo.png")).to_contain_text(re.compile(r"\d,\d KB"))


def test_english_and_german_say_the_same_things(show: Show) -> None:
    """Each text of the one is in the other, with the same values in it."""
    page = show("")
    differences = page.evaluate(
        """async () => {
          const { de } = await import('/client/src/elements/de.js');
          const { en } = await import('/client/elements.js');
          const values = (text) => [...JSON.stringify(text).matchAll(/\\{(\\w+)\\}/g)]
            .map(([, name]) => name).sort().join();
          return Object.keys(en).filter(
            (key) => !(key in de) || values(en[key]) !== values(de[key]));
        }"""
    )
    assert differences == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(show: Show, tab: Page, picture: bytes, scheme: Any) -> None:
    """Empty, with rows and cards, with a selection, open, asked, on a phone; in both schemes."""
    tab.emulate_media(color_scheme=scheme)
    page = show()
    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    assert faults(page) == []
    choose(page, EXE, png("n" * 120 + ".png", picture))
    expect(page.get_by_text("1 of 2 finished · 1 failed")).to_be_visible()
    page.get_by_role("checkbox").check(force=True)
    assert faults(page) == []
    for width in (1280, 640, 320):  # the last as a screen of 1280 at a zoom of 400 %
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    assert faults(page) == []
    card(page, "nnn").click()
    expect(page.get_by_role("dialog").get_by_role("img")).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 320
    assert faults(page) == []
    page.get_by_role("dialog").get_by_role("button", name="Share").click()
    assert faults(page) == []
