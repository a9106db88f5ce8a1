"""Puts what was measured last into ``docs/performance.md``: ``python -m benchmarks.page``.

Tables between the page's marks, and charts in ``docs/pictures``, from ``.run/benchmarks.json`` and
``.run/soak``.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from typing import Any

from benchmarks.chart import bars
from benchmarks.processes import ROOT
from benchmarks.results import KEPT, RUN

PAGE = ROOT / "docs" / "performance.md"
PICTURES = ROOT / "docs" / "pictures"
SOAK = RUN / "soak"
CHARTS = {
    "one signed part, CPU ms": "one-part.svg",
    "1,000 links, CPU ms": "links.svg",
    "one signed part by worker, CPU ms": "workers.svg",
}


def figures_table(figures: Mapping[str, Mapping[str, float]]) -> str:
    """Each case's contenders, and what part of theirs the first one's figure is."""
    rows = ["| case | contender | figure | first ÷ this |", "|---|---|--:|--:|"]
    for case, found in figures.items():
        own = next(iter(found.values()))
        for number, (name, value) in enumerate(found.items()):
            ratio = f"{own / value:.3g}" if number else ""
            rows.append(f"| {'' if number else case} | {name} | {value:.3g} | {ratio} |")
    return "\n".join(rows)


def targets_table(targets: list[dict[str, Any]]) -> str:
    rows = ["| CPU of the gateway | ratio | at most | |", "|---|--:|--:|---|"]
    for target in targets:
        met = target["ratio"] <= target["at_most"]
        verdict = "met" if met else "**missed**"
        bound = f"{target['at_most']:.3g}"
        rows.append(f"| {target['name']} | {target['ratio']:.3f} | {bound} | {verdict} |")
    return "\n".join(rows)


def between(text: str, mark: str, put: str) -> str:
    """``text`` with ``put`` between the marks ``<!-- mark -->`` and ``<!-- /mark -->``."""
    pattern = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)", re.DOTALL)
    return pattern.sub(lambda match: f"{match[1]}{put.strip()}\n{match[2]}", text)


def main() -> None:
    kept = json.loads(KEPT.read_text())
    text = PAGE.read_text()
    text = between(text, "figures", figures_table(kept["figures"]))
    text = between(text, "targets", targets_table(kept["targets"]))
    if (SOAK / "soak.md").exists():
        text = between(text, "soak", (SOAK / "soak.md").read_text())
        shutil.copy(SOAK / "soak.svg", PICTURES / "soak.svg")
    PAGE.write_text(text)
    for case, file in CHARTS.items():
        rows = [*kept["figures"][case].items()]
        title, _, unit = case.rpartition(", ")
        first = rows[0][0]
        chart = bars(title.capitalize(), f"{unit} a request", rows, highlight=first)
        (PICTURES / file).write_text(chart)


if __name__ == "__main__":
    main()
