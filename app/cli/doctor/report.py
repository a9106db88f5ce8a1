"""The results as a table for a person, and as JSON for a machine."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Sequence

import click

from app.cli.doctor.results import Result, Status

_MARKS = {
    Status.OK: ("ok", "green"),
    Status.WARNING: ("warn", "yellow"),
    Status.FAULT: ("FAULT", "red"),
    Status.UNKNOWN: ("?", "yellow"),
    Status.MANUAL: ("you", "cyan"),
}
_MARK_WIDTH = 6
_TEXT_WIDTH = 92


def table(results: Sequence[Result]) -> str:
    """One line a result; below those that are not ok, why it matters and how to fix it."""
    width = max((len(result.title) for result in results), default=0)
    lines = []
    for result in results:
        mark, colour = _MARKS[result.status]
        shown = click.style(f"{mark:<{_MARK_WIDTH}}", fg=colour)
        lines.append(f"{shown}{result.title:<{width}}  {result.found}".rstrip())
        if result.status is not Status.OK:
            lines += [*_below(result.why), *_below(f"-> {result.fix}")]
    return "\n".join([*lines, "", summary(results)])


def summary(results: Sequence[Result]) -> str:
    """``31 ok, 2 fault(s)``."""
    counts = Counter(result.status for result in results)
    names = {
        Status.OK: "ok",
        Status.FAULT: "fault(s)",
        Status.WARNING: "warning(s)",
        Status.UNKNOWN: "not looked at",
        Status.MANUAL: "for you to look at",
    }
    return ", ".join(f"{counts[each]} {name}" for each, name in names.items() if counts[each])


def document(results: Sequence[Result], *, failed: bool) -> str:
    """``{"failed", "counts", "rows": [{"id", "item", "verdict", "found", "why", "mend"}]}``."""
    counts = Counter(str(result.status) for result in results)
    return json.dumps(
        {"failed": failed, "counts": counts, "rows": [result.as_dict() for result in results]},
        indent=2,
    )


def _below(text: str) -> list[str]:
    if not text:
        return []
    indent = " " * _MARK_WIDTH
    # A command must come out in one piece, to be copied, and so must an ID or a URL.
    if "`" in text:
        return [f"{indent}{text}"]
    return textwrap.wrap(
        text,
        _TEXT_WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
