"""The browser client as a back end in Node.js: its own token, and whom it acts for."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.auth.providers.authlib_server import AuthlibProvider
from tests.auth.providers.provider import SERVICE, SERVICE_SCOPE, SERVICE_SECRET
from tests.client.generate import ROOT
from tests.client.serving import listening
from tests.gateway import ALICE, BOB, Gateway, running_gateway
from tests.stores.store import Store

PROGRAM = """
import {{ AssetGateway }} from '{client}/asset-gateway.js';
import {{ clientCredentials }} from '{client}/backend.js';
const {{ endpoint, ALICE, BOB, ...credentials }} = {given};
import {{ setTimeout }} from 'node:timers/promises';
const many = '{client}/many.js';
const wire = fetch;
let asked = 0;
globalThis.fetch = (url, options) => {{
  if (url === credentials.tokenUrl) asked += 1;
  return wire(url, options);
}};
const token = clientCredentials(credentials);
const gateway = (options) => new AssetGateway({{ endpoint, token, retries: 1, ...options }});
const failure = (promise) => promise.then(
  () => null, ({{ slug, message, filename }}) => ({{ slug, message, filename }}));
const answer = await (async () => {{ {body} }})();
console.log(JSON.stringify({{ ...answer, asked }}));
"""


@pytest.fixture(scope="module")
def provider() -> Iterator[AuthlibProvider]:
    with AuthlibProvider("ES256") as provider:
        yield provider


@pytest.fixture(scope="module")
def served(
    provider: AuthlibProvider, juicefs_store: Store
) -> Iterator[tuple[Gateway, dict[str, str]]]:
    """A gateway with a back end, and what the back end knows."""
    settings = {**provider.settings(), "SERVICE_SCOPE": SERVICE_SCOPE}
    bucket = juicefs_store.create_bucket()
    with (
        running_gateway(juicefs_store, bucket, **settings) as gateway,
        listening(gateway) as endpoint,
    ):
        yield (
            gateway,
            {
                "endpoint": endpoint,
                "tokenUrl": f"{provider.issuer}/token",
                "clientId": SERVICE,
                "clientSecret": SERVICE_SECRET,
                "scope": SERVICE_SCOPE,
                "ALICE": ALICE,
                "BOB": BOB,
            },
        )


def in_node(given: dict[str, str], body: str) -> dict[str, Any]:
    """What the body of an async function returns in Node.js."""
    client = (ROOT / "client").as_uri()
    program = PROGRAM.format(client=client, given=json.dumps(given), body=body)
    command = ["node", "--input-type=module", "-e", program]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert answer.returncode == 0, answer.stderr
    return dict(json.loads(answer.stdout))


def test_t61_node_acts_for_users(served: tuple[Gateway, dict[str, str]]) -> None:
    """T61: uploads, many in one call and listings are the user's; without one it is refused. One
    token does for all users, though they are asked for at once."""
    _, given = served
    told = in_node(
        given,
        """const plain = gateway();
        const [alice, bob] = [plain.actingFor(ALICE), gateway({ actAs: BOB })];
        const text = (name) => new File(['Hello'], name, { type: 'text/plain' });
        const options = { kind: 'brand_kit' };
        const { uploadAll } = await import(many);
        const [one, others] = await Promise.all([
          alice.upload(text('a.txt'), options),
          uploadAll(bob, [text('b.txt'), text('c.txt')], options),
        ]);
        const listed = [];
        for await (const { key } of bob.list()) listed.push(key);
        return {
          keys: [one.key, ...others.map(({ asset }) => asset?.key)].sort(),
          listed: listed.sort(),
          me: (await alice.me()).sub,
          refused: await failure(plain.me()),
        };""",
    )
    assert told["keys"][0].startswith(f"users/{min(ALICE, BOB)}/")
    assert {key.split("/")[1] for key in told["keys"]} == {ALICE, BOB}
    assert told["listed"] == [key for key in told["keys"] if f"/{BOB}/" in key]
    assert len(told["listed"]) == 2
    assert told["me"] == ALICE
    assert told["refused"]["slug"] == "insufficient-scope"
    assert told["asked"] == 1


def test_t61_node_remembers_uploads_by_user(served: tuple[Gateway, dict[str, str]]) -> None:
    """T61: what one user's upload left to go on with is not another's, nor the caller's own."""
    _, given = served
    told = in_node(
        given,
        """const kept = new Map();
        const storage = {
          get length() { return kept.size; }, key: (i) => [...kept.keys()][i],
          getItem: (key) => kept.get(key) ?? null,
          setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key),
        };
        const plain = gateway({ storage });
        const film = new File([new Uint8Array(12 * 2 ** 20)], 'film.mp4', { type: 'video/mp4' });
        const [alice, bob] = [plain.actingFor(ALICE), plain.actingFor(BOB)];
        const upload = alice.upload(film, {
          kind: 'video', method: 'multipart',
          onProgress: ({ loaded }) => loaded > 0 && upload.pause(),
        });
        upload.catch(() => {});
        while (upload.state !== 'paused') await setTimeout(20);
        const left = [...kept.keys()];
        const here = [];
        for await (const { here: found } of alice.unfinished()) here.push(found?.filename);
        // As another process would see them.
        const others = [plain, bob].map((one) => one.resumable().length);
        upload.cancel();
        await upload.catch(() => {});
        return { left, here, others };""",
    )
    assert told["others"] == [0, 0]
    assert told["here"] == ["film.mp4"]
    assert [f"{ALICE}@" in key for key in told["left"]] == [True]


def test_a_refused_token_is_replaced_in_node(served: tuple[Gateway, dict[str, str]]) -> None:
    """Calls that need one at once ask once; after a 401 once more; an endpoint's refusal names the
    reason and no secret, and one that is away is tried again."""
    _, given = served
    told = in_node(
        given,
        """const first = await Promise.all([token(), token()]);
        const renewed = await Promise.all([token({ renew: true }), token({ renew: true })]);
        const wrong = clientCredentials({ ...credentials, clientSecret: 'hunter2%hunter2+' });
        const away = clientCredentials({ ...credentials, tokenUrl: 'http://127.0.0.1:1/token' });
        return {
          alike: first[0] === first[1] && renewed[0] === renewed[1] && first[0] !== renewed[0],
          kept: await token() === renewed[0],
          wrong: await failure(wrong()),
          kept_for: await failure(gateway({ actAs: ALICE }).upload(
            new File(['Hello'], 'a.txt'), { expiresIn: 86400 })),
          away: await failure(away()),
        };""",
    )
    assert told["alike"]
    assert told["kept"]
    assert told["asked"] == 3
    assert told["kept_for"]["slug"] == "validation-error"
    assert told["wrong"]["message"].endswith("invalid_client")
    assert "hunter2" not in json.dumps(told)
    assert told["away"]["slug"] == "network"


def test_a_package_names_the_file_at_fault(served: tuple[Gateway, dict[str, str]]) -> None:
    """Files of hidden folders are left out; the error has the name below the folder."""
    _, given = served
    told = in_node(
        given,
        """const { uploadPackage } = await import(many);
        const named = (path, bytes) => Object.defineProperty(
          new File([bytes], path.split('/').pop()), 'webkitRelativePath', { value: path });
        const manifest = named('film/master.m3u8', '#EXTM3U\\n#EXTINF:1,\\nsub/s.ts\\n');
        const segment = new Uint8Array(188 * 4).fill(0);
        for (let i = 0; i < 4; i += 1) segment[i * 188] = 0x47;
        const files = [
          manifest, named('film/sub/s.ts', segment), named('film/.git/HEAD', 'ref'),
          named('film/.DS_Store', 'Bud1'),
        ];
        const user = gateway({ actAs: ALICE });
        const asset = await uploadPackage(user, files);
        const paths = [];
        for await (const { path } of user.list({ kind: 'video' })) paths.push(path);
        const bad = await failure(uploadPackage(user, [...files, named('film/sub/make.sh', 'x')]));
        return { asset: asset.path, paths, bad };""",
    )
    folder = told["asset"].removesuffix("master.m3u8")
    assert sorted(told["paths"]) == [f"{folder}master.m3u8", f"{folder}sub/s.ts"]
    assert (told["bad"]["slug"], told["bad"]["filename"]) == ("unsupported-type", "sub/make.sh")
