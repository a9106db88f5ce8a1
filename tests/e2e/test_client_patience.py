"""What the browser client waits for, tries again and gives up, on lines and stores that are bad."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route

from tests.e2e.client_in_page import expected, with_client
from tests.e2e.site import MIB, ROOT, Site
from tests.e2e.test_multipart import put_count
from tests.stores.cors import CorsProxy
from tests.stores.faults import Answer, Cut
from tests.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.store]


@pytest.fixture
def page(strict_tab: Page, strict_site: Site) -> Page:
    return with_client(strict_tab, strict_site)


@pytest.fixture
def hasty(strict_tab: Page, strict_site: Site) -> Page:
    """A client that calls four seconds without movement what the real one calls ninety."""
    source = (ROOT / "client" / "src" / "patience.js").read_text()
    quick = source.replace("STALL_MS = 90e3", "STALL_MS = 4e3")
    assert quick != source
    strict_tab.route(
        "**/client/src/patience.js",
        lambda route: route.fulfill(body=quick, content_type="text/javascript"),
    )
    return with_client(strict_tab, strict_site)


def slowed(page: Page, bytes_per_second: int) -> None:
    """In the browser: the buffers of its sockets would take megabytes at once."""
    page.context.new_cdp_session(page).send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": 0,
            "downloadThroughput": -1,
            "uploadThroughput": bytes_per_second,
        },
    )


def test_requests_that_the_browser_queues_have_not_stalled(hasty: Page, line: CorsProxy) -> None:
    """Browsers send six at a time to a host; those behind them wait longer than a stall."""
    slowed(hasty, 6 * MIB)
    told = hasty.evaluate(
        """() => Promise.all(['a.mp4', 'b.mp4', 'c.mp4'].map((name) => failure(
          gateway().upload(video(15 * 2 ** 20, name), { concurrency: 3 }))))"""
    )
    assert [one["value"]["size"] for one in told] == [15 * MIB] * 3
    assert put_count(line) == 9


def test_a_part_that_stops_half_way_is_given_up(hasty: Page, line: CorsProxy) -> None:
    """Though others move: it is sent again before they have all arrived."""
    slowed(hasty, 6 * MIB)
    # At once, as the buffers on the way take most of a part.
    line.weather.expect(Cut("PUT", "partNumber=1&", after_bytes=1, silent_seconds=10))
    asset = hasty.evaluate(
        "() => inTime(gateway().upload(video(42 * 2 ** 20), { concurrency: 2 }))"
    )
    assert asset["size"] == 42 * MIB
    sent = [found[1] for seen in line.seen if (found := re.search(r"partNumber=(\d)", seen.target))]
    assert sent.index("1", sent.index("1") + 1) < sent.index("9")


def test_a_part_that_never_begins_is_given_up(hasty: Page) -> None:
    """It may wait behind others; once none of them moves, it is sent again."""
    stuck: list[Route] = []

    def stick(route: Route) -> None:
        if stuck:
            route.fallback()
        else:
            stuck.append(route)

    hasty.route(re.compile("partNumber=1&"), stick)
    asset = hasty.evaluate("() => inTime(gateway().upload(video(15 * 2 ** 20)))")
    assert asset["size"] == 15 * MIB
    assert stuck


def test_a_gateway_that_does_not_answer_is_asked_again(hasty: Page) -> None:
    """A call that hangs is given up after a while, as a connection that was cut is."""
    asked: list[Route] = []

    def hang(route: Route) -> None:
        asked.append(route)
        if len(asked) > 1:
            route.fallback()

    hasty.route("**/complete", hang)
    asset = hasty.evaluate("() => inTime(gateway().upload(file(900), { kind: 'brand_kit' }))")
    assert asset["size"] == 900
    assert len(asked) == 2


def test_an_answer_of_the_gateway_that_breaks_off_is_asked_for_again(
    page: Page, strict_site: Site
) -> None:
    """Its head says 200, its body ends too early: completion is called again."""
    with CorsProxy(strict_site.gateway.url) as way:
        way.weather.expect(Cut("POST", "/complete", of="answer", after_bytes=40))
        asset = page.evaluate(
            "(endpoint) => inTime(gateway({ endpoint }).upload(file(900), { kind: 'brand_kit' }))",
            way.endpoint,
        )
        calls = [seen for seen in way.seen if seen.method == "POST" and "/complete" in seen.target]
    assert asset["size"] == 900
    assert len(calls) == 2


def test_paused_after_the_bytes_arrived_goes_on(page: Page, strict_site: Site) -> None:
    """The file that is sent again on resume meets itself: completion judges, no failure."""
    arrived: list[int] = []

    def hold_the_answer(route: Route) -> None:
        if route.request.method == "PUT" and not arrived:
            arrived.append(route.fetch().status)
        else:
            route.fallback()

    page.route(f"{strict_site.storage}/**", hold_the_answer)
    page.evaluate(
        """() => {
          window.running = gateway({ retries: 1 }).upload(file(9000), { kind: 'brand_kit' });
          running.catch(() => {});
        }"""
    )
    # Asking the page for anything has the route's handler run.
    assert eventually(lambda: page.evaluate("() => 1") == len(arrived))
    page.evaluate("() => running.pause()")
    assert page.evaluate("() => running.state") == "pausing"
    # A second time: at once.
    page.evaluate("() => running.pause()")
    page.wait_for_function("() => running.state === 'paused'")
    page.evaluate("() => running.resume()")
    asset = page.evaluate("() => inTime(running)")
    assert arrived == [200]
    assert strict_site.stored(asset["key"]) == expected(9000)


def test_cancelling_does_not_wait_for_a_network(
    page: Page, strict_site: Site, line: CorsProxy
) -> None:
    """The upload ends without one; once it is back, what was stored is removed."""
    line.weather.bytes_per_second = 4 * MIB
    page.evaluate(
        """() => {
          window.loaded = 0;
          window.running = gateway().upload(video(22 * 2 ** 20), {
            onProgress: (progress) => { loaded = progress.loaded; },
          });
          running.catch(() => {});
        }"""
    )
    page.wait_for_function("() => loaded > 5 * 2 ** 20")
    page.context.set_offline(True)
    told = page.evaluate(
        """async () => {
          running.cancel();
          return { ...await failure(running), state: running.state };
        }"""
    )
    assert (told["name"], told["state"]) == ("AbortError", "cancelled")
    assert strict_site.unfinished()
    page.context.set_offline(False)
    assert eventually(lambda: not strict_site.unfinished(), 15)
    assert eventually(lambda: page.evaluate("() => localStorage.length") == 0)


def test_a_cancelled_upload_stays_cancelled(page: Page) -> None:
    """`resume` after it changes nothing."""
    told = page.evaluate(
        """async () => {
          const states = [];
          const upload = gateway().upload(file(900), {
            kind: 'brand_kit', checksum: 'sha256', onProgress: ({ state }) => {
              states.push(state);
              if (state === 'hashing') upload.pause();
            },
          });
          await until(() => upload.state === 'paused');
          upload.cancel();
          upload.resume();
          await failure(upload);
          upload.resume();
          return states;
        }"""
    )
    assert told == ["hashing", "paused", "cancelled"]


@pytest.mark.parametrize(
    "wait",
    [lambda: "1", lambda: format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True)],
    ids=["seconds", "date"],
)
def test_a_429_of_what_stands_before_the_gateway_passes(
    page: Page, wait: Callable[[], str]
) -> None:
    """A proxy's has no problem document; its Retry-After may be a date."""
    times: list[float] = []

    def busy(route: Route) -> None:
        times.append(datetime.now(UTC).timestamp())
        if len(times) > 1:
            route.fallback()
            return
        allowed = {
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Expose-Headers": "Retry-After",
        }
        route.fulfill(
            status=429, headers={**allowed, "Retry-After": wait()}, body="<h1>Slow down</h1>"
        )

    page.route("**/complete", busy)
    asset = page.evaluate("() => inTime(gateway().upload(file(900), { kind: 'brand_kit' }))")
    assert asset["size"] == 900
    assert times[1] - times[0] >= 0.95


def test_too_many_unfinished_uploads_do_not_pass_by_waiting(page: Page) -> None:
    """That 429 tells the person to finish or give up some."""
    asked: list[str] = []

    def refuse(route: Route) -> None:
        if route.request.method != "POST":
            route.fallback()
            return
        asked.append(route.request.url)
        route.fulfill(
            status=429,
            headers={"Access-Control-Allow-Origin": "*"},
            json={"type": "/problems/too-many-uploads", "title": "Too many", "status": 429},
        )

    page.route("**/v1/uploads", refuse)
    told = page.evaluate("() => failure(gateway().upload(file(900), { kind: 'brand_kit' }))")
    assert told["slug"] == "too-many-uploads"
    assert len(asked) == 1


def test_a_part_whose_signer_expired_is_signed_again(
    page: Page, strict_site: Site, line: CorsProxy
) -> None:
    """S3's 400 for credentials that rotated is as good as its 403 for a URL out of time."""
    signed: list[Any] = []

    def note(request: Request) -> None:
        if request.url.endswith("/parts") and request.method == "POST":
            signed.append(request.post_data_json["part_numbers"])

    page.on("request", note)
    line.weather.expect(Answer("PUT", "partNumber=1&", status=400, code="ExpiredToken"))
    asset = page.evaluate("() => inTime(gateway().upload(video(12 * 2 ** 20), { concurrency: 1 }))")
    assert asset["size"] == 12 * MIB
    assert signed == [[1, 2, 3]]


def test_files_are_read_one_at_a_time(page: Page) -> None:
    """Hashing takes a whole file into memory: never those of all uploads at once."""
    most = page.evaluate(
        """async () => {
          const size = 3 * 2 ** 20; // what is read in slices is less
          let most = 0;
          let now = 0;
          const { arrayBuffer } = Blob.prototype;
          const { digest } = SubtleCrypto.prototype;
          Blob.prototype.arrayBuffer = function () {
            if (this.size === size) now += 1;
            most = Math.max(most, now);
            return arrayBuffer.call(this);
          };
          SubtleCrypto.prototype.digest = async function (...given) {
            try { return await digest.apply(this, given); } finally { now -= 1; }
          };
          const names = ['a.txt', 'b.txt', 'c.txt', 'd.txt'];
          await Promise.all(names.map(
            (name) => gateway().upload(
              file(size, name), { kind: 'brand_kit', checksum: 'sha256' })));
          return most;
        }"""
    )
    assert most == 1


def test_a_type_loses_its_parameters(page: Page) -> None:
    """What a recorder calls `audio/webm;codecs=opus` is stored as what it is."""
    asset = page.evaluate(
        """() => inTime(gateway().upload(
          file(900, 'a.txt', 'text/plain;charset=utf-8'), { kind: 'brand_kit' }))"""
    )
    assert asset["content_type"] == "text/plain"
