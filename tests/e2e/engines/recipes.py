"""Recipes of the documentation, bundled with the packages on npm as one module for a page."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.client.bundling import bundled
from tests.e2e.site import ROOT


def recipe(page: str, name: str) -> str:
    """The block of `docs/{page}` whose first line says `// {name}`."""
    text = (ROOT / "docs" / page).read_text()
    found = re.search(rf"```tsx\n// {re.escape(name)}\n(.*?)```", text, re.DOTALL)
    assert found, f"docs/{page} has no {name}"
    return found[1]


def bundled_app(sources: Mapping[str, str]) -> str:
    """`main.tsx` of these files, with all that it imports."""
    with TemporaryDirectory(prefix="recipe-") as directory:
        home = Path(directory)
        client = home / "node_modules" / "asset-gateway-client"
        shutil.copytree(ROOT / "client", client, ignore=shutil.ignore_patterns("python"))
        for name, source in sources.items():
            (home / name).parent.mkdir(exist_ok=True)
            (home / name).write_text(source)
        return bundled(home / "main.tsx")


def mounted(component: str, file: str) -> str:
    """A `main.tsx` that shows what this file exports."""
    return f"""import {{ createElement }} from 'react';
import {{ createRoot }} from 'react-dom/client';
import {{ {component} }} from './{file.removesuffix(".tsx")}';
const root = document.createElement('div');
document.body.append(root);
createRoot(root).render(createElement({component}));
"""
