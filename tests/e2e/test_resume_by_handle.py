"""Going on with an upload after a reload without choosing its file again (Chromium)."""

import hashlib
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.e2e.client_in_page import with_client
from tests.e2e.site import MIB, Site
from tests.stores.cors import CorsProxy
from tests.stores.faults import Answer

pytestmark = [pytest.mark.browser, pytest.mark.store]

# A file of the browser's own file system: the same handles as those of a file picker.
FILE = """async () => {
  const root = await navigator.storage.getDirectory();
  window.handle = await root.getFileHandle('clip.mp4', { create: true });
  if (!(await handle.getFile()).size) {
    const writable = await handle.createWritable();
    await writable.write(video(12 * 2 ** 20));
    await writable.close();
  }
}"""


@pytest.fixture
def page(strict_tab: Page, strict_site: Site, line: CorsProxy) -> Iterator[Page]:
    """A tab where the upload of a handle has failed half-way, reloaded."""
    line.weather.expect(Answer("PUT", "partNumber=3&", status=400, code="Whatever"))
    with_client(strict_tab, strict_site)
    strict_tab.evaluate(FILE)
    told = strict_tab.evaluate("() => failure(gateway().upload(handle))")
    assert told["slug"] == "store-refused"
    strict_tab.goto("about:blank")
    yield with_client(strict_tab, strict_site)


def kept_handles(page: Page) -> int:
    return int(
        page.evaluate(
            """() => new Promise((resolve, reject) => {
              const opening = indexedDB.open('asset-gateway', 1);
              opening.onerror = () => reject(opening.error);
              opening.onsuccess = () => {
                const count = opening.result.transaction('handles').objectStore('handles').count();
                count.onsuccess = () => { resolve(count.result); opening.result.close(); };
              };
            })"""
        )
    )


def test_it_goes_on_where_it_was(page: Page, strict_site: Site, line: CorsProxy) -> None:
    """Only what is missing is sent, and nothing is kept once it is done."""
    before = sum(seen.method == "PUT" for seen in line.seen)
    told = page.evaluate(
        """async () => {
          const [entry] = gateway().resumable();
          const asset = await inTime(gateway().resume(entry));
          const root = await navigator.storage.getDirectory();
          const file = await (await root.getFileHandle('clip.mp4')).getFile();
          return { entry, asset, sha256: await sha256(file), left: gateway().resumable() };
        }"""
    )
    assert told["entry"]["reopens"] is True
    assert told["asset"]["path"] == told["entry"]["path"]
    stored = strict_site.stored(told["asset"]["key"])
    assert hashlib.sha256(stored).hexdigest() == told["sha256"]
    assert len(stored) == 12 * MIB
    assert sum(seen.method == "PUT" for seen in line.seen) - before == 1
    assert told["left"] == []
    assert kept_handles(page) == 0


def test_without_permission_the_file_has_to_be_chosen(page: Page) -> None:
    """The person may say no, and the upload stays on offer."""
    told = page.evaluate(
        """async () => {
          FileSystemHandle.prototype.requestPermission = async () => 'denied';
          const [entry] = gateway().resumable();
          const ended = await failure(gateway().resume(entry));
          return { ended, left: gateway().resumable().length };
        }"""
    )
    assert told["ended"]["slug"] == "file-needed"
    assert told["left"] == 1


def test_a_file_that_changed_since_begins_anew(page: Page, strict_site: Site) -> None:
    """Its other bytes are another file: nothing of the two is mixed."""
    told = page.evaluate(
        """async () => {
          const root = await navigator.storage.getDirectory();
          const handle = await root.getFileHandle('clip.mp4');
          const writable = await handle.createWritable();
          const bytes = new Uint8Array(await video(11 * 2 ** 20).arrayBuffer()).fill(3, 64);
          await writable.write(bytes);
          await writable.close();
          const [entry] = gateway().resumable();
          const asset = await inTime(gateway().resume(entry));
          return { entry, asset, sha256: await sha256(await handle.getFile()) };
        }"""
    )
    assert told["asset"]["path"] != told["entry"]["path"]
    stored = strict_site.stored(told["asset"]["key"])
    assert hashlib.sha256(stored).hexdigest() == told["sha256"]


def test_giving_up_forgets_the_handle(page: Page, strict_site: Site) -> None:
    """And what another device began is in the list, and can be given up as well."""
    told = page.evaluate(
        """async () => {
          const elsewhere = await gateway().request('POST', '/v1/uploads', { body: {
            filename: 'other.mp4', content_type: 'video/mp4', size: 12 * 2 ** 20 } });
          const listed = [];
          for await (const one of gateway().unfinished()) listed.push(one);
          for (const one of listed) await gateway().forget(one);
          const left = (await gateway().unfinished().page()).items;
          return { elsewhere: elsewhere.path, listed, left, here: gateway().resumable() };
        }"""
    )
    here = {one["path"]: one["here"] and one["here"]["filename"] for one in told["listed"]}
    assert here.pop(told["elsewhere"]) is None
    assert list(here.values()) == ["clip.mp4"]
    assert told["left"] == told["here"] == []
    assert strict_site.unfinished() == []
    assert kept_handles(page) == 0
