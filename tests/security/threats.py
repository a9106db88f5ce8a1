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
from pathlib import Path
from typing import NamedTuple

from tests.security.mutants import MUTANTS, last_run

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "security.md"
BEGIN, END = "<!-- threats -->\n", "<!-- /threats -->"

THREATS = {
    "T01": "A token of another client, pool, issuer or use",
    "T02": "A token signed by another algorithm or a key it brought itself",
    "T03": "A flood of unknown key ids",
    "T04": "A token that chooses where keys are fetched",
    "T05": "Times that are missing, odd, past or ahead",
    "T06": "A subject that would escape its folder",
    "T07": "A remembered verdict that outlives its token or its keys",
    "T08": "A token in the query string, two headers, another scheme",
    "T09": "Paths with dot segments, slashes, encodings, control characters",
    "T10": "Unicode forms and lengths counted in characters",
    "T11": "A user whose id begins like another's",
    "T12": "A file name that chooses the folder",
    "T13": "Somebody else's ids",
    "T14": "Copies from or to a place outside the root",
    "T15": "Filters, cursors and limits that leave the root",
    "T16": "Signatures of an old kind or for the global host",
    "T17": "Another size than declared",
    "T18": "Another type than declared",
    "T19": "Files that a browser would run",
    "T20": "A replayed upload that overwrites",
    "T21": "Bytes swapped between check and use",
    "T22": "A changed, foreign or old upload id",
    "T23": "Completing twice, with gaps, or while aborting",
    "T24": "Unfinished uploads without number",
    "T25": "Parallel uploads past the quota",
    "T26": "Bytes that do not match their checksum",
    "T27": "Form fields that the policy leaves open",
    "T28": "Headers that nobody signed",
    "T29": "Lifetimes out of range",
    "T30": "Links that outlive their credentials",
    "T31": "A read link that writes, a write link that reads",
    "T32": "Names that break the Content-Disposition",
    "T33": "A response type chosen by the client",
    "T34": "Wildcards that widen a CloudFront policy",
    "T35": "Links to what was deleted",
    "T36": "Shares that can be guessed, counted or outlive revocation",
    "T37": "Secrets in logs, tracebacks and labels",
    "T38": "Origins that look alike",
    "T39": "Rate limits keyed by what the client can choose",
    "T40": "JSON that is huge, deep or ambiguous",
    "T41": "Webhooks that are forged, redirected or pointed inwards",
    "T42": "Media parsers fed by strangers",
    "T43": "A route that forgot to ask for a token",
    "T44": "Deletion that reaches too far or not far enough",
    "T45": "AWS permissions beyond the users' folders",
    "T46": "Error texts that name the bucket",
    "T47": "A Host header that chooses addresses",
    "T48": "Share records that their owner forges",
    "T49": "Acting as another user without the right",
    "T50": "Parts swapped after the check",
}


class Proof(NamedTuple):
    """One test: its file below ``tests/``, its name, the first line of its docstring."""

    file: str
    name: str
    says: str


def proofs() -> Iterator[tuple[str, Proof]]:
    """Each threat number with each test that names it."""
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
    broken = Counter(mutant.threat for mutant in MUTANTS)
    rows = ["| | threat | broken | tests | where |", "|---|---|---|---|---|"]
    for number, found in by_number.items():
        files = sorted({proof.file for proof in found})
        where = ", ".join(f"[{file}](../tests/{file})" for file in files)
        rows.append(f"| {number} | {THREATS[number]} | {broken[number]} | {len(found)} | {where} |")
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
