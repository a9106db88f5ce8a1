"""From disk to store, any size: what arrives is what was read, or the upload says so."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Request, Route

from tests.e2e.client_in_page import with_client
from tests.e2e.site import MIB, Site

pytestmark = pytest.mark.browser


@pytest.fixture
def page(tab: Page, site: Site) -> Iterator[Page]:
    yield with_client(tab, site)


def test_nothing_is_read_before_the_first_byte_is_sent(page: Page) -> None:
    """Of a large file only its ends: the checksum is made while it is sent, in small slices."""
    told = page.evaluate(
        """async () => {
          const source = video(24 * 2 ** 20);
          const slice = source.slice.bind(source);
          let begun = 0;
          let before = 0;
          let largest = 0;
          const { arrayBuffer } = Blob.prototype;
          Blob.prototype.arrayBuffer = function () {
            if (!begun) before += this.size;
            largest = Math.max(largest, this.size);
            return arrayBuffer.call(this);
          };
          const { send } = XMLHttpRequest.prototype;
          XMLHttpRequest.prototype.send = function (...given) {
            begun += 1;
            return send.apply(this, given);
          };
          const asset = await inTime(gateway().upload(source));
          return { before, largest, parts: begun, crc: asset.checksum_crc64nvme };
        }"""
    )
    assert told["before"] <= 256 * 1024
    assert told["largest"] <= 2 * MIB
    assert told["parts"] == 5


@pytest.mark.parametrize("size", [1, 900, 24 * MIB + 5], ids=["1", "900", "parts"])
def test_the_checksum_of_the_whole_file_is_sent_at_completion(page: Page, size: int) -> None:
    """As the file has it, however it travelled; the store keeps the same."""
    sent: list[str] = []

    def note(request: Request) -> None:
        if request.url.endswith("/complete") and request.method == "POST":
            sent.append(request.post_data_json["checksum_crc64nvme"])

    page.on("request", note)
    told = page.evaluate(
        """async (size) => {
          const { Crc64Nvme } = await import('/client/src/crc64nvme.js');
          const source = size > 2 ** 20 ? video(size) : file(size);
          const options = size > 2 ** 20 ? {} : { kind: 'brand_kit' };
          const asset = await failure(gateway().upload(source, options));
          const crc = new Crc64Nvme().update(new Uint8Array(await source.arrayBuffer())).digest();
          return { asset, crc };
        }""",
        size,
    )
    assert sent == [told["crc"]]
    assert told["asset"]["value"]["checksum_crc64nvme"] in (told["crc"], None)


def test_a_byte_that_changed_on_the_way_is_told(page: Page, site: Site) -> None:
    """Of 100 MB in parts: refused at completion, removed, forgotten, told; another try arrives."""
    spoilt: list[int] = []

    def spoil(route: Route) -> None:
        body = route.request.post_data_buffer
        if spoilt or route.request.method != "PUT" or not body:
            route.fallback()
            return
        spoilt.append(len(body))
        middle = len(body) // 2
        route.continue_(post_data=body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :])

    page.route(re.compile("partNumber=2&"), spoil)
    told = page.evaluate(
        """async () => {
          window.source = video(100e6);
          // A hundred megabytes may take a busy machine longer than others wait.
          const ended = await gateway().upload(source).catch(({ slug }) => ({ slug }));
          return { ended, left: gateway().resumable() };
        }"""
    )
    assert spoilt == [5 * MIB]
    assert told["ended"]["slug"] == "upload-rejected", told
    assert told["left"] == []
    assert site.stored_keys() == set()
    page.unroute_all()
    asset = page.evaluate("async () => ({ ...await gateway().upload(source) })")
    assert asset["size"] == 100_000_000
    assert asset["checksum_crc64nvme"]


def test_the_checksum_is_made_fast_enough(page: Page) -> None:
    """Reading included, at least 200 MB for a second of the page's own time in Chromium.

    Processor time, which a busy machine does not stretch as it does the clock.
    """
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent() -> float:
        metrics = devtools.send("Performance.getMetrics")["metrics"]
        return next(float(one["value"]) for one in metrics if one["name"] == "TaskDuration")

    make = """async () => {
      const { FileChecksum } = await import('/client/src/checksum.js');
      window.blob ??= new Blob(Array(1600).fill(crypto.getRandomValues(new Uint8Array(65536))));
      await new FileChecksum(blob).value();
      return blob.size;
    }"""
    speeds = []
    for _ in range(4):
        before = spent()
        size = page.evaluate(make)
        speeds.append(size / 1e6 / (spent() - before))
    print(f"{max(speeds):.0f} MB/s")
    assert max(speeds) > 200
