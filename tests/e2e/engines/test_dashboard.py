"""Uppy's Dashboard by the recipe of docs/nextjs.md, with the packages on npm, in every engine."""

from pathlib import Path

import pytest

from tests.e2e.conftest import CLIP
from tests.e2e.engines.recipes import bundled_app, mounted, recipe
from tests.e2e.engines.tab import Tab
from tests.e2e.site import Site
from tests.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.whole]

NAME = "components/uppy-dashboard.tsx"
#: What the recipe imports of an app's own: here the test says it.
OWN = """export const gateway = { endpoint: (window as any).endpoint };
export const accessToken = async (_: { renew: boolean }) => (window as any).token as string;
"""


@pytest.fixture(scope="module")
def dashboard() -> str:
    """The recipe with all its packages, as one module."""
    main = mounted("UppyDashboard", NAME)
    return bundled_app({NAME: recipe("nextjs.md", NAME), "lib/gateway.ts": OWN, "main.tsx": main})


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
