"""Which tests prove which threat: makes the table of ``docs/security.md``.

``python -m tests.security.threats`` writes it; a test compares. A test belongs to a threat when its
docstring or its name says the number. How many guards are broken on purpose is the catalogue's word
(``mutants``).
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.security.mutants import MUTANTS, last_run

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "security.md"
BEGIN, END = "<!-- threats -->\n", "<!-- /threats -->"

_LISTED, _, _NOT_YET = (ROOT / "docs" / "threats.md").read_text().partition("## Not yet covered")
_ROW = re.compile(r"^\| (T\d\d) \| ([^|]+) \|", re.MULTILINE)
#: What each number stands for, as ``docs/threats.md`` has it.
THREATS: dict[str, str] = dict(_ROW.findall(_LISTED))
#: Threats of that page without a test yet. This is to shrink: a row moves with its first test.
OPEN: dict[str, str] = dict(_ROW.findall(_NOT_YET))


class Proof(NamedTuple):
    """One test: its file below ``tests/``, its name, the first line of its docstring."""

    file: str
    name: str
    says: str


@cache
def proofs() -> tuple[tuple[str, Proof], ...]:
    """Each threat number with each test that names it."""
    return tuple(_proofs())


def _proofs() -> Iterator[tuple[str, Proof]]:
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                says = (ast.get_docstring(node) or "").split("\n")[0]
                named = set(re.findall(r"T\d\d", says)) | {
                    number.upper() for number in re.findall(r"(?<=_)t\d\d(?=_)", node.name)
                }
                for number in sorted(named):
                    yield number, Proof(str(path.relative_to(ROOT / "tests")), node.name, says)


def table() -> str:
    """The threats and, for each, how many of its guards are broken on purpose, how many tests name
    it and where they are; below it, what the last run over all mutants found."""
    by_number: dict[str, list[Proof]] = {number: [] for number in THREATS}
    for number, proof in proofs():
        by_number.setdefault(number, []).append(proof)
    says = THREATS | OPEN
    broken = Counter(mutant.threat for mutant in MUTANTS)
    rows = ["| | threat | broken | tests | where |", "|---|---|---|---|---|"]
    for number, found in by_number.items():
        files = sorted({proof.file for proof in found})
        where = ", ".join(f"[{file}](../tests/{file})" for file in files)
        rows.append(f"| {number} | {says[number]} | {broken[number]} | {len(found)} | {where} |")
    run = last_run()
    rows += [
        "",
        f"Of {len(MUTANTS)} mutants the tests find {len(run.killed_by)}; "
        f"the last run through all of them took {run.whole_run_minutes} minutes.",
    ]
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    before, _, rest = PAGE.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}{table()}{END}{after}")
