"""The client library where no page of ours is around it: in Chromium, Firefox and WebKit."""

import hashlib
import json
from base64 import b64encode

import pytest

from tests.e2e.client_in_page import SETUP
from tests.e2e.conftest import CLIP
from tests.e2e.engines.tab import Tab
from tests.e2e.site import MIB, Site
from tests.e2e.test_client_store import SETUP as STORES
from tests.e2e.test_multipart import sent_parts
from tests.stores.cors import CorsProxy
from tests.stores.faults import Answer, Cut, Flip

pytestmark = [pytest.mark.browser, pytest.mark.whole]


@pytest.fixture
def client(tab: Tab, site: Site) -> Tab:
    """A tab with the client, its stores and what tests need around them."""
    tab.goto(f"{site.page}/blank")
    given = json.dumps({"endpoint": site.gateway.url, "token": site.token()})
    tab.run_module(f"await ({SETUP})({given});\nawait ({STORES})();\nwindow.ready = true;")
    tab.until("() => window.ready")
    return tab


def test_the_checksum_is_the_one_that_everybody_computes(client: Tab) -> None:
    """The check value of CRC-64/NVME, and the same however the bytes are cut."""
    assert client.run(
        """async () => {
          const { Crc64Nvme } = await import('/client/src/crc64nvme.js');
          const { FileChecksum } = await import('/client/src/checksum.js');
          const digest = (...pieces) => {
            const crc = new Crc64Nvme();
            for (const piece of pieces) crc.update(piece);
            return crc.digest();
          };
          const bytes = new TextEncoder().encode('123456789');
          const source = video(5 * 2 ** 20 + 3);
          const whole = digest(new Uint8Array(await source.arrayBuffer()));
          const hex = [...atob(digest(bytes))].map(
            (byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('');
          return [hex, digest(bytes.slice(0, 4), bytes.slice(4)) === digest(bytes),
            await new FileChecksum(source).value() === whole];
        }"""
    ) == ["ae8b14860a799888", True, True]


@pytest.mark.parametrize("size", [900, 22 * MIB + 5], ids=["put", "parts"])
def test_what_arrives_is_what_was_read(client: Tab, site: Site, size: int) -> None:
    """Byte for byte, and the store keeps the checksum that the browser made."""
    told = client.run(
        """async (size) => {
          const { FileChecksum } = await import('/client/src/checksum.js');
          const source = size > 2 ** 20 ? video(size) : file(size);
          const options = size > 2 ** 20 ? {} : { kind: 'brand_kit' };
          const asset = await inTime(gateway().upload(source, options));
          return { asset, crc: await new FileChecksum(source).value(), sha: await sha256(source) };
        }""",
        size,
    )
    stored = site.stored(told["asset"]["key"])
    assert hashlib.sha256(stored).hexdigest() == told["sha"]
    assert told["asset"]["checksum_crc64nvme"] == told["crc"]
    assert client.run("() => gateway().resumable()") == []


def test_a_byte_that_changed_on_the_way_is_told(client: Tab, site: Site, line: CorsProxy) -> None:
    """One bit of one part: refused at completion, the object is gone, another try arrives."""
    line.weather.expect(Flip("PUT", "partNumber=2&", at_byte=MIB))
    told = client.run(
        """async () => {
          window.source = video(22 * 2 ** 20);
          return { ...await failure(gateway().upload(source)), left: gateway().resumable() };
        }"""
    )
    assert (told["slug"], told["left"]) == ("upload-rejected", [])
    assert site.stored_keys() == set()
    assert client.run("async () => (await inTime(gateway().upload(source))).size") == 22 * MIB


def test_what_the_line_and_the_store_spoil_is_sent_again(
    client: Tab, site: Site, line: CorsProxy
) -> None:
    """A 500, a cut in mid-part and a SlowDown cost their own parts, no others."""
    line.weather.expect(
        Answer("PUT", "partNumber=1&", status=500, code="InternalError"),
        Cut("PUT", "partNumber=2&", after_bytes=2 * MIB),
        Answer("PUT", "partNumber=4&", status=503, fields=[("Retry-After", "1")]),
    )
    key = client.run("async () => (await inTime(gateway().upload(video(22 * 2 ** 20)))).key")
    assert site.stored_keys() == {key}
    assert sent_parts(line) == {1: 1, 2: 1, 3: 1, 4: 1, 5: 1}


def test_the_stores_tell_of_uploads_and_of_the_library(client: Tab, site: Site) -> None:
    """Snapshots are the same until something changes; what was uploaded is listed."""
    told = client.run(
        """async () => {
          const uploads = createUploads(gateway(), { kind: 'brand_kit' });
          const empty = uploads.getSnapshot();
          let heard = 0;
          uploads.subscribe(() => { heard += 1; });
          uploads.add([file(1000, 'a.txt'), file(2000, 'b.txt')]);
          await allDone(uploads);
          const library = createLibrary(gateway(), { kind: 'brand_kit' });
          library.subscribe(() => {});
          await library.load();
          await until(() => library.getSnapshot().assets.length === 2);
          return { same: uploads.getSnapshot() === uploads.getSnapshot(), heard: heard > 2,
            began: empty.items.length, totals: uploads.getSnapshot().totals,
            names: library.getSnapshot().assets.map(({ filename }) => filename).sort() };
        }"""
    )
    assert told["same"] and told["heard"] and told["began"] == 0
    assert (told["totals"]["done"], told["totals"]["sent"]) == (2, 3000)
    assert told["names"] == ["a.txt", "b.txt"]
    assert len(site.stored_keys()) == 2


def test_many_files_go_up_by_one_call(client: Tab, site: Site) -> None:
    """300 files, each outcome in its file's place."""
    told = client.run(
        """async () => {
          const files = Array.from({ length: 300 }, (_, i) => file(100 + i, `${i}.txt`));
          const outcomes = await inTime(uploadAll(gateway(), files, { kind: 'brand_kit' }));
          return outcomes.map(({ asset }) => asset?.size);
        }"""
    )
    assert told == [100 + i for i in range(300)]
    assert len(site.stored_keys()) == 300


def test_a_film_gets_a_preview_that_shows_it(client: Tab) -> None:
    """A frame of it, and not the black that an engine has before the first one is drawn."""
    assert client.run(
        """async (text) => {
          const { previewOf } = await import('/client/src/store/previews.js');
          const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
          const picture = await previewOf(new File([bytes], 'a.mp4', { type: 'video/mp4' }));
          const bitmap = await createImageBitmap(picture);
          const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
          const context = canvas.getContext('2d');
          context.drawImage(bitmap, 0, 0);
          const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
          return /^image[/](webp|jpeg)$/.test(picture.type)
            && data.some((value, i) => i % 4 < 3 && value > 60);
        }""",
        b64encode(CLIP.read_bytes()).decode(),
    )
