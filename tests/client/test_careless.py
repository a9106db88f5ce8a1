"""The client as somebody in a hurry uses it: told what is wrong, and nothing hangs.

In Node.js, with a `fetch` that stands in for gateway and store.
"""

import json
import subprocess
from typing import Any

import pytest

from tests.client.generate import ROOT

CLIENT = (ROOT / "client").as_uri()
# `failure(promise)` is how it ended; `asked` are the calls so far; `puts` lets bytes arrive, or
# holds them back. Of `files(n)` those called `bad-…` are refused when they are declared.
PROGRAM = """
import { AssetGateway } from '%(client)s/asset-gateway.js';
import { createUploads } from '%(client)s/store.js';
import { setTimeout } from 'node:timers/promises';
const asked = [];
const puts = { held: false, waiting: [], let() { this.waiting.splice(0).forEach((go) => go()); } };
const json = (body, status = 200) => new Response(JSON.stringify(body), {
  status, headers: { 'content-type': 'application/json' } });
const refused = { type: '/problems/unsupported-type', title: 'Not this type', status: 415 };
const assetOf = (path) => ({ path, key: `users/me/${path}`, size: 3, kind: 'image' });
const planOf = ({ filename, size }) => ({
  upload_id: `id-${filename}`, path: `image/${filename}`, key: `users/me/image/${filename}`,
  size, method: 'PUT', url: `https://store.test/${filename}`, headers: {} });
const answers = {
  'POST /v1/uploads': (body) => json(planOf(body), 201),
  'POST /v1/uploads/batch': ({ uploads }) => json({ items: uploads.map((one) => (
    /^bad-/.test(one.filename) ? { problem: refused } : { upload: planOf(one) })) }),
  'POST /v1/uploads/complete': ({ upload_ids: ids }) => json({
    items: ids.map((id) => ({ asset: assetOf(id) })) }),
  'GET /v1/assets': () => json({ items: [], next_cursor: null }),
  'GET /v1/uploads': () => json({ items: [], next_cursor: null }),
};
globalThis.fetch = async (url, { method = 'GET', body, signal, headers = {} } = {}) => {
  signal?.throwIfAborted();
  const { pathname, hostname } = new URL(url);
  asked.push({ call: `${method} ${pathname}`, host: hostname, token: headers.authorization });
  if (hostname === 'store.test') {
    if (puts.held) {
      await new Promise((go, stop) => {
        puts.waiting.push(go);
        signal.addEventListener('abort', () => stop(signal.reason));
      });
    }
    return new Response(null, { status: 200 });
  }
  const call = `${method} ${pathname}`;
  if (/complete$/.test(call) && !answers[call]) return json(assetOf('image/a'));
  if (method === 'DELETE') return new Response(null, { status: 204 });
  return answers[call](body && JSON.parse(body));
};
const gateway = (options) => new AssetGateway({
  endpoint: 'https://gateway.test', token: 'a.b.c', ...options });
const file = (name = 'a.png') => new File(['abc'], name, { type: 'image/png', lastModified: 1 });
const until = async (condition) => {
  for (let i = 0; !condition(); i += 1) {
    if (i > 3000) throw new Error(`never: ${condition}`);
    await setTimeout(5);
  }
};
const failure = async (run) => {
  try { return { value: await (typeof run === 'function' ? run() : run) }; } catch (error) {
    return { name: error.name, slug: error.slug, message: error.message };
  }
};
console.log(JSON.stringify(await (async () => { %(body)s })() ?? null));
%(end)s
"""


def told(body: str, *, waits: bool = False) -> Any:
    """What the body of an async function returns; `waits` until Node.js has nothing left to do."""
    program = PROGRAM % {"client": CLIENT, "body": body, "end": "" if waits else "process.exit();"}
    done = subprocess.run(
        ["node", "--input-type=module", "-e", program],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_an_endpoint_is_an_address() -> None:
    """Without a scheme, browsers would look for the gateway below the page's own address."""
    outcomes = told(
        """const wrong = ['assets.example.com', 'localhost:8000', 'ftp://a.test', ' ', 8000];
        return Promise.all([
          ...wrong.map((endpoint) => failure(() => gateway({ endpoint }))),
          ...['https://a.test', 'HTTP://a.test/', '/assets'].map(
            (endpoint) => gateway({ endpoint }).endpoint),
        ]);"""
    )
    assert [one["name"] for one in outcomes[:5]] == ["TypeError"] * 5
    assert all("`endpoint`" in one["message"] for one in outcomes[:5])
    assert outcomes[5:] == ["https://a.test", "HTTP://a.test", "/assets"]


@pytest.mark.parametrize("status", [200, 404])
def test_another_server_is_told_from_a_lost_connection(status: int) -> None:
    """A page instead of an answer, as of a front end's own server: once, and with the address."""
    outcome = told(
        f"""answers['GET /v1/assets'] = () => new Response('<!doctype html>', {{
          status: {status}, headers: {{ 'content-type': 'text/html' }} }});
        return [await failure(gateway().list().page()), asked.length];"""
    )
    message = "No usable answer from https://gateway.test"
    assert outcome == [{"name": "GatewayError", "slug": "unknown", "message": message}, 1]


def test_an_answer_that_breaks_off_is_asked_for_again() -> None:
    """JSON that ends too early is the connection's fault."""
    assert told(
        """let times = 0;
        answers['GET /v1/assets'] = () => new Response(
          (times += 1) > 1 ? '{"items":[],"next_cursor":null}' : '{"items":[', {
            headers: { 'content-type': 'application/json' } });
        return [await gateway().list().page(), times];"""
    ) == [{"items": [], "next_cursor": None}, 2]


def test_a_token_function_that_gives_none_is_named() -> None:
    """Nothing is sent as "Bearer null"; it is asked once, and what it throws is passed on."""
    outcomes = told(
        """const none = [null, undefined, ''].flatMap((given) => [() => given, async () => given]);
        const all = [...none, () => { throw new Error('mine'); }, () => Promise.reject('text')];
        return Promise.all(all.map(async (give) => {
          let times = 0;
          const token = (ask) => { times += 1; return give(ask); };
          return [await failure(gateway({ token }).upload(file())), times, asked.length];
        }));"""
    )
    for outcome, times, asked in outcomes[:6]:
        assert (outcome["slug"], times, asked) == ("invalid-token", 1, 0)
        assert "`token`" in outcome["message"]
    assert outcomes[6] == [{"name": "Error", "message": "mine"}, 1, 0]
    assert outcomes[7][1:] == [1, 0]


def test_a_token_changes_in_the_middle_of_an_upload() -> None:
    """Each call has the token of its own moment, those of the store have none."""
    assert told(
        """let turn = 0;
        await gateway({ token: async () => `t${turn += 1}` }).upload(file());
        return asked.map(({ host, token }) => [host, token ?? null]);"""
    ) == [
        ["gateway.test", "Bearer t1"],
        ["store.test", None],
        ["gateway.test", "Bearer t2"],
    ]


def test_an_upload_that_is_aborted_before_it_starts_sends_nothing() -> None:
    """It rejects with the signal's reason."""
    outcome = told(
        """const signal = AbortSignal.abort(new Error('left the page'));
        const upload = gateway().upload(file(), { signal });
        const told = await failure(upload);
        upload.cancel(); upload.pause(); upload.resume();
        return [told, upload.state, asked.length];"""
    )
    assert outcome == [{"name": "Error", "message": "left the page"}, "cancelled", 0]


def test_paused_before_the_first_byte_it_waits() -> None:
    """Nothing goes to the store until it is resumed; after the end all buttons do nothing."""
    assert told(
        """const upload = gateway().upload(file());
        upload.pause();
        const first = upload.state;
        await until(() => asked.length > 0);
        await setTimeout(50);
        const sent = asked.filter(({ host }) => host === 'store.test').length;
        upload.resume();
        await upload;
        const calls = asked.length;
        upload.resume(); upload.pause(); upload.cancel();
        await setTimeout(20);
        return [first, sent, upload.state, asked.length - calls];"""
    ) == ["paused", 0, "done", 0]


def test_three_of_five_hundred_fail_and_the_others_arrive() -> None:
    """In few calls; only the three are left to be tried again, and a retry leaves the rest."""
    assert told(
        """const store = createUploads(gateway(), { previews: false });
        const name = (i) => (i % 200 === 7 ? `bad-${i}.png` : `${i}.png`);
        store.add(Array.from({ length: 500 }, (_, i) => file(name(i))));
        await until(() => {
          const { done, failed } = store.getSnapshot().totals;
          return done + failed === 500;
        });
        const { items, totals } = store.getSnapshot();
        const failed = items.filter(({ state }) => state === 'failed');
        const gateways = asked.filter(({ host }) => host === 'gateway.test').length;
        store.clear();
        return [totals.done, failed.map(({ name, error }) => [name, error.slug, error.canRetry]),
          gateways < 20, store.getSnapshot().items.length];"""
    ) == [
        497,
        [[f"bad-{i}.png", "unsupported-type", False] for i in (7, 207, 407)],
        True,
        0,
    ]


def test_what_was_closed_sends_nothing_more() -> None:
    """As of a component that is gone in the middle of an upload: not what waits, nor what comes."""
    assert told(
        """puts.held = true;
        const store = createUploads(gateway(), { previews: false, concurrency: 2 });
        let heard = 0;
        store.subscribe(() => { heard += 1; });
        store.add([1, 2, 3, 4].map((n) => file(`${n}.png`)));
        await until(() => puts.waiting.length === 2);
        store.close();
        const [before, calls] = [heard, asked.length];
        puts.held = false;
        puts.let();
        store.add([file('late.png')]);
        store.addPackage([file('late.m3u8')]);
        await setTimeout(100);
        const late = asked.slice(calls).map(({ call }) => call);
        return [heard - before, late.filter((call) => !/complete/.test(call)),
          store.getSnapshot().items.length];"""
    ) == [0, [], 4]


def test_a_pause_that_the_last_byte_outran_leaves_nothing_behind() -> None:
    """Paused when all was on the wire it is done, and Node.js ends: no timer goes on."""
    assert told(
        """puts.held = true;
        const upload = gateway().upload(file());
        await until(() => puts.waiting.length === 1);
        upload.pause();
        const paused = upload.state;
        puts.let();
        await upload;
        return [paused, upload.state];""",
        waits=True,
    ) == ["pausing", "done"]


def test_the_same_file_twice_is_two_assets() -> None:
    """Whoever chooses it twice gets it twice: neither waits for the other."""
    assert told(
        """const one = file();
        const assets = await Promise.all([gateway().upload(one), gateway().upload(one)]);
        return [assets.length, asked.filter(({ call }) => call === 'POST /v1/uploads').length];"""
    ) == [2, 2]
