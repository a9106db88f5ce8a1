"""Uppy's Dashboard by the recipe of docs/nextjs.md, with the packages on npm, in every engine."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import CLIP
from tests.e2e.engines.tab import Tab
from tests.e2e.examples.building import PACKAGES
from tests.e2e.site import ROOT, Site
from tests.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.whole]

RECIPE = re.compile(r"```tsx\n// components/(uppy-dashboard\.tsx)\n(.*?)```", re.DOTALL)
ESBUILD = ROOT / ".stores" / "npm" / "node_modules" / "esbuild-wasm" / "bin" / "esbuild"
#: What the recipe imports of an app's own: here the test says it.
OWN = """export const gateway = { endpoint: (window as any).endpoint };
export const accessToken = async (_: { renew: boolean }) => (window as any).token as string;
"""
PAGE = """import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { UppyDashboard } from './components/uppy-dashboard';
const root = document.createElement('div');
document.body.append(root);
createRoot(root).render(createElement(UppyDashboard));
"""


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The recipe with all its packages, as one module."""
    home = tmp_path_factory.mktemp("dashboard")
    found = RECIPE.search((ROOT / "docs" / "nextjs.md").read_text())
    assert found
    for name, source in (
        (f"components/{found[1]}", found[2]),
        ("lib/gateway.ts", OWN),
        ("main.ts", PAGE),
    ):
        file = home / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(source)
    command = ["node", str(ESBUILD), "main.ts", "--bundle", "--minify", "--format=esm"]
    command += ["--jsx=automatic", "--loader:.css=empty", "--log-level=error"]
    command += ['--define:process.env.NODE_ENV="production"']
    environment = os.environ | {"NODE_PATH": str(PACKAGES)}
    return subprocess.run(
        command, cwd=home, env=environment, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("parts", [False, True], ids=["put", "parts"])
def test_the_dashboard_uploads(
    tab: Tab, site: Site, dashboard: str, tmp_path: Path, parts: bool
) -> None:
    """A film in one piece and one in parts: chosen, sent, told as complete, whole in the store."""
    film = tmp_path / "film.mp4"
    film.write_bytes(CLIP.read_bytes() + bytes(120 * 1024**2 if parts else 0))
    tab.goto(f"{site.page}/blank")
    tab.run(
        "(endpoint, token) => { Object.assign(window, { endpoint, token }); }",
        site.gateway.url,
        site.token(),
    )
    tab.run_module(dashboard)
    tab.see("browse files")
    tab.choose("input[type=file]:not([webkitdirectory])", film)
    tab.click("Upload 1 file")
    # Its words say "Complete" of a bar that has just begun, too.
    assert eventually(lambda: len(site.stored_keys()) == 1, 60), tab.text()
    tab.see("Complete")
    [key] = site.stored_keys()
    assert site.stored(key) == film.read_bytes()
