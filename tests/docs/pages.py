"""The pages of the repository, and how a test reads or rewrites them."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
#: Set to rewrite what is generated instead of failing: ``UPDATE_DOCS=1 pytest tests/docs``.
UPDATE = bool(os.environ.get("UPDATE_DOCS"))


def every_page() -> list[Path]:
    """Each Markdown page that belongs to the repository."""
    return sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "client").glob("*.md")])


def generated(text: str, name: str) -> str:
    """What stands between ``<!-- name -->`` and ``<!-- /name -->``."""
    before, opening, rest = text.partition(f"<!-- {name} -->\n")
    shown, closing, _ = rest.partition(f"\n<!-- /{name} -->")
    assert opening and closing, f"no <!-- {name} --> after {before[-80:]!r}"
    return shown


def held(page: Path, name: str, expected: str) -> None:
    """Assert that the page's part called ``name`` is ``expected``, or write it."""
    text = page.read_text()
    shown = generated(text, name)
    if UPDATE:
        page.write_text(
            text.replace(f"-->\n{shown}\n<!-- /{name}", f"-->\n{expected}\n<!-- /{name}")
        )
    else:
        assert shown == expected, f"{page.name}: UPDATE_DOCS=1 pytest tests/docs rewrites it"
