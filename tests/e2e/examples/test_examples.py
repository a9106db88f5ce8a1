"""`examples/`, built and used in Chromium against `make dev`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import urllib3
from playwright.sync_api import Browser, Page, expect

from devstack.process import HOST, free_port
from tests.devstack.dev import Dev, running_dev
from tests.e2e.conftest import CLIP, fresh_tab
from tests.e2e.examples.building import EXAMPLES, ROOT, copied, env_file, run, serving, tool

pytestmark = pytest.mark.browser

PINNED = json.loads((ROOT / "tests/e2e/examples/npm/package.json").read_text())["dependencies"]
NAMES = ("vite-react", "nextjs")
FILM = {"name": CLIP.name, "mimeType": "video/mp4", "buffer": CLIP.read_bytes()}


class _Files(SimpleHTTPRequestHandler):
    """The repository as files, but the example with settings of its own.

    From a real server: what a test fulfils itself may ask nothing on this machine.
    """

    example = ""

    def do_GET(self) -> None:
        if self.path != "/examples/plain/":
            return super().do_GET()
        body = self.example.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return None

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Running:
    """`make dev`, who may sign in there, and the ports that it lets in by name."""

    dev: Dev
    ports: dict[str, int]
    email: str
    password: str

    def sign_in(self, tab: Page) -> None:
        tab.get_by_placeholder("Email").fill(self.email)
        tab.get_by_placeholder("Password").fill(self.password)
        tab.get_by_role("button", name="Sign in").click()


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    ports = {name: free_port() for name in ("plain", *NAMES)}
    origins = ",".join(f"http://{HOST}:{port}" for port in ports.values())
    with running_dev(ORIGIN=origins) as dev:
        url = f"http://{HOST}:{dev.ports.page}/config.json"
        demo = urllib3.request("GET", url).json()["demo"]
        yield Running(dev, ports, demo["username"], demo["password"])


def opened(stack: ExitStack, browser: Browser, origin: str) -> Page:
    tab = stack.enter_context(fresh_tab(browser, origin))
    tab.set_default_timeout(60_000)
    return tab


def test_plain_plays_what_it_uploaded(running: Running, browser: Browser) -> None:
    """One HTML file, served by any server, with the three values that `make dev` prints."""
    port, settings = running.ports["plain"], env_file(running.dev, "VITE_")
    text = (EXAMPLES / "plain" / "index.html").read_text()
    for there, here in {
        "http://localhost:8000": settings["VITE_API_URL"],
        "http://127.0.0.1:9000": settings["VITE_COGNITO_ENDPOINT"],
        "CLIENT_ID": settings["VITE_COGNITO_CLIENT_ID"],
    }.items():
        assert text.count(there) == 1
        text = text.replace(there, here)

    files = type("Files", (_Files,), {"example": text})
    server = ThreadingHTTPServer((HOST, port), partial(files, directory=str(ROOT)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        with ExitStack() as stack:
            tab = opened(stack, browser, f"http://{HOST}:{port}")
            tab.goto("/examples/plain/")
            running.sign_in(tab)
            expect(tab.locator("input[type=file]")).to_be_enabled()
            tab.locator("input[type=file]").set_input_files(CLIP)
            expect(tab.locator("video")).to_have_js_property("readyState", 4)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_readmes_lines_are_those_of_plain() -> None:
    """What the README shows is what runs there; only the client lies elsewhere."""
    [script] = re.findall(
        r'<script type="module">\n(.*?)</script>', (ROOT / "README.md").read_text(), re.DOTALL
    )
    plain = (EXAMPLES / "plain" / "index.html").read_text()
    lines = [line for line in script.splitlines() if line and "import" not in line]
    assert lines
    assert [line for line in lines if line not in plain] == []


def test_vite_and_react_list_uploads(running: Running, browser: Browser, picture: bytes) -> None:
    """Strictly typed, built, and used: chosen, pasted and refused files in one list."""
    port = running.ports["vite-react"]
    with ExitStack() as stack:
        home = stack.enter_context(copied("vite-react", env_file(running.dev, "VITE_")))
        run(home, *tool("typescript", "tsc"), "--noEmit")
        run(home, *tool("vite", "vite"), "build")
        served = [*tool("vite", "vite"), "preview", "--host", HOST, "--port", str(port)]
        origin = stack.enter_context(serving(home, port, *served))
        tab = opened(stack, browser, origin)
        tab.goto("/")
        running.sign_in(tab)
        tab.locator("input[type=file]").set_input_files(
            [
                FILM,
                {"name": "notes.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"},
            ]
        )
        rows = tab.locator("section > p")
        expect(rows.filter(has_text="clip.mp4")).to_contain_text("done")
        expect(rows.filter(has_text="notes.exe")).not_to_contain_text("done")
        tab.evaluate(
            """bytes => {
              const held = new DataTransfer();
              const type = 'image/png';
              held.items.add(new File([Uint8Array.from(bytes)], 'pasted.png', { type }));
              document.body.dispatchEvent(
                new ClipboardEvent('paste', { clipboardData: held, bubbles: true }));
            }""",
            list(picture),
        )
        pasted = rows.filter(has_text="pasted.png")
        expect(pasted).to_contain_text("done")
        expect(pasted.locator("img")).to_have_js_property("complete", True)
        tab.close()


@pytest.mark.parametrize("name", NAMES)
def test_an_example_copies_the_client_in(name: str) -> None:
    """Turbopack finds nothing through a link out of the project, Vite no React."""
    package = json.loads((EXAMPLES / name / "package.json").read_text())
    assert package["dependencies"]["asset-gateway-client"] == "file:../../client"
    assert "install-links=true" in (EXAMPLES / name / ".npmrc").read_text().splitlines()


def test_the_list_takes_25_lines() -> None:
    """As the documentation counts them: progress, pause, retry, paste and previews."""
    text = (EXAMPLES / "vite-react" / "src" / "Uploads.tsx").read_text()
    assert len(text.splitlines()) <= 25
    assert text.rstrip("\n") in (ROOT / "docs" / "local-development.md").read_text()


def test_nextjs_uploads_shows_and_plays(running: Running, browser: Browser, picture: bytes) -> None:
    """Built by Next.js and served by it; the session outlives a reload."""
    port = running.ports["nextjs"]
    with ExitStack() as stack:
        home = stack.enter_context(copied("nextjs", env_file(running.dev, "NEXT_PUBLIC_")))
        run(home, *tool("next", "next"), "build")
        served = [*tool("next", "next"), "start", "--hostname", HOST, "--port", str(port)]
        origin = stack.enter_context(serving(home, port, *served))
        tab = opened(stack, browser, origin)
        tab.goto("/")
        running.sign_in(tab)
        tab.locator("input[type=file]").set_input_files(
            [FILM, {"name": "sky.png", "mimeType": "image/png", "buffer": picture}]
        )
        sky = tab.get_by_role("button", name="sky.png")
        expect(sky).to_be_visible()
        tab.reload()
        expect(sky.locator("img")).to_have_js_property("naturalWidth", 96)
        tab.get_by_role("button", name="clip.mp4").first.click()
        expect(tab.locator("video")).to_have_js_property("readyState", 4)
        tab.close()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_tested_is_what_the_example_asks_for(name: str) -> None:
    """Each example's packages, to the version, are those that it is built with here."""
    package = json.loads((EXAMPLES / name / "package.json").read_text())
    asked = package["dependencies"] | package["devDependencies"]
    assert asked.pop("asset-gateway-client") == "file:../../client"
    assert {each: PINNED.get(each) for each in asked} == asked
