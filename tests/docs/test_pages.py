"""Links lead somewhere, and nothing cites a page that is not in the repository."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, every_page

FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([\w-]+))?\)")
#: A page as prose and comments name it: with its folder, or beside others of docs/.
CITED = re.compile(r"(?<![\w/.-])((?:\.\.?/)*(?:[\w-]+/)*[\w-]+\.md)\b")
#: What was agreed before the code was written, and is not part of it.
FOREIGN = re.compile(
    r"(?i)\bcontract, |\bcontract's (?:section|table)|\bsection \d+ of the contract"
)
#: Written by a run under .run/, and not kept.
OF_A_RUN = {"soak.md"}
TEXT = {".py", ".md", ".js", ".mjs", ".ts", ".tsx", ".yaml", ".yml", ".toml", ".html", ".css"}


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", text).strip().lower().replace(" ", "-") for text in headings}


def tracked() -> Iterator[Path]:
    """Every text file of the repository, new ones included."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in done.stdout.splitlines():
        path = ROOT / name
        if path.is_file() and (path.suffix in TEXT or path.name in ("Makefile", "Dockerfile")):
            yield path


@pytest.mark.parametrize("page", every_page(), ids=lambda page: page.name)
def test_links_lead_to_files_and_headings(page: Path) -> None:
    """Every relative link names a file that is there, and a heading of it if it has an anchor."""
    for file, anchor in LINK.findall(FENCE.sub("", page.read_text())):
        target = page.parent / file if file else page
        assert target.exists(), f"{page.name} links to {file}"
        if anchor:
            assert anchor in anchors(target), f"{page.name} links to {file}#{anchor}"


def test_every_page_can_be_found_from_the_readme() -> None:
    """A page that nothing leads to is read by nobody."""
    found, ahead = set(), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in found:
            continue
        found.add(page)
        for file, _ in LINK.findall(FENCE.sub("", page.read_text())):
            if file.endswith(".md"):
                ahead.append((page.parent / file).resolve())
    assert set(every_page()) <= found


def test_nothing_cites_a_page_that_is_not_here() -> None:
    """A page that code, tests or prose name is in the repository."""
    missing = []
    for path in tracked():
        if path == Path(__file__):
            continue
        text = path.read_text(errors="replace")  # .ts is TypeScript, or a film
        for name in CITED.findall(text):
            places = (path.parent / name, ROOT / name, DOCS / name)
            if not any(place.exists() for place in places) and name not in OF_A_RUN:
                missing.append(f"{path.relative_to(ROOT)} cites {name}")
        missing += [f"{path.relative_to(ROOT)}: {hit}" for hit in FOREIGN.findall(text)]
    assert not missing
