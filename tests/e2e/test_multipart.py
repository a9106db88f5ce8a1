"""Uploads in parts, in Chromium, on a store that verifies every signature, over a bad line.

The file is always 22 MiB: five parts, the last one smaller.
"""

import hashlib
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from tests.e2e.client_in_page import with_client
from tests.e2e.site import MIB, Site
from tests.stores.cors import CorsProxy
from tests.stores.faults import Answer, Cut

pytestmark = [pytest.mark.browser, pytest.mark.store]

SIZE = 22 * MIB
PARTS = [1, 2, 3, 4, 5]

# Starts the upload and leaves it as `running`; `asset()` waits for it, with the file's digest.
START = """(options) => {
  window.source = video(22 * 2 ** 20);
  window.reports = [];
  window.running = gateway(options.gateway).upload(source, {
    ...options, onProgress: (progress) => reports.push(progress),
  });
  window.asset = async () => ({ ...await inTime(running), sha256: await sha256(source) });
  running.catch(() => {});
}"""


@pytest.fixture
def page(strict_tab: Page, strict_site: Site) -> Page:
    return with_client(strict_tab, strict_site)


def start(page: Page, **options: Any) -> None:
    page.evaluate(START, {"method": "multipart", **options})


def arrived_whole(page: Page, site: Site) -> dict[str, Any]:
    """Wait for the upload; what the store holds is what the browser read, byte for byte."""
    asset: dict[str, Any] = page.evaluate("() => asset()")
    stored = site.stored(asset["key"])
    assert len(stored) == asset["size"] == SIZE
    assert hashlib.sha256(stored).hexdigest() == asset["sha256"]
    assert site.unfinished() == []
    return asset


def sent_parts(line: CorsProxy, status: int | None = 200) -> Counter[int]:
    """How often each part was sent and answered so."""
    return Counter(
        int(found[1])
        for exchange in line.seen
        if exchange.method == "PUT" and exchange.status == status
        if (found := re.search(r"partNumber=(\d+)", exchange.target))
    )


def put_count(line: CorsProxy) -> int:
    """How many parts were begun to be sent, answered or not."""
    return sum(exchange.method == "PUT" for exchange in line.seen)


def when_parts_have_arrived(page: Page, count: int) -> None:
    page.wait_for_function("bytes => reports.at(-1)?.loaded >= bytes", arg=count * 5 * MIB)


def test_parts_go_in_parallel_and_arrive_whole(
    page: Page, strict_site: Site, line: CorsProxy
) -> None:
    """Each part is sent once, several at a time but no more than asked; progress ends at all."""
    page.evaluate(
        """() => {
          window.most = 0;
          let underWay = 0;
          const { send } = XMLHttpRequest.prototype;
          XMLHttpRequest.prototype.send = function (...given) {
            underWay += 1;
            most = Math.max(most, underWay);
            this.addEventListener('readystatechange', () => {
              if (this.readyState === XMLHttpRequest.DONE) underWay -= 1;
            });
            return send.apply(this, given);
          };
        }"""
    )
    line.weather.bytes_per_second = 20 * MIB
    start(page, concurrency=3)
    arrived_whole(page, strict_site)
    assert sent_parts(line) == Counter(PARTS)
    assert page.evaluate("() => most") == 3
    reports = page.evaluate("() => reports")
    assert reports[-1] == {"state": "done", "loaded": SIZE, "total": SIZE}
    assert page.evaluate("() => gateway().resumable()") == []


def test_the_local_stack_takes_parts_too(tab: Page, site: Site) -> None:
    """Past the threshold `auto` means parts, on a versioned bucket as well."""
    page = with_client(tab, site)
    start(page, method="auto", metadata={"title": "Überblick"})
    assert arrived_whole(page, site)["metadata"] == {"title": "Überblick"}


def test_what_the_store_and_the_line_spoil_is_sent_again(
    page: Page, strict_site: Site, line: CorsProxy
) -> None:
    """A 500, a cut in mid-part, a lost answer and a SlowDown cost their own parts, no others."""
    line.weather.expect(
        Answer("PUT", "partNumber=1&", status=500, code="InternalError"),
        Cut("PUT", "partNumber=2&", after_bytes=2 * MIB),
        Cut("PUT", "partNumber=3&", of="answer"),
        Answer("PUT", "partNumber=4&", status=503, fields=[("Retry-After", "1")]),
    )
    start(page)
    arrived_whole(page, strict_site)
    assert sent_parts(line, 500) == Counter([1])
    assert sent_parts(line, 503) == Counter([4])
    # Of part 3 the store has had both; S3 keeps the later one.
    assert sent_parts(line) == Counter([*PARTS, 3])


def test_a_url_that_expired_is_signed_again(page: Page, strict_site: Site, line: CorsProxy) -> None:
    """After one refusal every URL that was signed with it is replaced, in one call."""
    signed: list[Any] = []

    def tamper(route: Route) -> None:
        # What a store says to a URL out of time it also says to one whose time was changed.
        answer = route.fetch()
        plan = answer.json()
        for part in plan["parts"]:
            part["url"] = part["url"].replace("X-Amz-Expires=3600", "X-Amz-Expires=1")
        route.fulfill(response=answer, json=plan)

    page.route("**/v1/uploads", tamper)
    page.on(
        "request",
        lambda sent: (
            signed.append(sent.post_data_json["part_numbers"])
            if sent.url.endswith("/parts") and sent.method == "POST"
            else None
        ),
    )
    start(page, concurrency=1)
    arrived_whole(page, strict_site)
    assert sent_parts(line, 403) == Counter([1])
    assert signed == [PARTS]
    assert sent_parts(line) == Counter(PARTS)


def test_a_url_that_stays_refused_fails_the_upload(
    page: Page, strict_site: Site, line: CorsProxy
) -> None:
    """Signing again helps or it does not: after a few refusals the upload rejects."""
    line.weather.expect(Answer("PUT", "partNumber=2&", status=403, code="AccessDenied", times=99))
    start(page)
    told = page.evaluate("() => failure(running)")
    assert (told["name"], told["slug"]) == ("GatewayError", "store-refused")
    assert page.evaluate("() => running.state") == "failed"
    assert sent_parts(line, 403)[2] <= 4
    assert strict_site.stored_keys() == set()


def test_the_gateway_may_restart_in_the_middle(
    page: Page, strict_site: Site, line: CorsProxy
) -> None:
    """While it is away parts go on to the store; completion waits until it is back."""
    failed: list[str] = []
    page.on("requestfailed", lambda request: failed.append(request.url))
    line.weather.bytes_per_second = 2 * MIB
    start(page)
    when_parts_have_arrived(page, 1)
    # The last part must outlast the gateway.
    line.weather.bytes_per_second = MIB // 4
    strict_site.gateway.stop()
    try:
        line.weather.bytes_per_second = None
        with page.expect_event("requestfailed", lambda request: "/complete" in request.url):
            pass
    finally:
        strict_site.gateway.start()
    arrived_whole(page, strict_site)
    assert failed
    assert sent_parts(line) == Counter(PARTS)


def test_too_many_requests_wait_as_long_as_told(page: Page, strict_site: Site) -> None:
    """A 429 with Retry-After is asked again after that time, not before."""
    refused: list[bool] = []

    def busy(route: Route) -> None:
        if refused:
            route.fallback()
            return
        refused.append(True)
        route.fulfill(
            status=429,
            headers={
                "Access-Control-Allow-Origin": "*",
                "Access-Control-Expose-Headers": "Retry-After",
                "Retry-After": "2",
            },
            json={"type": "/problems/rate-limited", "title": "Too many requests", "status": 429},
        )

    page.route("**/complete", busy)
    start(page)
    with page.expect_response("**/complete") as first:
        pass
    with page.expect_request("**/complete"):
        began = page.evaluate("() => performance.now()")
    assert first.value.status == 429
    assert page.evaluate("() => performance.now()") - began > 1500
    arrived_whole(page, strict_site)


def test_a_cut_network_is_waited_out(page: Page, strict_site: Site, line: CorsProxy) -> None:
    """Offline nothing is tried and no attempt is spent; online again the rest goes up."""
    line.weather.bytes_per_second = 8 * MIB
    # Two attempts: being offline must not count as many.
    start(page, gateway={"retries": 2})
    when_parts_have_arrived(page, 1)
    page.context.set_offline(True)
    before = put_count(line)
    page.evaluate("() => new Promise((resolve) => { setTimeout(resolve, 1500); })")
    assert put_count(line) == before
    line.weather.bytes_per_second = None
    page.context.set_offline(False)
    arrived_whole(page, strict_site)


def test_paused_nothing_moves_and_what_arrived_stays(
    page: Page, strict_site: Site, line: CorsProxy
) -> None:
    """What is on the wire arrives, then nothing moves; resume sends what is left, nothing twice."""
    line.weather.bytes_per_second = 8 * MIB
    start(page, concurrency=2)
    when_parts_have_arrived(page, 3)
    page.evaluate("() => running.pause()")
    assert page.evaluate("() => running.state") == "pausing"
    page.wait_for_function("() => running.state === 'paused'")
    paused = page.evaluate("() => reports.at(-1)")
    assert paused["loaded"] % (5 * MIB) == 0
    before = put_count(line)
    page.evaluate("() => new Promise((resolve) => { setTimeout(resolve, 400); })")
    assert (put_count(line), page.evaluate("() => running.state")) == (before, "paused")
    line.weather.bytes_per_second = None
    page.evaluate("() => running.resume()")
    arrived_whole(page, strict_site)
    assert sent_parts(line) == Counter(PARTS)
    assert put_count(line) == len(PARTS)


def test_after_a_reload_only_the_missing_parts_are_sent(
    page: Page, strict_site: Site, line: CorsProxy
) -> None:
    """The unfinished upload is listed; the same file goes on where it was, under the same path."""
    line.weather.bytes_per_second = 8 * MIB
    start(page, concurrency=2)
    when_parts_have_arrived(page, 3)
    upload_id = page.evaluate("() => running.uploadId")
    page.goto("about:blank")
    line.weather.bytes_per_second = None
    with_client(page, strict_site)
    [offered] = page.evaluate("() => gateway().resumable()")
    assert (offered["upload_id"], offered["filename"]) == (upload_id, "clip.mp4")
    assert offered["size"] == SIZE
    before = put_count(line)
    with page.expect_response(f"**/v1/uploads/{upload_id}") as state:
        start(page)
    missing = state.value.json()["missing"]
    assert 0 < len(missing) < len(PARTS)
    asset = arrived_whole(page, strict_site)
    assert asset["path"] == offered["path"]
    assert put_count(line) - before == len(missing)
    assert page.evaluate("() => gateway().resumable()") == []


def test_another_file_does_not_go_on_where_one_was(
    page: Page, strict_site: Site, line: CorsProxy
) -> None:
    """A file of another name, size or date begins an upload of its own."""
    line.weather.expect(Answer("PUT", "partNumber=5&", status=400, code="Whatever"))
    start(page)
    page.evaluate("() => failure(running)")
    [offered] = page.evaluate("() => gateway().resumable()")
    page.evaluate(
        """async () => {
          const { name, type, size } = source;
          const edited = new File([source], name, { type, lastModified: 2 });
          window.other = await gateway().upload(edited);
        }"""
    )
    assert page.evaluate("() => other.path") != offered["path"]
    assert page.evaluate("() => gateway().resumable().length") == 1


def test_an_upload_that_is_gone_begins_anew(page: Page, strict_site: Site) -> None:
    """What was remembered may have been aborted elsewhere: the file still arrives."""
    start(page)
    when_parts_have_arrived(page, 1)
    page.goto("about:blank")
    with_client(page, strict_site)
    page.evaluate(
        """async () => {
          const [{ upload_id: id }] = gateway().resumable();
          await gateway().request('DELETE', `/v1/uploads/${id}`);
        }"""
    )
    start(page)
    arrived_whole(page, strict_site)


def test_cancelling_aborts_at_the_store(page: Page, strict_site: Site, line: CorsProxy) -> None:
    """Nothing is left: no parts, no object, no memory of it in the browser."""
    line.weather.bytes_per_second = 8 * MIB
    start(page)
    when_parts_have_arrived(page, 1)
    page.evaluate("() => running.cancel()")
    told = page.evaluate("() => failure(running)")
    assert told["name"] == "AbortError"
    assert strict_site.unfinished() == []
    assert strict_site.stored_keys() == set()
    assert page.evaluate("() => gateway().resumable()") == []


def test_a_file_that_changes_on_the_way_says_so(
    page: Page, strict_site: Site, line: CorsProxy, tmp_path: Path
) -> None:
    """The browser calls it a network error; it is no use to try that eight times."""
    file = tmp_path / "clip.mp4"
    file.write_bytes(b"\0\0\0\x18ftypisom" + bytes(SIZE))
    page.evaluate(
        """() => {
          const input = document.body.appendChild(document.createElement('input'));
          input.type = 'file';
          input.id = 'test-file';
        }"""
    )
    page.locator("#test-file").set_input_files(file)
    line.weather.bytes_per_second = 8 * MIB
    page.evaluate(
        """() => {
          window.reports = [];
          window.running = gateway().upload(document.getElementById('test-file').files[0], {
            concurrency: 1, onProgress: (progress) => reports.push(progress),
          });
          running.catch(() => {});
        }"""
    )
    page.wait_for_function("() => reports.at(-1)?.loaded > 0")
    file.write_bytes(b"something else")
    told = page.evaluate("() => failure(running)")
    assert told["slug"] == "file-unreadable"
    assert strict_site.stored_keys() == set()
