"""What browsers, proxies and people's files do to the client, by public reports (C02 to C43)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from tests.e2e.client_in_page import expected, with_client
from tests.e2e.site import Site
from tests.stores.cors import CorsProxy

pytestmark = pytest.mark.browser

CORS = {"Access-Control-Allow-Origin": "*"}


@pytest.fixture
def page(tab: Page, site: Site) -> Page:
    return with_client(tab, site)


@pytest.fixture
def strict_page(strict_tab: Page, strict_site: Site) -> Page:
    return with_client(strict_tab, strict_site)


def in_seconds(seconds: int) -> str:
    """An HTTP date that lies so far ahead."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


def refused_with(wait: Callable[[], dict[str, str]], times: list[float], often: int) -> Any:
    """A route that answers 503 `often` times, with these headers, and notes when."""

    def refuse(route: Route) -> None:
        times.append(datetime.now(UTC).timestamp())
        if len(times) > often:
            route.fallback()
            return
        headers = {**CORS, "Access-Control-Expose-Headers": "Retry-After, Date", **wait()}
        route.fulfill(status=503, headers=headers, body="busy")

    return refuse


@pytest.mark.parametrize("with_date", [True, False], ids=["Date", "no Date"])
def test_c40_a_wrong_clock_does_not_make_it_wait_for_days(page: Page, with_date: bool) -> None:
    """C40: Retry-After as a date 3 s ahead, the client's clock a day slow: seconds, not a day.

    Where the answer's Date can be read the wait is exact.
    """
    page.evaluate(
        """() => {
          const { now } = Date;
          Date.now = () => now() - 24 * 3600e3;
        }"""
    )
    times: list[float] = []

    def headers() -> dict[str, str]:
        date = {"Date": in_seconds(0)} if with_date else {}
        return {"Retry-After": in_seconds(3), **date}

    page.route("**/complete", refused_with(headers, times, 1))
    asset = page.evaluate("() => inTime(gateway().upload(file(900), { kind: 'brand_kit' }))")
    assert asset["size"] == 900
    waited = times[1] - times[0]
    assert (1.9 if with_date else 0.2) < waited < 8


def test_c40_a_wait_beyond_all_patience_is_bounded(page: Page) -> None:
    """C40: `Retry-After: 2592000` overflows a timer: no burst of tries, and no month either."""
    times: list[float] = []
    page.clock.install()
    refuse = refused_with(lambda: {"Retry-After": "2592000"}, times, 1)
    page.route("**/complete", refuse)
    page.evaluate(
        """() => {
          window.running = gateway().upload(file(900), { kind: 'brand_kit' });
          running.then(() => { window.done = true; }, () => {});
        }"""
    )
    with page.expect_response("**/complete"):
        pass
    page.evaluate("() => 1")
    page.clock.run_for(20_000)
    assert len(times) == 1
    # A minute, as it was told to wait.
    for _ in range(60):
        page.clock.run_for(1000)
        if page.evaluate("() => window.done"):
            break
    page.evaluate("() => running")
    assert len(times) == 2


def test_c41_a_browser_that_wrongly_says_it_is_offline_uploads(page: Page) -> None:
    """C41: `navigator.onLine` is false while it is online; one 503, one lost connection: done."""
    page.evaluate("() => Object.defineProperty(navigator, 'onLine', { get: () => false })")
    faults = [
        lambda route: route.fulfill(status=503, headers=CORS, body=""),
        lambda route: route.abort(),
    ]

    def stumble(route: Route) -> None:
        if faults:
            faults.pop()(route)
        else:
            route.fallback()

    page.route("**/complete", stumble)
    asset = page.evaluate("() => inTime(gateway().upload(file(900), { kind: 'brand_kit' }))")
    assert asset["size"] == 900


@pytest.mark.store
@pytest.mark.parametrize("change", ["shortened", "rewritten"])
def test_c42_a_file_that_changed_is_tried_once(
    strict_page: Page, strict_site: Site, line: CorsProxy, change: str
) -> None:
    """C42: as Firefox reads it, which gives no error: fewer bytes, or others than were chosen."""
    told = strict_page.evaluate(
        """async (change) => {
          const source = video(12 * 2 ** 20);
          const now = change === 'shortened' ? source.slice(0, 6 * 2 ** 20)
            : new Blob([new Uint8Array(source.size).fill(7)]);
          let changed = false;
          const slice = source.slice.bind(source);
          source.slice = (...range) => (changed ? now.slice(...range.map(
            (at) => (at < 0 ? source.size + at : at))) : slice(...range));
          return failure(gateway().upload(source, {
            concurrency: 1, onProgress: ({ loaded }) => { changed ||= loaded > 0; },
          }));
        }""",
        change,
    )
    assert told["slug"] == "file-unreadable"
    parts = [seen.target for seen in line.seen if seen.method == "PUT"]
    assert len(parts) == len(set(parts))
    assert strict_site.stored_keys() == set()
    assert strict_site.unfinished() == []


def test_c42_a_small_file_that_was_cut_on_disk_is_tried_once(
    page: Page, site: Site, tmp_path: Path
) -> None:
    """C42: what one PUT carries, changed between choosing and sending."""
    chosen = tmp_path / "notes.txt"
    chosen.write_bytes(b"x" * 4096)
    page.evaluate(
        """() => {
          const input = document.body.appendChild(document.createElement('input'));
          Object.assign(input, { type: 'file', id: 'test-file' });
        }"""
    )
    page.locator("#test-file").set_input_files(chosen)
    # The browser looks at the file on a thread of its own, or when it is first asked.
    size = page.evaluate("() => document.getElementById('test-file').files[0].size")
    assert size == 4096
    chosen.write_bytes(b"y" * 100)
    told = page.evaluate(
        """() => failure(gateway().upload(
          document.getElementById('test-file').files[0], { kind: 'brand_kit' }))"""
    )
    assert told["slug"] == "file-unreadable"
    assert site.stored_keys() == set()


@pytest.mark.parametrize("state", ["uploading", "verifying", "done"])
def test_c43_a_report_that_throws_does_not_fail_the_upload(
    page: Page, site: Site, state: str
) -> None:
    """C43: a fault of the page's own is told in the console, and the upload resolves."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    asset = page.evaluate(
        """(state) => inTime(gateway().upload(file(900), {
          kind: 'brand_kit',
          onProgress: (progress) => {
            if (progress.state === state) throw new Error(`a fault at ${state}`);
          },
        }))""",
        state,
    )
    assert site.stored(asset["key"]) == expected(900)
    assert any(f"a fault at {state}" in text for text in said)


def test_c43_a_report_that_throws_does_not_hide_a_failure(page: Page) -> None:
    """What failed is what the upload rejects with; a promise that rejects is told as well."""
    told = page.evaluate(
        """() => failure(gateway().upload(new File(['MZ'], 'a.exe'), {
          onProgress: async () => { throw new Error('mine'); },
        }))"""
    )
    assert told["slug"] == "unsupported-type"


def test_c03_a_file_named_after_a_property_of_objects_is_just_unsupported(page: Page) -> None:
    """C03: `constructor`, `__proto__`, `toString`, with and without a dot, have no type."""
    told = page.evaluate(
        """() => Promise.all(
          ['constructor', 'a.constructor', '__proto__', 'a.__proto__', 'x.toString', 'none']
            .map((name) => failure(gateway().upload(new File(['x'], name)))))"""
    )
    assert [(one["name"], one["slug"]) for one in told] == [
        ("GatewayError", "unsupported-type")
    ] * 6


@pytest.mark.parametrize(
    ("name", "given", "options", "declared"),
    [
        ("s.ts", "video/vnd.dlna.mpeg-tts", {}, "video/mp2t"),
        ("s.ts", "text/vnd.trolltech.linguist", {}, "video/mp2t"),
        ("a.ogg", "application/ogg", {}, "audio/ogg"),
        ("a.mkv", "application/octet-stream", {}, "video/x-matroska"),
        ("A.JPG", "", {}, "image/jpeg"),
        ("a.jpeg", "image/jpg", {}, "image/jpeg"),
        ("a.m4a", "audio/x-m4a", {}, "audio/mp4"),
        ("a.vtt", "text/plain", {}, "text/vtt"),
        ("voice.webm", "video/webm", {"kind": "audio"}, "audio/webm"),
        ("voice.webm", "audio/webm;codecs=opus", {}, "audio/webm"),
        ("film.mp4", "", {"kind": "audio"}, "audio/mp4"),
        ("film.mp4", "", {}, "video/mp4"),
        ("blob", "Image/PNG", {}, "image/png"),
        ("voice.webm", "audio/x-webm", {}, "audio/webm"),
        ("photo.cr3", "image/x-canon-cr3", {}, "image/x-canon-cr3"),
        ("x", "", {"filename": "y.pdf"}, "application/pdf"),
        ("a.txt", "text/plain", {"contentType": "text/css; charset=utf-8"}, "text/css"),
    ],
)
def test_c02_a_type_is_the_one_of_the_extension(
    page: Page, name: str, given: str, options: dict[str, str], declared: str
) -> None:
    """C02: whatever a system calls a file, the gateway hears the type it takes."""
    assert declaration(page, "new Uint8Array([1, 2, 3])", name, given, options) == declared


JPEG = "[0xff, 0xd8, 0xff, 0xe0]"
WEBP = "'RIFF\\x10\\0\\0\\0WEBPVP8 '"
HEIC = "'\\0\\0\\0\\x18ftypheic\\0\\0\\0\\0mif1heic'"


@pytest.mark.parametrize(
    ("head", "name", "given", "declared"),
    [
        (WEBP, "photo.jpg", "image/jpeg", "image/webp"),
        (JPEG, "IMG_0001.HEIC", "image/heic", "image/jpeg"),
        (HEIC, "IMG_0001.jpg", "image/jpeg", "image/heic"),
        (HEIC, "IMG_0001.HEIC", "", "image/heic"),
        ("'\\0\\0\\0\\x1cftypavif\\0\\0\\0\\0avifmif1'", "a.heic", "image/heic", "image/avif"),
        ("'\\x89PNG\\r\\n\\x1a\\n'", "scan", "", "image/png"),
        ("'\\0\\0\\0\\x18ftypqt  '", "clip.mp4", "video/mp4", "video/mp4"),
        ("'\\0\\0\\0\\x18ftypM4A '", "song.mp3", "audio/mpeg", "audio/mp4"),
        ("'\\0\\0\\0\\x14ftypisom'", "trailer.jpg", "image/jpeg", "video/mp4"),
        ("'RIFF\\x10\\0\\0\\0WAVEfmt \\x1e\\0\\0\\0\\x55\\0'", "a.mp3", "audio/mpeg", "audio/mpeg"),
        ("'RIFF\\x10\\0\\0\\0WAVEfmt \\x10\\0\\0\\0\\x01\\0'", "a.mp3", "audio/mpeg", "audio/wav"),
        ("'ID3\\x04'", "a.flac", "audio/flac", "audio/flac"),
        ("'%PDF-1.7'", "brief.txt", "text/plain", "application/pdf"),
        ("'\\0\\0\\0\\x18ftypcrx '", "a.cr3", "image/x-canon-cr3", "image/x-canon-cr3"),
        ("'PK\\x03\\x04'", "a.docx", "", "application/octet-stream"),
    ],
)
def test_c08_a_file_is_declared_as_what_it_is(
    page: Page, head: str, name: str, given: str, declared: str
) -> None:
    """C08: the first bytes are looked at before anything is said about them."""
    source = f"typeof {head} === 'string' ? Uint8Array.from({head}, (c) => c.charCodeAt(0))"
    assert declaration(page, f"{source} : new Uint8Array({head})", name, given, {}) == declared


def test_c08_a_webp_named_jpg_arrives(page: Page) -> None:
    """C08: by the extension that it ought to have; `contentType` alone is taken at its word."""
    told = page.evaluate(
        """async () => {
          const canvas = new OffscreenCanvas(8, 8);
          canvas.getContext('2d').fillRect(0, 0, 8, 8);
          const webp = await canvas.convertToBlob({ type: 'image/webp' });
          const photo = new File([webp], 'photo.jpg', { type: 'image/jpeg' });
          const asset = await inTime(gateway().upload(photo));
          const meant = await failure(gateway().upload(photo, { contentType: 'image/jpeg' }));
          return { type: asset.content_type, name: asset.filename, meant: meant.slug };
        }"""
    )
    assert told["type"] == "image/webp"
    assert told["name"].endswith(".webp")
    assert told["meant"] == "upload-rejected"


def declaration(page: Page, source: str, name: str, given: str, options: dict[str, str]) -> Any:
    """The type under which the client declares a file of these bytes."""
    declared: list[Any] = []

    def refuse(route: Route) -> None:
        if route.request.method != "POST":
            route.fallback()
            return
        declared.append(route.request.post_data_json)
        problem = {"type": "/problems/unsupported-type", "title": "No", "status": 415}
        route.fulfill(status=415, headers=CORS, json=problem)

    page.route("**/v1/uploads", refuse)
    page.evaluate(
        f"""([name, type, options]) => failure(gateway().upload(
          new File([{source}], name, {{ type }}), options))""",
        [name, given, options],
    )
    return declared[0]["content_type"]
