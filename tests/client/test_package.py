"""What would be published: the npm package, its entry points, and the workflow that releases it."""

import json
import re
import subprocess
from typing import Any

import pytest
import yaml

from tests.client.bundling import bundled_program
from tests.client.generate import ROOT

CLIENT = ROOT / "client"
PACKAGE: dict[str, Any] = json.loads((CLIENT / "package.json").read_text())
ENTRIES = {name: target for name, target in PACKAGE["exports"].items() if isinstance(target, dict)}


def packed() -> set[str]:
    """The files that `npm pack` would put in."""
    told = subprocess.run(
        ["npm", "pack", "--dry-run", "--json", "--offline"],
        cwd=CLIENT,
        capture_output=True,
        text=True,
        check=True,
    )
    [package] = json.loads(told.stdout)
    return {file["path"] for file in package["files"]}


def test_the_package_holds_what_its_entry_points_need() -> None:
    """Each entry point, its types, every module it imports, README and licence; nothing else."""
    files = packed()
    assert {
        target.removeprefix("./") for entry in ENTRIES.values() for target in entry.values()
    } <= (files)
    assert {"README.md", "LICENSE", "package.json"} <= files
    imported = {
        (CLIENT / name).parent.joinpath(found).resolve().relative_to(CLIENT).as_posix()
        for name in files
        if name.endswith(".js")
        for found in re.findall(r"from '(\..*?)'", (CLIENT / name).read_text())
    }
    assert imported <= files
    assert not {name for name in files if name.startswith(("python", "tests"))}
    assert (CLIENT / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()


@pytest.mark.parametrize(
    "entry", [name for name, targets in ENTRIES.items() if "default" in targets]
)
def test_every_entry_point_declares_what_it_exports(entry: str) -> None:
    """What a bundler finds in the module is in its types, by the same name."""
    module = (CLIENT / ENTRIES[entry]["default"]).read_text()
    types = (CLIENT / ENTRIES[entry]["types"]).read_text()
    exported = set(re.findall(r"^export (?:const|function) (\w+)", module, re.MULTILINE))
    for names in re.findall(r"^export { (.*?) }", module, re.MULTILINE):
        exported |= {name.strip() for name in names.split(",")}
    assert exported
    declared = set(
        re.findall(r"^export declare (?:class|const|function) (\w+)", types, re.MULTILINE)
    )
    assert exported <= declared


def test_the_versions_and_the_workflow_agree() -> None:
    """One version for both clients, which the workflow holds against the tag."""
    python = (CLIENT / "python" / "pyproject.toml").read_text()
    assert f'version = "{PACKAGE["version"]}"' in python
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())
    jobs = workflow["jobs"]
    assert set(jobs) == {"versions", "npm", "pypi", "image"}
    assert workflow["permissions"] == {"contents": "read"}
    for name in ("npm", "pypi", "image"):
        assert jobs[name]["needs"] == "versions"
        assert jobs[name]["permissions"]["id-token"] == "write"
    text = json.dumps(workflow)
    assert "secrets." not in text


def test_svelte_gets_a_store_by_its_own_contract() -> None:
    """The value at once and on each change; what `subscribe` returns ends it."""
    program = f"""
      import {{ toReadable }} from '{(CLIENT / "svelte.js").as_uri()}';
      let value = 1;
      const listeners = new Set();
      const store = {{
        getSnapshot: () => value,
        subscribe: (listener) => {{
          listeners.add(listener);
          return () => listeners.delete(listener);
        }},
      }};
      const seen = [];
      const end = toReadable(store).subscribe((one) => seen.push(one));
      value = 2;
      for (const listener of listeners) listener();
      end();
      console.log(JSON.stringify([seen, listeners.size]));
    """
    command = ["node", "--input-type=module", "-e", program]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(answer.stdout) == [[1, 2], 0]


def test_the_hooks_render_on_a_server() -> None:
    """`renderToString` asks for nothing, and shows what is there: nothing yet."""
    program = f"""
      import {{ createElement as h, StrictMode }} from 'react';
      import {{ renderToString }} from 'react-dom/server';
      import {{ useAssets, useLinks, useUploads }} from '{CLIENT / "react.js"}';
      const gateway = new Proxy({{}}, {{ get: (_, name) => () => {{ throw new Error(name); }} }});
      function Page() {{
        const {{ items }} = useUploads(gateway, {{ kind: 'image' }});
        const {{ assets, loading }} = useAssets(gateway);
        const {{ links }} = useLinks(gateway, ['image/a']);
        const told = [items.length, assets.length, loading, Object.keys(links).length];
        return h('p', null, told.join());
      }}
      console.log(renderToString(h(StrictMode, null, h(Page))));
    """
    assert in_react(program, "node").strip() == "<p>0,0,false,0</p>"


def in_react(program: str, platform: str) -> str:
    """What a program prints that was bundled with React, as a front end does it."""
    bundle = bundled_program(program, platform=platform, mode="development")
    command = ["node", "--input-type=module", "-"]
    return subprocess.run(command, input=bundle, capture_output=True, text=True, check=True).stdout
