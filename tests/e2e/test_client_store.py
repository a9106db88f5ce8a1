"""What a page shows: uploads and the library as stores, many files in few calls."""

from collections import Counter
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Request, Route

from tests.e2e.client_in_page import with_client
from tests.e2e.site import MIB, Site

pytestmark = pytest.mark.browser

SETUP = """async () => {
  Object.assign(window, await import('/client/store.js'), await import('/client/many.js'));
  window.named = (name, text, type = '') => {
    const file = new File([text], name.split('/').pop(), { type, lastModified: 1 });
    Object.defineProperty(file, 'webkitRelativePath', { value: name });
    return file;
  };
  window.states = (store) => store.getSnapshot().items.map(({ state }) => state);
  window.allDone = (store) => until(() => states(store).every((state) => state === 'done'));
}"""


@pytest.fixture
def calls() -> Counter[str]:
    return Counter()


@pytest.fixture
def page(tab: Page, site: Site, calls: Counter[str]) -> Iterator[Page]:
    """A tab with the stores, whose calls of the gateway are counted."""
    with_client(tab, site)

    def note(request: Request) -> None:
        if request.url.startswith(site.gateway.url) and request.method != "OPTIONS":
            calls[f"{request.method} {request.url.removeprefix(site.gateway.url)}"] += 1

    tab.on("request", note)
    tab.evaluate(SETUP)
    yield tab


def test_files_go_up_and_the_snapshot_tells(page: Page, site: Site) -> None:
    """Frozen, the same until something changes; new items of what changed alone."""
    told = page.evaluate(
        """async () => {
          const store = createUploads(gateway(), { kind: 'brand_kit' });
          const empty = store.getSnapshot();
          let heard = 0;
          const stop = store.subscribe(() => { heard += 1; });
          const same = store.getSnapshot() === empty;
          store.add([file(1000, 'a.txt'), file(2000, 'b.txt')]);
          const first = store.getSnapshot();
          await allDone(store);
          const last = store.getSnapshot();
          const [a, b] = last.items;
          const again = store.getSnapshot() === last;
          stop();
          const before = heard;
          store.clear();
          await null;
          return {
            same, again, added: first.items.map(({ name, size }) => [name, size]), a, b,
            totals: last.totals, heard: heard > 2, quiet: heard === before,
            frozen: Object.isFrozen(last) && Object.isFrozen(last.items) && Object.isFrozen(a),
            left: store.getSnapshot().items.length,
          };
        }"""
    )
    assert told["same"] and told["again"] and told["frozen"] and told["heard"] and told["quiet"]
    assert told["added"] == [["a.txt", 1000], ["b.txt", 2000]]
    assert told["totals"] == {
        **{"count": 2, "done": 2, "failed": 0, "size": 3000, "sent": 3000},
        "speed": told["totals"]["speed"],
    }
    assert told["a"]["kind"] == "brand_kit"
    assert told["a"]["error"] is None
    assert told["left"] == 0
    assert {told["a"]["asset"]["key"], told["b"]["asset"]["key"]} == site.stored_keys()


def test_300_photos_need_one_call_to_declare_and_three_to_complete(
    page: Page, site: Site, calls: Counter[str]
) -> None:
    """One client call uploads them all; each outcome is in its file's place."""
    told = page.evaluate(
        """async () => {
          const files = Array.from({ length: 300 }, (_, i) => file(100 + i, `${i}.txt`));
          const reports = [];
          const many = uploadAll(gateway(), files, {
            kind: 'brand_kit', concurrency: 6, onProgress: (report) => reports.push(report),
          });
          const outcomes = await inTime(many);
          const loaded = reports.map(({ loaded }) => loaded);
          return {
            sizes: outcomes.map(({ asset }) => asset?.size), last: reports.at(-1),
            forward: loaded.every((bytes, i) => !i || bytes >= loaded[i - 1]),
          };
        }"""
    )
    assert told["sizes"] == [100 + i for i in range(300)]
    assert told["forward"]
    total = sum(told["sizes"])
    assert told["last"] == {
        **{"state": "done", "loaded": total, "total": total},
        **{"files": 300, "done": 300, "failed": 0},
    }
    assert len(site.stored_keys()) == 300
    assert calls == {"POST /v1/uploads/batch": 1, "POST /v1/uploads/complete": 3}


def test_a_byte_that_changed_in_one_of_many_is_told(page: Page, site: Site) -> None:
    """That file is refused and goes again with `retry()`; the others stay as they are."""
    spoilt: list[bytes] = []

    def spoil(route: Route) -> None:
        body = route.request.post_data_buffer
        if spoilt or route.request.method != "PUT" or not body:
            route.fallback()
            return
        spoilt.append(body)
        route.continue_(post_data=bytes([body[0] ^ 1]) + body[1:])

    page.route(f"{site.storage}/**", spoil)
    told = page.evaluate(
        """async () => {
          const files = Array.from({ length: 12 }, (_, i) => file(100 + i, `${i}.txt`));
          const many = uploadAll(gateway(), files, { kind: 'brand_kit' });
          const first = await inTime(many);
          many.retry();
          const second = await inTime(many);
          return {
            first: first.map(({ error }) => error?.slug ?? null),
            second: second.map(({ asset }) => asset?.size),
          };
        }"""
    )
    refused = [slug for slug in told["first"] if slug]
    assert refused == ["upload-rejected"]
    assert told["first"].index("upload-rejected") == len(spoilt[0]) - 100
    assert told["second"] == [100 + i for i in range(12)]
    assert len(site.stored_keys()) == 12


def test_pause_resume_and_retry_of_all(page: Page, site: Site, calls: Counter[str]) -> None:
    """One call each; what the store refused once is sent again, and nothing else."""
    page.evaluate(
        """() => {
          window.files = Array.from({ length: 12 }, (_, i) => file(100 + i, `${i}.txt`));
          window.many = uploadAll(gateway({ retries: 1 }), files, { kind: 'brand_kit' });
          many.pause();
        }"""
    )
    page.wait_for_function("() => many.state === 'paused'")
    assert site.stored_keys() == set()
    refused: list[str] = []

    def weather(route: Route) -> None:
        if route.request.method == "PUT" and len(refused) < 2:
            refused.append(route.request.url)
            route.fulfill(status=403, headers={"Access-Control-Allow-Origin": "*"})
        else:
            route.fallback()

    page.route(f"{site.storage}/**", weather)
    told = page.evaluate(
        """async () => {
          many.resume();
          const first = await inTime(many);
          const state = many.state;
          many.retry();
          const second = await inTime(many);
          return {
            state, ended: many.state,
            first: first.filter(({ error }) => error?.slug === 'store-refused').length,
            second: second.map(({ asset }) => asset?.size),
          };
        }"""
    )
    assert (told["state"], told["first"], told["ended"]) == ("failed", 2, "done")
    assert told["second"] == [100 + i for i in range(12)]
    assert calls["POST /v1/uploads/batch"] == 2


HLS = """(segments) => {
  const lines = ['#EXTM3U', '#EXT-X-TARGETDURATION:4'];
  const files = [];
  for (let i = 0; i < segments; i += 1) {
    lines.push('#EXTINF:4,', `seg${i}.ts`);
    const bytes = new Uint8Array(188);
    bytes[0] = 0x47;
    new DataView(bytes.buffer).setUint32(4, i);
    files.push(named(`film/90p/seg${i}.ts`, bytes, 'video/mp2t'));
  }
  const type = 'application/vnd.apple.mpegurl';
  files.unshift(named('film/90p/index.m3u8', lines.join('\\n') + '\\n#EXT-X-ENDLIST\\n', type));
  const top = '#EXTM3U\\n#EXT-X-STREAM-INF:BANDWIDTH=1\\n90p/index.m3u8\\n';
  files.unshift(named('film/master.m3u8', top, type));
  return files;
}"""


def test_a_package_goes_up_as_one_in_order_of_need(
    page: Page, site: Site, calls: Counter[str]
) -> None:
    """1,000 segments under one asset id: pieces first, the top playlist last, one progress."""
    sent: list[str] = []

    def note(request: Request) -> None:
        if request.method == "PUT" and request.url.startswith(site.storage):
            sent.append(request.url.split("?")[0].rpartition("/")[2])

    page.on("request", note)
    page.evaluate(f"() => {{ window.hls = {HLS}; }}")
    told = page.evaluate(
        """async () => {
          const store = createUploads(gateway());
          const sent = [];
          store.subscribe(() => sent.push(store.getSnapshot().items[0]?.sent));
          store.addPackage(hls(1000));
          await Promise.race([
            new Promise((_, reject) => { setTimeout(() => reject(new Error('late')), 200e3); }),
            (async () => {
              while (!/done|failed/.test(states(store)[0])) {
                await new Promise((resolve) => { setTimeout(resolve, 50); });
              }
            })(),
          ]);
          const [item] = store.getSnapshot().items;
          return { item, forward: sent.every((bytes, i) => !i || bytes >= sent[i - 1]) };
        }"""
    )
    item = told["item"]
    assert item["state"] == "done", item["error"]
    assert item["name"] == "film"
    assert item["package"] == {"files": 1002, "done": 1002}
    assert told["forward"]
    assert item["asset"]["filename"] == "film.m3u8"
    folder = item["asset"]["key"].removesuffix("film.m3u8")
    pages = site.s3.get_paginator("list_objects_v2").paginate(
        Bucket=site.bucket, Prefix=f"users/{site.sub}/"
    )
    keys = [found["Key"] for answer in pages for found in answer["Contents"]]
    assert len(keys) == 1002
    assert all(key.startswith(folder) for key in keys)
    assert sent[-2:] == ["index.m3u8", "film.m3u8"]
    segments = [int(name[3:-3]) for name in sent[:-2]]
    assert all(abs(number - place) < 8 for place, number in enumerate(segments))
    assert calls["POST /v1/uploads/batch"] <= 2
    assert sum(count for call, count in calls.items() if "/complete" in call) <= 13
    assert sum(calls.values()) < 25, calls


def test_what_was_begun_before_is_offered(page: Page, site: Site) -> None:
    """After a reload as `resumable`; its file goes on with it, another is refused; or it goes."""
    page.evaluate(
        """async () => {
          const store = createUploads(gateway({ retries: 1 }), { previews: false });
          store.subscribe(() => {});
          store.add([video(12 * 2 ** 20, 'film.mp4'), video(11 * 2 ** 20, 'other.mp4')]);
          await until(() => gateway().resumable && Object.keys(localStorage).length === 2);
          store.close();
        }"""
    )
    with_client(page, site)
    page.evaluate(SETUP)
    told = page.evaluate(
        """async () => {
          const store = createUploads(gateway(), { previews: false });
          store.subscribe(() => {});
          await until(() => store.getSnapshot().items.length === 2);
          const offered = store.getSnapshot().items;
          const id = (name) => store.getSnapshot().items.find((one) => one.name === name).id;
          store.resume(id('film.mp4'));
          const without = store.getSnapshot().items.find(({ name }) => name === 'film.mp4').error;
          store.cancel(id('other.mp4'));
          store.resume(id('film.mp4'), video(12 * 2 ** 20, 'film.mp4'));
          await until(() => states(store).join() === 'done');
          return { offered, without, last: store.getSnapshot() };
        }"""
    )
    assert {one["state"] for one in told["offered"]} == {"resumable"}
    assert {(one["name"], one["kind"]) for one in told["offered"]} == {
        ("film.mp4", "video"),
        ("other.mp4", "video"),
    }
    assert told["without"]["slug"] == "file-needed"
    assert told["last"]["totals"]["size"] == 12 * MIB
    assert site.unfinished() == []


def test_errors_say_whether_trying_again_helps(page: Page) -> None:
    """What the gateway will never take is told at once, and the others go on."""
    told = page.evaluate(
        """async () => {
          const store = createUploads(gateway(), { kind: 'image', previews: false });
          store.add([file(10, 'a.txt'), file(20, 'b.txt')]);
          await until(() => states(store).every((state) => state === 'failed'));
          return store.getSnapshot();
        }"""
    )
    assert [one["error"]["slug"] for one in told["items"]] == ["unsupported-type"] * 2
    assert not told["items"][0]["error"]["canRetry"]
    assert told["totals"]["failed"] == 2


def test_pictures_get_a_preview(page: Page, picture: bytes) -> None:
    """Small, made in the page, and revoked when the item goes."""
    told = page.evaluate(
        """async (bytes) => {
          const store = createUploads(gateway());
          store.add([new File([new Uint8Array(bytes)], 'a.png', { type: 'image/png' })]);
          await until(() => store.getSnapshot().items[0].preview);
          await allDone(store);
          const { preview, id } = store.getSnapshot().items[0];
          const load = (src) => new Promise((resolve, reject) => {
            const image = new Image();
            image.onload = () => resolve([image.naturalWidth, image.naturalHeight]);
            image.onerror = () => reject(new Error('gone'));
            image.src = src;
          });
          const size = await load(preview);
          store.remove(id);
          return { size, gone: (await failure(load(`${preview}#`))).message };
        }""",
        list(picture),
    )
    assert told == {"size": [96, 60], "gone": "gone"}


def test_the_library_pages_removes_and_restores(page: Page, site: Site) -> None:
    """Loading keeps what is shown; what is removed goes at once and comes back by restore."""
    told = page.evaluate(
        """async () => {
          const files = Array.from({ length: 5 }, (_, i) => file(100 + i, `${i}.txt`));
          await inTime(uploadAll(gateway(), files, { kind: 'brand_kit' }));
          const library = createLibrary(
            gateway(), { kind: 'brand_kit', order: undefined, limit: 2 });
          const loading = library.load();
          const first = library.getSnapshot();
          await loading;
          const all = library.getSnapshot();
          const gone = all.assets[0].path;
          const removal = library.remove([gone]);
          const meanwhile = library.getSnapshot().assets.length;
          await removal;
          await library.restore([{ path: gone }]);
          await until(() => library.getSnapshot().usage);
          return {
            first, all, meanwhile, restored: library.getSnapshot().assets.map(({ path }) => path),
            gone,
          };
        }"""
    )
    assert told["first"]["loading"] and told["first"]["assets"] == []
    assert len(told["all"]["assets"]) == 5
    assert not told["all"]["hasMore"]
    assert told["meanwhile"] == 4
    assert told["gone"] in told["restored"]
