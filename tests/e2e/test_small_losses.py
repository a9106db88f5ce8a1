"""What is sent twice: a pause, a reload and a cut, over lines of 0.3 to 50 MiB/s.

Lines are slow for minutes, tests are not: a slow line runs some times faster than in life, and as
many times faster the client judges it and tries again. So a part takes as long, by the client's own
measures, as one of 8 MiB takes on the real line.
"""

import hashlib
import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from tests.e2e.client_in_page import with_client
from tests.e2e.site import MIB, ROOT, Site
from tests.e2e.test_client_patience import slowed
from tests.stores.cors import CorsProxy
from tests.stores.faults import Fault, Meter, Weather
from tests.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.store]

PART = 5 * MIB
REAL_PART = 8 * MIB
#: MiB/s in life -> how fast the line is here.
LINES = {0.3: 4 * MIB, 3: 10 * MIB, 50: 50 * MIB}
CUT_SECONDS = 20


class SharedLine(Weather):
    """A line whose speed all connections share, as those of one household do; it counts bytes."""

    def __init__(self, bytes_per_second: float) -> None:
        super().__init__()
        self._turn = threading.Lock()
        self._free_at = 0.0
        self._rate = bytes_per_second
        self.sent = 0

    def meter(self, fault: Fault | None, of: str) -> Meter:
        """Slows bodies on their way to the store; answers are small."""
        return _Slow(self) if of == "request" else super().meter(fault, "answer")

    def carry(self, count: int) -> None:
        with self._turn:
            self.sent += count
            self._free_at = max(time.monotonic(), self._free_at) + count / self._rate
            wait = self._free_at - time.monotonic()
        time.sleep(max(0.0, wait))


class _Slow(Meter):
    def __init__(self, line: SharedLine) -> None:
        super().__init__(line, None)
        self._line = line

    def limit(self, chunk: int) -> int:
        return min(chunk, 128 * 1024)

    def passed(self, count: int) -> None:
        self._line.carry(count)


def hurry(page: Page, factor: float) -> None:
    """Divide the times by which the client judges a line, and tries again, by `factor`."""

    def quicker(found: re.Match[str]) -> str:
        return f"{found[1]} = {float(found[2]) / factor};"

    def fulfil(route: Route) -> None:
        name = route.request.url.rpartition("/client/")[2]
        source = (ROOT / "client" / name).read_text()
        body = re.sub(r"(const \w+_MS) = ([\d.e]+);", quicker, source)
        body = body.replace("500 * 2 ** ", f"{500 / factor} * 2 ** ")
        route.fulfill(body=body, content_type="text/javascript")

    page.route(re.compile(r"/client/src/(line|patience)\.js"), fulfil)


START = """(size) => {
  window.source ??= video(size);
  window.reports = [];
  window.running = gateway().upload(source, { onProgress: (report) => reports.push(report) });
  running.catch(() => {});
}"""


@pytest.fixture
def way(strict_site: Site, line: CorsProxy) -> Iterator[CorsProxy]:
    """The line to the store, whose weather a test replaces."""
    fair = line.weather
    yield line
    line.weather = fair


def begin(page: Page, site: Site, size: int, factor: float) -> None:
    hurry(page, factor)
    with_client(page, site)
    page.evaluate(START, size)


def when_loaded(page: Page, parts: float) -> None:
    page.wait_for_function(
        "bytes => reports.at(-1)?.loaded >= bytes", arg=int(parts * PART), timeout=60_000
    )


@pytest.mark.parametrize("speed", LINES)
def test_pause_reload_and_cut_lose_little(
    strict_tab: Page, strict_site: Site, way: CorsProxy, speed: float
) -> None:
    """The pause loses nothing, reload and cut a part each at most; the bar never goes back.

    Of a file of 533 MiB in parts of 8 that is 3 %.
    """
    page, size = strict_tab, 11 * PART
    shared = SharedLine(LINES[speed])
    factor = (REAL_PART / (speed * MIB)) / (PART / LINES[speed])
    way.weather = shared
    begin(page, strict_site, size, factor)

    when_loaded(page, 2.5)
    page.evaluate("() => running.pause()")
    page.wait_for_function("() => running.state === 'paused'")
    paused = page.evaluate("() => reports.at(-1).loaded")
    assert paused % PART == 0
    assert shared.sent == paused
    page.evaluate("() => running.resume()")

    when_loaded(page, 5.5)
    assert_forward(page)
    page.goto("about:blank")
    assert eventually(lambda: still(shared))
    begin(page, strict_site, size, factor)

    when_loaded(page, 8.5)
    way.go_offline()
    time.sleep(CUT_SECONDS / factor)
    way.go_online()
    told: dict[str, Any] = page.evaluate(
        "async () => ({ ...await inTime(running), sha256: await sha256(source) })"
    )
    assert_forward(page)
    stored = strict_site.stored(told["key"])
    assert len(stored) == size
    assert hashlib.sha256(stored).hexdigest() == told["sha256"]
    again = shared.sent - size
    print(f"{speed} MiB/s: {size / MIB:.0f} MiB, {again / MIB:.2f} MiB sent again")
    # A fast line has two on the wire at a time, for a part of a second each.
    assert again <= 2 * PART * (1 if speed < 50 else 2)


def assert_forward(page: Page) -> None:
    loaded = page.evaluate("() => reports.map(({ loaded }) => loaded)")
    assert loaded == sorted(loaded)


def still(line: SharedLine) -> bool:
    """Whether nothing has moved for a while: what the browser had let go of has run out."""
    before = line.sent
    time.sleep(0.2)
    return line.sent == before


def test_a_second_pause_stops_at_once(strict_tab: Page, strict_site: Site, way: CorsProxy) -> None:
    """Whoever needs the line now does not wait for a part."""
    way.weather = SharedLine(MIB / 2)
    begin(strict_tab, strict_site, 3 * PART, 1)
    when_loaded(strict_tab, 0.1)
    strict_tab.evaluate("() => { running.pause(); running.pause(); }")
    strict_tab.wait_for_function("() => running.state === 'paused'", timeout=2000)
    strict_tab.evaluate("() => running.cancel()")


def test_a_pause_without_progress_stops_by_itself(
    strict_tab: Page, strict_site: Site, way: CorsProxy
) -> None:
    """What stands still is not waited for longer than a few seconds."""
    slowed(strict_tab, MIB)
    begin(strict_tab, strict_site, 3 * PART, 1)
    when_loaded(strict_tab, 0.1)
    slowed(strict_tab, 1)
    strict_tab.evaluate("() => running.pause()")
    strict_tab.wait_for_function("() => running.state === 'paused'", timeout=6000)
    strict_tab.evaluate("() => running.cancel()")
