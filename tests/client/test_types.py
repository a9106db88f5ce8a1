"""The client's types and the examples of the documentation, held against the published packages."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from app.domain.errors import Problem
from tests.client.bundling import PACKAGES
from tests.client.generate import COMMAND, MADE, NPM, ROOT, document

OPTIONS = {
    "target": "ES2023",
    "lib": ["ES2023", "DOM", "DOM.Iterable"],
    "module": "ESNext",
    "moduleResolution": "bundler",
    "jsx": "preserve",
    "strict": True,
    "noEmit": True,
    "esModuleInterop": True,
    # The packages' own declarations are not ours to judge.
    "skipLibCheck": True,
    "types": ["node", "next"],
}

USE = """
import {
  AssetGateway, GatewayError, type Asset, type Me, type Slug, type Upload,
} from 'asset-gateway-client';
import 'asset-gateway-client/elements';
import { de } from 'asset-gateway-client/elements/de';
import { clientCredentials } from 'asset-gateway-client/backend';

const gateway = new AssetGateway({ endpoint: 'https://x', token: async ({ renew }) => `${renew}` });
const token = clientCredentials({ tokenUrl: 'https://x', clientId: 'a', clientSecret: 'b' });
new AssetGateway({ endpoint: 'https://x', token, actAs: 'sub' });
declare const chosen: { project: string | undefined };
const upload: Upload = gateway.actingFor('sub').upload(new File([], 'a'), {
  kind: 'video', concurrency: 2, projectId: chosen.project, checksum: 'sha256',
});
gateway.upload(new Blob([]), { filename: 'a.txt' }).pause();
declare const handle: FileSystemFileHandle;
gateway.upload(handle);
const asset: Asset = await upload;
for await (const { path, size } of gateway.list({ kind: 'audio', sign: true })) {
  const sum: number = size + path.length;
  void sum;
}
const { deleted } = await gateway.delete(['a', 'b']);
const { complete } = await gateway.delete('video/x', { recursive: true });
const nothing: null = await gateway.delete(asset.path);
const [link] = await gateway.links([asset.path], { disposition: 'attachment' });
for (const one of gateway.resumable()) {
  if (one.reopens) await gateway.resume(one);
  else await gateway.forget(one);
}
for await (const { initiated_at, here } of gateway.unfinished()) {
  void [initiated_at.length, here?.size];
}
const me: Me = await gateway.me();
const left: number | null = me.usage.remaining_bytes;
const most: number | undefined = me.limits['video']?.max_bytes;
const copied: Asset = await gateway.copy(asset.path, { projectId: chosen.project });
const { share_id } = await gateway.share(copied.path, { expiresIn: 60 });
await gateway.revoke({ share_id });
for await (const share of gateway.shares()) void share.expires_at;
for await (const { project_id } of gateway.projects()) await gateway.deleteProject(project_id);
const [version] = await gateway.versions(asset.path);
const restored: Asset = await gateway.restore(asset.path, { versionId: version?.version_id });
const { query } = await gateway.playback(asset.path);
for await (const exported of gateway.export()) void exported.link?.url;
const { aborted_uploads } = await gateway.erase({ account: true });
const raw = await gateway.request<{ items: unknown[] }>('GET', '/v1/projects');
const uploader = document.createElement('asset-uploader');
uploader.gateway = gateway;
uploader.texts = { ...de, choose: 'x' };
uploader.addEventListener('asset-uploaded', ({ detail }) => void detail.asset.path);
document.querySelector('asset-gallery')?.addEventListener('asset-open', (event) => {
  event.preventDefault();
  const player = document.createElement('asset-player');
  player.hls = () => import('hls.js');
  player.asset = event.detail.asset;
});
void [deleted.length, complete, nothing, link?.url, left, most, restored, query];
void [aborted_uploads, raw];
try { upload.pause(); } catch (error) {
  if (error instanceof GatewayError) {
    const slug: Slug = error.slug;
    if (error.slug === 'quota-exceeded') void slug;
  }
}
// @ts-expect-error: not a kind
gateway.upload(new File([], 'a'), { kind: 'movie' });
// @ts-expect-error: a token is needed
new AssetGateway({ endpoint: 'https://x' });
// @ts-expect-error: so is the address
new AssetGateway({ token: 'x' });
// @ts-expect-error: uploads are the gateway's to make
new Upload();
// @ts-expect-error: no slug
if (new GatewayError().slug === 'quota') void 0;
// @ts-expect-error: what is not there is said
me.quota;
"""
STORES = """
import { AssetGateway, type Asset } from 'asset-gateway-client';
import { uploadAll, uploadPackage, type Outcome } from 'asset-gateway-client/many';
import { createLibrary, createLinks, createUploads } from 'asset-gateway-client/store';
import { toReadable } from 'asset-gateway-client/svelte';

declare const files: File[];
const gateway = new AssetGateway({ endpoint: 'https://x', token: 'x' });
const many = uploadAll(gateway, files, { kind: 'image', onProgress: ({ failed }) => void failed });
many.pause();
const outcomes: Outcome[] = await many;
const manifest: Asset = await uploadPackage(gateway, files);
const uploads = createUploads(gateway, { kind: 'image' });
uploads.add(files);
const [item] = uploads.getSnapshot().items;
if (item?.state === 'failed' && item.error?.canRetry) uploads.retry(item.id);
const library = createLibrary(gateway, { q: 'cat', sign: true });
await library.query({ kind: 'image' });
const url: string | undefined = createLinks(gateway, ['a']).getSnapshot().links['a']?.url;
toReadable(library).subscribe(({ hasMore }) => void hasMore);
// @ts-expect-error: snapshots are frozen
uploads.getSnapshot().items = [];
void [outcomes, manifest, url];
"""

HOOKS = """
import { AssetGateway } from 'asset-gateway-client';
import { useAssets, useLinks, useUploads } from 'asset-gateway-client/react';

const gateway = new AssetGateway({ endpoint: 'https://x', token: 'x' });
export function Page() {
  const { items, add, pause } = useUploads(gateway, { concurrency: 2 });
  const { assets, more, hasMore } = useAssets(gateway, { kind: 'video' });
  const { links } = useLinks(gateway, assets.map(({ path }) => path));
  return <button onClick={() => { pause(); add([]); void more(); }}>
    {items.length}{String(hasMore)}{links['a']?.url}
  </button>;
}
"""
#: The strictest that a front end may set; without the types of Node and React.
STRICT = {
    "target": "ES2023",
    "lib": ["ES2023", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
    "module": "NodeNext",
    "moduleResolution": "NodeNext",
    "strict": True,
    "exactOptionalPropertyTypes": True,
    "noUncheckedIndexedAccess": True,
    "noPropertyAccessFromIndexSignature": True,
    "verbatimModuleSyntax": True,
    "skipLibCheck": False,
    "noEmit": True,
    "types": [],
}


WRONG = """
import { fetchAuthSession } from 'aws-amplify/auth';
import Uppy from '@uppy/core';
await fetchAuthSession({ renew: true });
new Uppy().addFiles('a');
"""

PAGES = ("nextjs.md", "local-development.md", "client.md", "elements.md")

#: Vite's own types say this.
VITE = "interface ImportMeta { readonly env: Record<string, string> }"


@pytest.fixture(scope="module")
def faults() -> str:
    """What the TypeScript compiler says to all of it, once: `file(line,column): …` a line."""
    assert NPM.is_dir(), "python -m tests.stores.install"
    ours = {"use.ts": USE, "stores.ts": STORES, "hooks.tsx": HOOKS, "wrong.ts": WRONG}
    ours["vite.d.ts"] = VITE
    return compiled(OPTIONS, {**ours, **examples(*PAGES)})


def compiled(options: dict[str, Any], sources: dict[str, str], packages: Path = NPM) -> str:
    """What the TypeScript compiler says about these files, with the client as a package."""
    # Below the packages, for the compiler looks for them in the folders above.
    with TemporaryDirectory(prefix="types-", dir=packages.resolve()) as directory:
        home = Path(directory)
        shutil.copytree(ROOT / "client", home / "node_modules" / "asset-gateway-client")
        (home / "package.json").write_text('{"type": "module"}')
        (home / "tsconfig.json").write_text(
            json.dumps({"compilerOptions": options, "include": ["**/*.ts", "**/*.tsx"]})
        )
        for name, text in sources.items():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text(text)
        compiler = packages / "node_modules" / "typescript" / "bin" / "tsc"
        command = ["node", str(compiler), "--project", str(home)]
        return subprocess.run(command, cwd=home, capture_output=True, text=True).stdout


def examples(*pages: str) -> dict[str, str]:
    """The blocks of these pages, by the file that each one's first line names."""
    text = "".join((ROOT / "docs" / page).read_text() for page in pages)
    return dict(re.findall(r"```tsx?\n// (\S+)\n(.*?)```", text, re.DOTALL))


def test_the_clients_types_fit_its_use_and_the_examples(faults: str) -> None:
    """The client's calls and the pages' code compile against the packages as published."""
    assert len(examples(*PAGES)) == 4 + 3 + 1 + 1
    # Indented lines explain the one before.
    told = [line for line in faults.splitlines() if not line.startswith(("wrong.ts", " "))]
    assert told == []


def test_a_wrong_example_would_be_noticed(faults: str) -> None:
    """The compiler sees the packages' types: a mistake about any of them is a fault."""
    assert {int(line) for line in re.findall(r"^wrong\.ts\((\d+),", faults, re.MULTILINE)} == {4, 5}


def test_the_storage_browsers_recipe_fits_its_packages() -> None:
    """They are those of the examples; its gateway is the one of the page about Next.js."""
    [(name, recipe)] = examples("storage-browser.md").items()
    sources = {name: recipe, "lib/gateway.ts": examples("nextjs.md")["lib/gateway.ts"]}
    sources["styles.d.ts"] = "declare module '*.css';"
    assert compiled(OPTIONS | {"types": ["node"]}, sources, PACKAGES.parent) == ""


def test_the_types_are_clean_under_the_strictest_settings() -> None:
    """`exactOptionalPropertyTypes` and all: what may be undefined in an app may be given."""
    assert compiled(STRICT, {"use.ts": USE, "stores.ts": STORES}) == ""


@pytest.mark.parametrize("name", MADE)
def test_what_is_made_from_the_gateway_is_up_to_date(name: str) -> None:
    """The table of types and the schemas of the answers are the gateway's own."""
    assert (ROOT / "client" / name).read_text() == MADE[name](), f"{COMMAND} writes it anew"


def test_every_slug_of_the_gateway_is_in_the_union() -> None:
    """A page that switches over `error.slug` meets no string that the types do not know."""
    types = (ROOT / "client" / "asset-gateway.d.ts").read_text()
    union = re.search(r"export type Slug =(.*?);\n", types, re.DOTALL)
    assert union
    declared = set(re.findall(r"\| '([\w-]+)'", union[1]))
    source = client_source()
    own = set(re.findall(r"failure\('([\w-]+)'", source))
    own |= set(re.findall(r"/problems/([\w-]+)'", source))
    slugs = {one.slug for one in (Problem, *every_subclass(Problem))} | {"http-error"}
    assert declared == slugs | own


def every_subclass(kind: type[Problem]) -> Iterator[type[Problem]]:
    for one in kind.__subclasses__():
        yield one
        yield from every_subclass(one)


def test_every_export_of_the_module_is_declared() -> None:
    """What the module exports at run time is in its types, and no class is declared that is not."""
    entry = (ROOT / "client" / "asset-gateway.js").read_text()
    types = (ROOT / "client" / "asset-gateway.d.ts").read_text()
    exported = {
        name: file
        for names, file in re.findall(r"^export { (.*) } from '\./(.*)';$", entry, re.MULTILINE)
        for name in names.split(", ")
    }
    declared_names = re.findall(r"^export declare (?:class|function) (\w+)", types, re.MULTILINE)
    assert set(exported) == set(declared_names)
    for name, file in exported.items():
        if not name[0].isupper():  # a function
            continue
        source = (ROOT / "client" / file).read_text()
        body = re.search(rf"^export class {name}\b.*?^}}", source, re.MULTILINE | re.DOTALL)
        declared = re.search(
            rf"^export declare class {name}\b.*?^}}", types, re.MULTILINE | re.DOTALL
        )
        assert body and declared
        methods = set(re.findall(r"^  (?:async )?(?:get )?(\w+)\(", body[0], re.MULTILINE))
        missing = {m for m in methods - {"constructor"} if not re.search(rf"\b{m}\b", declared[0])}
        assert missing == set(), name


def test_every_route_has_a_method() -> None:
    """Whatever `/v1` can do, the client has a method for it."""
    paths = re.findall(r"'(/v1/[^']*)'|`(/v1/[^`]*)`", client_source())
    called = {re.sub(r"\$\{[^}]*\}", "*", a or b) for a, b in paths}
    # Those of one upload are made of two halves.
    called |= {f"/v1/uploads/*{rest}" for rest in ("", "/parts", "/complete")}
    routes = {
        re.sub(r"{\w+}", "*", path) for path in document()["paths"] if path.startswith("/v1/")
    }
    assert {route for route in routes if route not in called} == set()


def client_source() -> str:
    return "".join(path.read_text() for path in sorted((ROOT / "client" / "src").rglob("*.js")))
