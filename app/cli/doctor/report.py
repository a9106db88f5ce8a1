"""The rows as a table for a person, and as JSON for a machine."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Sequence

import click

from app.cli.doctor.rows import Row, Verdict

_MARKS = {
    Verdict.OK: ("ok", "green"),
    Verdict.WARNING: ("warn", "yellow"),
    Verdict.FAULT: ("FAULT", "red"),
    Verdict.UNKNOWN: ("?", "yellow"),
    Verdict.PERSON: ("you", "cyan"),
}
_MARK_WIDTH = 6
_TEXT_WIDTH = 92


def table(rows: Sequence[Row]) -> str:
    """One line a row; below those that are not well, why it matters and what mends it."""
    width = max((len(row.item) for row in rows), default=0)
    lines = []
    for row in rows:
        mark, colour = _MARKS[row.verdict]
        shown = click.style(f"{mark:<{_MARK_WIDTH}}", fg=colour)
        lines.append(f"{shown}{row.item:<{width}}  {row.found}".rstrip())
        if row.verdict is not Verdict.OK:
            lines += [*_below(row.why), *_below(f"-> {row.mend}")]
    return "\n".join([*lines, "", summary(rows)])


def summary(rows: Sequence[Row]) -> str:
    """``31 ok, 2 fault(s)``."""
    counts = Counter(row.verdict for row in rows)
    names = {
        Verdict.OK: "ok",
        Verdict.FAULT: "fault(s)",
        Verdict.WARNING: "warning(s)",
        Verdict.UNKNOWN: "not looked at",
        Verdict.PERSON: "for you to look at",
    }
    return ", ".join(f"{counts[each]} {name}" for each, name in names.items() if counts[each])


def document(rows: Sequence[Row], *, failed: bool) -> str:
    """``{"failed", "counts", "rows": [{"id", "item", "verdict", "found", "why", "mend"}]}``."""
    counts = Counter(str(row.verdict) for row in rows)
    return json.dumps(
        {"failed": failed, "counts": counts, "rows": [row.as_dict() for row in rows]}, indent=2
    )


def _below(text: str) -> list[str]:
    if not text:
        return []
    indent = " " * _MARK_WIDTH
    # A command must come out in one piece, to be copied.
    if "`" in text:
        return [f"{indent}{text}"]
    return textwrap.wrap(text, _TEXT_WIDTH, initial_indent=indent, subsequent_indent=indent)
