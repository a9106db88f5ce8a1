"""axe-core in every engine: no violation in any state of the page, nor anything cut when zoomed."""

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.engines.person import CARD, Person
from tests.e2e.engines.tab import Tab
from tests.e2e.site import ROOT, Site
from tests.e2e.test_playback import Caller

pytestmark = [pytest.mark.browser, pytest.mark.whole]

AXE = (ROOT / ".stores" / "npm" / "node_modules" / "axe-core" / "axe.min.js").read_text()
FOUND = f"""async () => {{
  if (!window.axe) {{ {AXE} }}
  const {{ violations }} = await axe.run();
  return violations.flatMap(({{ id, nodes }}) => nodes.map(
    ({{ target, failureSummary }}) => `${{id}}: ${{target}} ${{failureSummary}}`));
}}"""


def violations(tab: Tab) -> Any:
    return tab.run(FOUND)


def test_axe_finds_no_violation(tab: Tab, site: Site, tmp_path: Path, picture: bytes) -> None:
    """The door, an empty library, uploads with a fault, an asset, its share, the bin, the links."""
    tab.goto(site.page)
    tab.see("Sign in", "h1")
    assert violations(tab) == []
    person = Person(tab, site)
    person.sign_in()
    tab.see("Nothing here yet")
    assert violations(tab) == []
    logo, program = tmp_path / "logo.png", tmp_path / "a.exe"
    logo.write_bytes(picture)
    program.write_bytes(b"MZ")
    person.send(logo, program)
    tab.see("1 of 2 finished · 1 failed")
    tab.see("logo.png", CARD)
    assert violations(tab) == []
    person.open("logo.png")
    assert violations(tab) == []
    person.press("Share")
    tab.see("Works for", "label")
    assert violations(tab) == []
    asset = Caller(site).get("/v1/assets")["items"][0]
    Caller(site).call("/v1/shares", {"path": asset["path"]})
    tab.reload()
    tab.click("Shared links")
    tab.see("Works until")
    assert violations(tab) == []
    tab.click("Revoke logo.png")
    tab.see("Whoever has the link")
    assert violations(tab) == []
    tab.goto(site.page)
    person.open("logo.png")
    person.press("Delete")
    tab.miss("logo.png", CARD)
    tab.click("Deleted")
    tab.see("Restore", "button")
    assert violations(tab) == []
