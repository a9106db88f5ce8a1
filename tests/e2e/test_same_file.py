"""One file given twice: in one tab, in two tabs, again later; and files that only look the same."""

import hashlib
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.e2e.client_in_page import with_client
from tests.e2e.site import MIB, Site
from tests.stores.cors import CorsProxy
from tests.stores.faults import Answer

pytestmark = [pytest.mark.browser, pytest.mark.store]


@pytest.fixture
def page(strict_tab: Page, strict_site: Site, line: CorsProxy) -> Page:
    line.weather.bytes_per_second = 8 * MIB
    return with_client(strict_tab, strict_site)


@pytest.fixture
def other_tab(page: Page, strict_site: Site) -> Iterator[Page]:
    """Another tab of the same browser and person."""
    tab = page.context.new_page()
    yield with_client(tab, strict_site)
    tab.close()


def test_two_uploads_of_one_file_are_two_assets(page: Page, strict_site: Site) -> None:
    """Both arrive whole, under paths of their own."""
    told = page.evaluate(
        """async () => {
          const source = video(12 * 2 ** 20);
          const first = gateway().upload(source);
          await until(() => first.uploadId);
          const assets = await inTime(Promise.all([first, gateway().upload(source)]));
          return { keys: assets.map(({ key }) => key), sha256: await sha256(source),
            left: gateway().resumable() };
        }"""
    )
    assert len(set(told["keys"])) == 2
    assert {hashlib.sha256(strict_site.stored(key)).hexdigest() for key in told["keys"]} == {
        told["sha256"]
    }
    assert told["left"] == []


def test_cancelling_one_of_two_leaves_the_other(page: Page, strict_site: Site) -> None:
    """What the second began is removed, what the first did is not."""
    told = page.evaluate(
        """async () => {
          const source = video(12 * 2 ** 20);
          const first = gateway().upload(source);
          await until(() => first.uploadId);
          const second = gateway().upload(source, {
            onProgress: ({ loaded }) => loaded > 0 && second.cancel(),
          });
          const ended = await failure(second);
          return { ended: ended.name, key: (await inTime(first)).key };
        }"""
    )
    assert told["ended"] == "AbortError"
    assert strict_site.stored_keys() == {told["key"]}
    assert strict_site.unfinished() == []


def test_another_tab_cannot_take_or_discard_what_is_under_way(
    page: Page, other_tab: Page, strict_site: Site
) -> None:
    """Its own upload of the file begins afresh; `forget` says why it does not."""
    page.evaluate(
        """() => {
          window.running = gateway().upload(video(22 * 2 ** 20));
          running.catch(() => {});
        }"""
    )
    page.wait_for_function("() => running.uploadId")
    told = other_tab.evaluate(
        """async () => {
          const [seen] = gateway().resumable();
          const refused = await failure(gateway().forget(seen));
          const mine = await inTime(gateway().upload(video(22 * 2 ** 20)));
          return { refused: refused.slug, path: mine.path, theirs: seen.path };
        }"""
    )
    assert told["refused"] == "upload-active"
    assert told["path"] != told["theirs"]
    assert page.evaluate("async () => (await inTime(running)).path") == told["theirs"]
    assert len(strict_site.stored_keys()) == 2


def test_what_is_under_way_is_not_offered(page: Page) -> None:
    """`resumable` names what nobody is at: what is paused goes on by itself."""
    told = page.evaluate(
        """async () => {
          const running = gateway().upload(video(22 * 2 ** 20));
          await until(() => running.uploadId);
          running.pause();
          const paused = gateway().resumable().length;
          running.cancel();
          return { paused, ended: (await failure(running)).name };
        }"""
    )
    assert told == {"paused": 0, "ended": "AbortError"}


def test_a_file_that_only_looks_the_same_is_another(
    page: Page, strict_site: Site, line: CorsProxy
) -> None:
    """Same name, size and date, other bytes: no part of one ends up in the other."""
    line.weather.expect(Answer("PUT", "partNumber=3&", status=400, code="Whatever"))
    told = page.evaluate(
        """async () => {
          const one = video(12 * 2 ** 20);
          const bytes = new Uint8Array(await one.arrayBuffer()).fill(7, 24);
          const two = new File([bytes], one.name, { type: one.type, lastModified: 1 });
          const failed = await failure(gateway().upload(one));
          const asset = await inTime(gateway().upload(two));
          return { failed: failed.slug, key: asset.key, sha256: await sha256(two),
            left: gateway().resumable().length };
        }"""
    )
    assert told["failed"] == "store-refused"
    assert hashlib.sha256(strict_site.stored(told["key"])).hexdigest() == told["sha256"]
    assert told["left"] == 1


def test_forgetting_what_is_gone_already_succeeds(page: Page) -> None:
    """An upload that another browser aborted is not offered for ever."""
    left = page.evaluate(
        """async () => {
          localStorage.setItem(`asset-gateway:${gateway().endpoint}:x`, JSON.stringify({
            upload_id: 'gone', path: 'video/a/b.mp4', key: 'k', filename: 'b.mp4', size: 1,
            at: Date.now(),
          }));
          const [entry] = gateway().resumable();
          await gateway().forget(entry);
          return gateway().resumable();
        }"""
    )
    assert left == []
