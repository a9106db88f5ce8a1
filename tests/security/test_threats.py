"""The pages on security are true: every threat has a test that names it."""

from __future__ import annotations

import re

from tests.security.threats import BEGIN, END, OPEN, PAGE, ROOT, THREATS, proofs, table

CITING = ("app", "benchmarks", "client", "devstack", "docs", "infra", "tests")
ENDINGS = {".py", ".js", ".mjs", ".ts", ".tsx", ".html", ".md", ".yaml", ".yml", ".json", ".sh"}


def test_every_threat_has_a_test() -> None:
    """No number without a test, and no test with a number that is no threat, or an open one."""
    assert {number for number, _ in proofs()} == set(THREATS)


def test_numbers_are_given_once_and_in_order() -> None:
    """Numbers are stable: none is left out, and none stands for two threats."""
    page = (ROOT / "docs" / "threats.md").read_text()
    numbers = re.findall(r"^\| (T\d\d) \|", page, re.MULTILINE)
    assert sorted(numbers) == [f"T{number:02}" for number in range(1, len(numbers) + 1)]
    assert numbers == [*THREATS, *OPEN]
    assert [*THREATS] == sorted(THREATS)


def test_every_number_that_is_cited_is_listed() -> None:
    """Whoever reads `T37` in the code, a test or a page finds it in docs/threats.md."""
    # `T00:00`, as the end of an instant, is none.
    for folder in CITING:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in ENDINGS and "node_modules" not in path.parts and path.is_file():
                cited = set(re.findall(r"\bT\d\d\b(?!:\d)", path.read_text(errors="ignore")))
                unknown = cited - THREATS.keys() - OPEN.keys()
                assert not unknown, f"{path.relative_to(ROOT)} cites {sorted(unknown)}"


def test_the_page_shows_the_table() -> None:
    """`python -m tests.security.threats` mends it."""
    shown = PAGE.read_text().partition(BEGIN)[2].partition(END)[0]
    assert shown == table()
