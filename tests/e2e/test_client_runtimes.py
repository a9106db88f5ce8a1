"""The client where there is no page: Node.js, Web Workers, runtimes with other globals."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.client_in_page import expected, with_client
from tests.e2e.site import MIB, ROOT, Site

CLIENT = (ROOT / "client" / "asset-gateway.js").as_uri()

# `gateway(options)`, `bytes(size)` as `expected` makes them; the last expression is the answer.
PROGRAM = """
import {{ AssetGateway, GatewayError }} from '{client}';
import {{ openAsBlob }} from 'node:fs';
import {{ truncate }} from 'node:fs/promises';
import {{ setTimeout }} from 'node:timers/promises';
const {{ ENDPOINT: endpoint, TOKEN: token, FILE: path }} = process.env;
const gateway = (options) => new AssetGateway({{ endpoint, token, ...options }});
const bytes = (size) => Uint8Array.from(
  {{ length: size }}, (_, i) => 97 + ((i * 31 + (i >> 8)) % 251) % 26);
const all = async (list) => {{
  const found = [];
  for await (const one of list) found.push(one);
  return found;
}};
const failure = async (promise) => {{
  try {{ return {{ value: await promise }}; }} catch (error) {{
    return {{ name: error.name, slug: error.slug, message: error.message }};
  }}
}};
const answer = await (async () => {{ {body} }})();
console.log(JSON.stringify(answer ?? null));
"""


def in_node(site: Site, body: str, file: Path | None = None) -> Any:
    """What the body of an async function returns in Node.js."""
    result = subprocess.run(
        ["node", "--input-type=module", "-e", PROGRAM.format(client=CLIENT, body=body)],
        env={
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "ENDPOINT": site.gateway.url,
            "TOKEN": site.token(),
            "FILE": str(file),
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


def test_node_sends_a_blob(site: Site) -> None:
    """Without XMLHttpRequest, navigator or localStorage; by PUT and by a form."""
    told = in_node(
        site,
        """const states = [];
        const onProgress = ({ state }) => states.push(state);
        const blob = new Blob([bytes(70_000)], { type: 'text/plain' });
        const options = { kind: 'brand_kit', filename: 'a.txt' };
        const put = await gateway().upload(blob, { ...options, onProgress });
        const post = await gateway().upload(blob, { ...options, method: 'post' });
        return { put, post, states: [...new Set(states)] };""",
    )
    for asset in (told["put"], told["post"]):
        assert (asset["filename"], asset["content_type"]) == ("a.txt", "text/plain")
        assert site.stored(asset["key"]) == expected(70_000)
    assert told["states"] == ["uploading", "verifying", "done"]


def test_node_sends_a_file_of_the_disk_in_parts(site: Site, tmp_path: Path) -> None:
    """`openAsBlob` reads it piece by piece; a storage of one's own makes it resumable."""
    film = tmp_path / "film.mp4"
    film.write_bytes(b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2" + bytes(12 * MIB))
    told = in_node(
        site,
        """const kept = new Map();
        const storage = {
          get length() { return kept.size; }, key: (i) => [...kept.keys()][i],
          getItem: (key) => kept.get(key) ?? null,
          setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key),
        };
        const options = { filename: 'film.mp4', method: 'multipart' };
        const blob = await openAsBlob(path);
        const first = gateway({ storage }).upload(blob, {
          ...options, onProgress: ({ loaded }) => loaded > 0 && first.pause(),
        });
        first.catch(() => {});
        while (first.state !== 'paused') await setTimeout(20);
        const paused = JSON.parse([...kept.values()][0]);
        const { missing } = await gateway().request('GET', `/v1/uploads/${paused.upload_id}`);
        const unfinished = await all(gateway({ storage }).unfinished());
        first.resume();
        return { asset: await first, missing, unfinished, left: kept.size };""",
        film,
    )
    assert site.stored(told["asset"]["key"]) == film.read_bytes()
    assert 0 < len(told["missing"]) < 3
    assert [one["here"]["path"] for one in told["unfinished"]] == [told["asset"]["path"]]
    assert told["left"] == 0


def test_c42_node_says_that_a_file_was_cut(site: Site, tmp_path: Path) -> None:
    """C42: a file that was shortened after it was opened fails once, as in a browser."""
    notes = tmp_path / "notes.txt"
    notes.write_bytes(b"x" * 300_000)
    told = in_node(
        site,
        """const blob = await openAsBlob(path);
        await truncate(path, 1000);
        return failure(gateway().upload(blob, { kind: 'brand_kit', filename: 'notes.txt' }));""",
        notes,
    )
    assert told["slug"] == "file-unreadable"
    assert site.stored_keys() == set()


def test_every_route_has_a_method_that_works(site: Site) -> None:
    """Copies, moves, versions, shares, playback, export and erasure, as the gateway answers."""
    told = in_node(
        site,
        """const client = gateway();
        const send = (name, options) => client.upload(
          new Blob([bytes(10)]), { filename: name, contentType: 'text/plain', ...options });
        const playlist = new Blob(['#EXTM3U\\n'], { type: 'application/vnd.apple.mpegurl' });
        const manifest = await client.upload(
          playlist, { kind: 'video', projectId: 'p1', filename: 'm.m3u8' });
        const note = await send('note.txt');
        const me = await client.me();
        const copy = await client.copy(note.path);
        const moved = await client.move(manifest.path, { projectId: 'p2' });
        const played = await client.playback(moved.path, { expiresIn: 600 });
        const share = await client.share(note.path, { expiresIn: 60, disposition: 'attachment' });
        const shared = await (await fetch(share.url)).text();
        const shares = await all(client.shares({ limit: 1 }));
        await client.revoke(share);
        const revoked = (await fetch(share.url)).status;
        await client.delete(copy.path);
        const versions = await client.versions(copy.path);
        const restored = await client.restore(copy.path, { versionId: versions.at(-1).version_id });
        const verified = await client.verify(note.path);
        const exported = await all(client.export());
        const projects = await all(client.projects({ limit: 1 }));
        const emptied = await client.deleteProject('p2');
        const folder = await client.delete(
          note.path.split('/').slice(0, 2).join('/'), { recursive: true });
        const erased = await client.erase();
        const left = (await client.list().page()).items.length;
        return { me, moved, played, share, shared, shares, revoked, versions, restored, verified,
          exported, projects, emptied, folder, erased, left, note, copy };""",
    )
    assert told["me"]["sub"] == site.sub
    assert told["me"]["limits"]["video"]["max_bytes"] > 0
    assert told["moved"]["project_id"] == "p2"
    assert told["played"]["url"].endswith(told["played"]["query"])
    assert told["share"]["url"].startswith(site.gateway.url)
    assert told["shared"] == expected(10).decode()
    assert [one["share_id"] for one in told["shares"]] == [told["share"]["share_id"]]
    assert told["revoked"] == 404
    assert [version["deleted"] for version in told["versions"]] == [True, False]
    assert told["restored"]["path"] == told["copy"]["path"]
    assert told["verified"]["path"] == told["note"]["path"]
    assert {one["path"] for one in told["exported"]} == {
        told[name]["path"] for name in ("note", "copy", "moved")
    }
    assert all(one["link"]["url"] for one in told["exported"])
    assert "p2" in [one["project_id"] for one in told["projects"]]
    assert told["emptied"]["deleted_objects"] == 1
    assert told["folder"]["complete"]
    assert told["erased"]["complete"]
    assert told["left"] == 0


def test_what_is_missing_is_said(site: Site) -> None:
    """Without an address, without a token, with a path instead of a file."""
    told = in_node(
        site,
        """const attempts = [
          () => new AssetGateway(), () => new AssetGateway({ token }),
          () => new AssetGateway({ endpoint: process.env.NOT_SET, token }),
          () => new AssetGateway({ endpoint }), () => gateway().upload('/a/path'),
        ];
        return Promise.all(attempts.map((attempt) => failure((async () => attempt())())));""",
    )
    assert [one["name"] for one in told] == ["TypeError"] * 5
    assert all("endpoint" in one["message"] for one in told[:3])
    assert "token" in told[3]["message"]
    assert "Blob" in told[4]["message"]


def test_globals_that_deny_themselves_do_no_harm(site: Site) -> None:
    """As in Deno without permission, or with a navigator that has nothing of a browser's."""
    asset = in_node(
        site,
        """Object.defineProperty(globalThis, 'localStorage', {
          configurable: true, get() { throw new Error('denied'); },
        });
        Object.defineProperty(globalThis, 'navigator', { configurable: true, value: {} });
        return gateway().upload(
          new Blob([bytes(900)]), { kind: 'brand_kit', filename: 'a.txt' });""",
    )
    assert site.stored(asset["key"]) == expected(900)


@pytest.mark.browser
def test_a_worker_uploads(tab: Page, site: Site) -> None:
    """In a module worker, in parts, with progress."""
    page = with_client(tab, site)
    told = page.evaluate(
        """async ([endpoint, token]) => {
          const program = `
            import { AssetGateway } from '${location.origin}/client/asset-gateway.js';
            onmessage = async ({ data: { endpoint, token, file } }) => {
              const reports = [];
              try {
                const asset = await new AssetGateway({ endpoint, token }).upload(file, {
                  onProgress: ({ loaded }) => reports.push(loaded) });
                postMessage({ asset, reports: new Set(reports).size });
              } catch (error) { postMessage({ error: String(error) }); }
            };`;
          const source = URL.createObjectURL(new Blob([program], { type: 'text/javascript' }));
          const worker = new Worker(source, { type: 'module' });
          const file = video(12 * 2 ** 20);
          const answer = new Promise((resolve) => { worker.onmessage = resolve; })
            .then(({ data }) => data);
          worker.postMessage({ endpoint, token, file });
          return { ...await inTime(answer), sha256: await sha256(file) };
        }""",
        [site.gateway.url, site.token()],
    )
    assert told.get("error") is None
    assert told["asset"]["size"] == 12 * MIB
    assert told["reports"] > 3
