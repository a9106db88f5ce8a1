"""The page about faults is true: what a row names is a test, and every test here has a row."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "faults.md").read_text()
ROWS = PAGE.partition("<!-- faults -->\n")[2].partition("<!-- /faults -->")[0].splitlines()[2:]
#: What is about this page, or about a part of the machinery and no fault.
WITHOUT_ROW = {
    "test_rows_name_tests",
    "test_every_fault_has_a_row",
    "test_there_are_more_threads_than_places",
    "test_it_listens_on_ipv6_and_ipv4",
    "test_it_listens_where_it_can",
    "test_a_refusal_with_the_right_time_is_not_blamed_on_the_clock",
}


def found_below(folder: Path) -> Iterator[str]:
    for path in folder.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield node.name


def named(text: str) -> set[str]:
    return set(re.findall(r"`(test_\w+)`", text))


def test_rows_name_tests() -> None:
    """Each row has four cells, and the last names tests that exist."""
    there = set(found_below(TESTS))
    assert len(ROWS) > 15
    for row in ROWS:
        cells = row.strip().strip("|").split("|")
        assert len(cells) == 4, row
        assert named(cells[-1]), row
        assert named(cells[-1]) <= there, row


def test_every_fault_has_a_row() -> None:
    """A test of this folder that breaks something is named on the page."""
    assert set(found_below(Path(__file__).parent)) - named(PAGE) == WITHOUT_ROW
