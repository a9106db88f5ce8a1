"""Actors of the browser tests: the site, a browser, a tab, somebody signed in."""

import shutil
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from tests.e2e.site import Site, running_site, site_on
from tests.stores.cors import CorsProxy
from tests.stores.store import Store

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    # Whatever is asked of another host fails at once, whether or not there is internet here.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, "
    "EXCLUDE 127.0.0.1",
]
#: What is waited for ends the wait at once; a busy machine is late.
PATIENCE_SECONDS = 60
expect.set_options(timeout=PATIENCE_SECONDS * 1000)
CLIP = Path(__file__).parent / "media" / "clip.mp4"


@pytest.fixture(scope="session")
def shared_site() -> Iterator[Site]:
    with running_site() as running:
        yield running


@pytest.fixture(scope="session")
def shared_strict_site(shared_site: Site, swift_store: Store) -> Iterator[Site]:
    with site_on(swift_store, shared_site.stack) as running:
        yield running


@pytest.fixture
def strict_site(shared_strict_site: Site) -> Iterator[Site]:
    """The site on Swift, in fair weather, used by somebody new."""
    assert shared_strict_site.line is not None
    shared_strict_site.line.seen.clear()
    yield shared_strict_site.for_somebody_new()
    shared_strict_site.line.go_online()
    shared_strict_site.line.weather.clear()


@pytest.fixture
def line(strict_site: Site) -> CorsProxy:
    """The way from the browser to Swift, with its weather."""
    assert strict_site.line is not None
    return strict_site.line


@pytest.fixture
def site(shared_site: Site) -> Site:
    return shared_site.for_somebody_new()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = shutil.which("chromium") or "/usr/bin/chromium"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@contextmanager
def fresh_tab(browser: Browser, origin: str) -> Iterator[Page]:
    """No script may fail in it, and nothing may ask beyond this machine."""
    context = browser.new_context(base_url=origin, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_SECONDS * 1000)
    failures: list[str] = []
    foreign: list[str] = []

    def note(request: Request) -> None:
        if urlsplit(request.url).hostname not in ("localhost", "127.0.0.1", None):
            foreign.append(request.url)

    page.on("pageerror", lambda error: failures.append(str(error)))
    context.on("request", note)
    yield page
    context.close()
    assert not failures
    assert not foreign


@pytest.fixture
def tab(browser: Browser, site: Site) -> Iterator[Page]:
    """A fresh tab at the site."""
    with fresh_tab(browser, site.page) as page:
        yield page


@pytest.fixture
def strict_tab(browser: Browser, strict_site: Site) -> Iterator[Page]:
    """A fresh tab at the site on Swift."""
    with fresh_tab(browser, strict_site.page) as page:
        yield page


@pytest.fixture
def signed_in(tab: Page, site: Site) -> Page:
    """The page, after the user came in by the door."""
    tab.goto("/")
    tab.get_by_label("Email").fill(site.email)
    tab.get_by_label("Password").fill(site.password)
    tab.get_by_role("button", name="Sign in", exact=True).click()
    expect(tab.get_by_role("heading", name="Library")).to_be_visible()
    return tab


@pytest.fixture(scope="session")
def picture() -> bytes:
    """A PNG of 96 by 60 pixels, made here."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    rows = b"".join(
        b"\0" + b"".join(bytes((2 * x, 3 * y, 160)) for x in range(96)) for y in range(60)
    )
    header = struct.pack(">IIBBBBB", 96, 60, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body
