"""Uppy as published, in Chromium, with the examples of `docs/uppy.md`."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.e2e.conftest import fresh_tab
from tests.e2e.site import MIB, Site, site_on
from tests.e2e.uppy.packages import FLAVOURS, examples, import_map, serve
from tests.stores.store import Store

pytestmark = [pytest.mark.browser, pytest.mark.store]

# `uppy` with the flavour's example, and files that can be made again with the same bytes.
SETUP = """async ({ gateway, token, options }) => {
  const { createUppy } = await import('/example.mjs');
  window.tokens = { current: token, fresh: token, renewals: 0 };
  const getToken = async ({ renew = false } = {}) => {
    if (renew) { tokens.renewals += 1; tokens.current = tokens.fresh; }
    return tokens.current;
  };
  const currentToken = () => tokens.current;
  window.uppy = createUppy({ gateway, getToken, currentToken, ...options });
  window.seen = { success: [], errors: [], parts: [] };
  uppy.on('upload-success', (file, { body }) => seen.success.push({ name: file.name, ...body }));
  uppy.on('upload-error', (file, { message }) => seen.errors.push(message));
  uppy.on('s3-multipart:part-uploaded', (file, { PartNumber }) => seen.parts.push(PartNumber));
  const chunk = new Uint8Array(65536).map((_, i) => (i * 31 + (i >> 8)) % 251);
  window.video = (size, name = 'clip.mp4') => {
    const head = [0, 0, 0, 24, 102, 116, 121, 112, 109, 112, 52, 50, 0, 0, 0, 0, 109, 112, 52, 50,
      105, 115, 111, 109];
    const parts = [Uint8Array.from(head)];
    for (let left = size - head.length; left > 0; left -= 65536) {
      parts.push(left < 65536 ? chunk.slice(0, left) : chunk);
    }
    return new File(parts, name, { type: 'video/mp4', lastModified: 1 });
  };
  window.send = async (...files) => {
    for (const data of files) uppy.addFile({ name: data.name, type: data.type, data });
    await uppy.upload().catch(() => {});
    return seen;
  };
}"""
IMPORT_MAP = """map => {
  const script = document.createElement('script');
  script.type = 'importmap';
  script.textContent = JSON.stringify(map);
  document.head.append(script);
}"""
# With room for the whole file; a page would add a service worker.
RETRIEVER = """async (bundle) => {
  const { GoldenRetriever } = await import(`/npm/${bundle}/dist/uppy.min.mjs`);
  const room = { maxFileSize: 2 ** 26, maxTotalSize: 2 ** 27 };
  uppy.use(GoldenRetriever, { indexedDB: room });
}"""
# Whether file, upload id and the pause after the part are kept, and nothing more is about to be
# written: that is done every half second at most. 5 keeps the last two in localStorage, 6 in
# IndexedDB.
REMEMBERED = r"""async () => {
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const read = async () => {
    const kept = [{ ...localStorage }];
    for (const { name } of await indexedDB.databases()) {
      const database = await done(indexedDB.open(name));
      for (const store of database.objectStoreNames) {
        kept.push(...await done(database.transaction(store).objectStore(store).getAll()));
      }
      database.close();
    }
    return kept;
  };
  const before = JSON.stringify(await read());
  await new Promise((resolve) => { setTimeout(resolve, 700); });
  const kept = await read();
  const text = JSON.stringify(kept);
  const known = /uploadId\\*":\\*"\w/.test(text) && /isPaused\\*":true/.test(text);
  return text === before && known && kept.some(({ data }) => data instanceof Blob);
}"""
HEAD = bytes([0, 0, 0, 24]) + b"ftypmp42\0\0\0\0mp42isom"
NAMES = ["two words.mp4", "1+1=2.mp4", "Grüße aus Köln.mp4", "🎬 & 100%.mp4"]

Opened = Callable[..., Page]


def video(size: int) -> bytes:
    chunk = bytes((i * 31 + (i >> 8)) % 251 for i in range(65536))
    body = chunk * ((size - len(HEAD)) // 65536 + 1)
    return HEAD + body[: size - len(HEAD)]


@pytest.fixture(scope="session")
def shared_juicefs_site(shared_site: Site, juicefs_store: Store) -> Iterator[Site]:
    with site_on(juicefs_store, shared_site.stack) as running:
        yield running


@pytest.fixture
def juicefs_site(shared_juicefs_site: Site) -> Site:
    """The site on JuiceFS, which verifies form policies, used by somebody new."""
    assert shared_juicefs_site.line is not None
    shared_juicefs_site.line.seen.clear()
    return shared_juicefs_site.for_somebody_new()


@contextmanager
def uppy_tab(browser: Browser, site: Site, flavour: str) -> Iterator[Page]:
    with fresh_tab(browser, site.page) as page:
        page.set_default_timeout(60_000)
        serve(page, site.page, flavour)
        yield page


def prepare(page: Page, site: Site, flavour: str, **options: Any) -> None:
    """Load the example into a page without anything on it; `options` go to the plugin."""
    # Uppy 6 keeps a last slash.
    gateway = f"{site.gateway.url}/" if flavour == "uppy-6-companion" else site.gateway.url
    page.goto("/config.json")
    page.evaluate(IMPORT_MAP, {"imports": import_map(flavour)})
    page.evaluate(SETUP, {"gateway": gateway, "token": site.token(), "options": options})


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opened]:
    """Opens a page with a flavour's example for a site's user."""
    tabs: list[AbstractContextManager[Page]] = []

    def make(site: Site, flavour: str, **options: Any) -> Page:
        tab = uppy_tab(browser, site, flavour)
        page = tab.__enter__()
        tabs.append(tab)
        prepare(page, site, flavour, **options)
        return page

    yield make
    for tab in tabs:
        tab.__exit__(None, None, None)


def test_the_document_has_an_example_for_each_flavour() -> None:
    """What is run here is what readers copy."""
    assert set(examples()) == set(FLAVOURS)


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("on", ["site", "juicefs_site"])
def test_singles_arrive_whatever_their_names(
    request: pytest.FixtureRequest, opened: Opened, flavour: str, on: str
) -> None:
    """One form POST each, under the policy; spaces, plus, umlauts and emoji stay in the names."""
    site: Site = request.getfixturevalue(on)
    page = opened(site, flavour)
    seen = page.evaluate("names => send(...names.map((name, n) => video(5000 + n, name)))", NAMES)
    assert seen["errors"] == []
    assert sorted(each["name"] for each in seen["success"]) == sorted(NAMES)
    stored = {key.rpartition("/")[2]: site.stored(key) for key in site.stored_keys()}
    assert stored == {name: video(5000 + n) for n, name in enumerate(NAMES)}
    assert {each["key"] for each in seen["success"]} == site.stored_keys()


@pytest.mark.parametrize("flavour", ["uppy-5", "uppy-6-sign"])
def test_120_mb_arrive_in_parts(juicefs_site: Site, opened: Opened, flavour: str) -> None:
    """Uppy's own threshold and part size, byte for byte."""
    page = opened(juicefs_site, flavour)
    seen = page.evaluate("size => send(video(size))", 120 * MIB)
    assert seen["errors"] == []
    [done] = seen["success"]
    assert sorted(seen["parts"]) == [*range(1, 25)]
    [key] = juicefs_site.stored_keys()
    assert done["key"] == key
    assert (
        hashlib.sha256(juicefs_site.stored(key)).digest()
        == hashlib.sha256(video(120 * MIB)).digest()
    )
    assert juicefs_site.unfinished() == []


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_cancelling_leaves_nothing_behind(strict_site: Site, opened: Opened, flavour: str) -> None:
    """Cancelled after a part: the upload is aborted, and no object comes."""
    page = opened(strict_site, flavour, shouldUseMultipart=True, limit=1)
    with page.expect_response(lambda answer: answer.request.method == "DELETE") as aborted:
        page.evaluate(
            """async () => {
              uppy.on('s3-multipart:part-uploaded', () => uppy.cancelAll());
              await send(video(11 * 2 ** 20));
            }"""
        )
    assert aborted.value.status in (200, 204)
    assert strict_site.unfinished() == []
    assert strict_site.stored_keys() == set()


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_token_that_ends_in_the_middle_is_renewed(
    strict_site: Site, opened: Opened, flavour: str
) -> None:
    """The gateway says 401 after the first part; with a new token the upload goes on."""
    page = opened(strict_site, flavour, shouldUseMultipart=True, limit=1)
    refused: list[str] = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status == 401 else None)
    seen = page.evaluate(
        """() => {
          uppy.once('s3-multipart:part-uploaded', () => {
            tokens.current = 'over.over.over';
            // What Uppy 5's pages do on their own; Uppy 6's ask for a new one after the 401.
            setTimeout(() => { tokens.current = tokens.fresh; }, 1500);
          });
          return send(video(11 * 2 ** 20));
        }"""
    )
    assert refused
    assert seen["errors"] == []
    assert [strict_site.stored(key) for key in strict_site.stored_keys()] == [video(11 * MIB)]
    if flavour != "uppy-5":
        assert page.evaluate("() => tokens.renewals") == 1


@pytest.mark.parametrize("flavour", ["uppy-5", "uppy-6-companion"])
def test_an_upload_goes_on_after_a_reload(strict_site: Site, opened: Opened, flavour: str) -> None:
    """Golden Retriever brings the file back: parts that had arrived are not sent again."""
    assert strict_site.line is not None
    page = opened(strict_site, flavour, shouldUseMultipart=True, limit=1)
    page.evaluate(RETRIEVER, FLAVOURS[flavour])
    page.evaluate(
        """() => new Promise((resolve) => {
          uppy.on('s3-multipart:part-uploaded', (file, { PartNumber }) => {
            if (PartNumber === 1) { uppy.pauseAll(); resolve(); }
          });
          send(video(11 * 2 ** 20));
        })"""
    )
    page.wait_for_function(REMEMBERED)
    strict_site.line.seen.clear()
    prepare(page, strict_site, flavour, shouldUseMultipart=True, limit=1)
    restored = page.evaluate(
        f"""async (bundle) => {{
          const restored = new Promise((resolve) => uppy.on('restored', resolve));
          await ({RETRIEVER})(bundle);
          await restored;
          const done = new Promise((resolve) => uppy.on('complete', resolve));
          uppy.emit('restore-confirmed');
          await done;
          return seen;
        }}""",
        FLAVOURS[flavour],
    )
    assert restored["errors"] == []
    sent = [each.target for each in strict_site.line.seen if each.method == "PUT"]
    assert len(sent) == 2
    assert not any("partNumber=1&" in target for target in sent)
    assert [strict_site.stored(key) for key in strict_site.stored_keys()] == [video(11 * MIB)]


def test_paused_and_resumed_by_sign_request(strict_site: Site, opened: Opened) -> None:
    """Uppy 6 lists the parts by a URL that was signed for it, sends the rest, and completes on
    Swift, which holds the condition that Complete signs."""
    assert strict_site.line is not None
    page = opened(strict_site, "uppy-6-sign", shouldUseMultipart=True)
    seen = page.evaluate(
        """async () => {
          uppy.once('s3-multipart:part-uploaded', () => {
            uppy.pauseAll();
            setTimeout(() => uppy.resumeAll(), 300);
          });
          return send(video(11 * 2 ** 20));
        }"""
    )
    assert seen["errors"] == []
    sent = [each.target for each in strict_site.line.seen if each.method == "PUT"]
    assert sum("partNumber=1&" in target for target in sent) == 1
    listed = [each.target for each in strict_site.line.seen if each.method == "GET"]
    assert any("uploadId=" in target for target in listed)
    assert [strict_site.stored(key) for key in strict_site.stored_keys()] == [video(11 * MIB)]


def test_a_part_whose_url_expired_in_flight_is_signed_again(
    strict_site: Site, opened: Opened
) -> None:
    """Uppy 5 asks for a new URL after S3's "Request has expired", and the file arrives whole."""
    page = opened(strict_site, "uppy-5", shouldUseMultipart=True)
    refused: list[str] = []

    def expire(route: Route) -> None:
        if route.request.method == "PUT" and "partNumber=2" in route.request.url and not refused:
            refused.append(route.request.url)
            route.fulfill(
                status=403,
                headers={"Access-Control-Allow-Origin": "*"},
                content_type="application/xml",
                body="<Error><Message>Request has expired</Message></Error>",
            )
        else:
            route.continue_()

    page.route(f"{strict_site.storage}/**", expire)
    signed: list[str] = []
    page.on("request", lambda asked: signed.append(asked.url) if "/2?key=" in asked.url else None)
    seen = page.evaluate("() => send(video(11 * 2 ** 20))")
    assert seen["errors"] == []
    assert refused and len(signed) == 2
    assert [strict_site.stored(key) for key in strict_site.stored_keys()] == [video(11 * MIB)]


@pytest.mark.parametrize("multipart", [False, True])
def test_another_users_key_is_refused(site: Site, opened: Opened, multipart: bool) -> None:
    """`generateObjectKey` cannot name a place of somebody else's; the page is told why."""
    victim = site.for_somebody_new()
    page = opened(site, "uppy-6-sign", shouldUseMultipart=multipart)
    page.evaluate(
        "key => uppy.getPlugin('AwsS3').setOptions({ generateObjectKey: () => key })",
        f"users/{victim.sub}/video/clip.mp4",
    )
    seen = page.evaluate("() => send(video(5000))")
    assert seen["errors"] == ["There is nothing of yours here"]
    assert site.stored_keys() == victim.stored_keys() == set()
