"""The client's types and the examples of the documentation, held against the published packages."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

ROOT = Path(__file__).parents[2]
NPM = ROOT / ".stores" / "npm"
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
import { AssetGateway, GatewayError, type Asset, type Upload } from 'asset-gateway-client';

const gateway = new AssetGateway({ endpoint: 'https://x', token: async ({ renew }) => `${renew}` });
const upload: Upload = gateway.upload(new File([], 'a'), { kind: 'video', concurrency: 2 });
const asset: Asset = await upload;
for await (const { path, size } of gateway.list({ kind: 'audio', sign: true })) {
  const sum: number = size + path.length;
  void sum;
}
const { deleted } = await gateway.delete(['a', 'b']);
const { complete } = await gateway.delete('video/x', { recursive: true });
const nothing: null = await gateway.delete(asset.path);
const [{ url }] = await gateway.links([asset.path], { disposition: 'attachment' });
for (const one of gateway.resumable()) await gateway.forget(one);
void [deleted.length, complete, nothing, url.length];
try { upload.pause(); } catch (error) { if (error instanceof GatewayError) void error.slug.length; }
// @ts-expect-error: not a kind
gateway.upload(new File([], 'a'), { kind: 'movie' });
// @ts-expect-error: a token is needed
new AssetGateway({ endpoint: 'https://x' });
"""


WRONG = """
import { fetchAuthSession } from 'aws-amplify/auth';
import Uppy from '@uppy/core';
await fetchAuthSession({ renew: true });
new Uppy().addFiles('a');
"""


@pytest.fixture(scope="module")
def faults() -> str:
    """What the TypeScript compiler says to all of it, once: `file(line,column): …` a line."""
    assert NPM.is_dir(), "python -m tests.stores.install"
    # Below the packages, for the compiler looks for them in the folders above.
    with TemporaryDirectory(prefix="types-", dir=NPM) as directory:
        home = Path(directory)
        shutil.copytree(ROOT / "client", home / "node_modules" / "asset-gateway-client")
        (home / "tsconfig.json").write_text(
            json.dumps({"compilerOptions": OPTIONS, "include": ["**/*.ts", "**/*.tsx"]})
        )
        for name, text in {"use.ts": USE, "wrong.ts": WRONG, **examples()}.items():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text(text)
        compiler = NPM / "node_modules" / "typescript" / "bin" / "tsc"
        command = ["node", str(compiler), "--project", str(home)]
        return subprocess.run(command, cwd=home, capture_output=True, text=True).stdout


def examples() -> dict[str, str]:
    """The blocks of docs/nextjs.md, by the file that each one's first line names."""
    page = (ROOT / "docs" / "nextjs.md").read_text()
    return dict(re.findall(r"```tsx?\n// (\S+)\n(.*?)```", page, re.DOTALL))


def test_the_clients_types_fit_its_use_and_the_examples(faults: str) -> None:
    """The client's calls and docs/nextjs.md compile against the packages as they are published."""
    assert len(examples()) == 4
    # Indented lines explain the one before.
    told = [line for line in faults.splitlines() if not line.startswith(("wrong.ts", " "))]
    assert told == []


def test_a_wrong_example_would_be_noticed(faults: str) -> None:
    """The compiler sees the packages' types: a mistake about any of them is a fault."""
    assert {int(line) for line in re.findall(r"^wrong\.ts\((\d+),", faults, re.MULTILINE)} == {4, 5}


def test_every_export_of_the_module_is_declared() -> None:
    """What the module exports at run time is in its types, and no class is declared that is not."""
    source = (ROOT / "client" / "asset-gateway.js").read_text()
    types = (ROOT / "client" / "asset-gateway.d.ts").read_text()
    exported = set(re.findall(r"^export class (\w+)", source, re.MULTILINE))
    assert exported == set(re.findall(r"^export declare class (\w+)", types, re.MULTILINE))
    for name in exported:
        body = re.search(rf"^export class {name}\b.*?^}}", source, re.MULTILINE | re.DOTALL)
        declared = re.search(
            rf"^export declare class {name}\b.*?^}}", types, re.MULTILINE | re.DOTALL
        )
        assert body and declared
        methods = set(re.findall(r"^  (?:async )?(?:get )?(\w+)\(", body[0], re.MULTILINE))
        missing = {m for m in methods - {"constructor"} if not re.search(rf"\b{m}\b", declared[0])}
        assert missing == set(), name
