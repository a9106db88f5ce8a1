"""Figures of one run and the targets they are held against, printed as they come."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

RUN = Path(__file__).parents[1] / ".run"
KEPT = RUN / "benchmarks.json"


@dataclass(frozen=True)
class Target:
    """A ratio of two figures of the same run, and the most it may be."""

    name: str
    ratio: float
    at_most: float

    @property
    def met(self) -> bool:
        return self.ratio <= self.at_most


@dataclass
class Results:
    """``figures``: by case and contender, in the unit that the case's name ends with."""

    figures: dict[str, dict[str, float]] = field(default_factory=dict)
    targets: list[Target] = field(default_factory=list)

    def add(self, case: str, figures: Mapping[str, float]) -> None:
        """Keep and print one case: each contender's figure, and the first one's part of it."""
        self.figures[case] = dict(figures)
        own = next(iter(figures.values()))
        print(f"\n{case}")
        for name, value in figures.items():
            ratio = f"{own / value:10.3f}" if value != own else f"{'':10}"
            print(f"  {name:32}{value:12.3f}{ratio}", flush=True)

    def target(self, name: str, ratio: float, *, at_most: float) -> None:
        """Hold a ratio against its bound."""
        found = Target(name, ratio, at_most)
        self.targets.append(found)
        print(f"  {'met   ' if found.met else 'MISSED'} {name}: {ratio:.3f}, at most {at_most:g}")

    def keep(self) -> None:
        """Add what was measured to what other runs left, as JSON."""
        known = json.loads(KEPT.read_text()) if KEPT.exists() else {"figures": {}, "targets": []}
        new = {target.name for target in self.targets}
        known["figures"] |= self.figures
        known["targets"] = [old for old in known["targets"] if old["name"] not in new]
        known["targets"] += [asdict(target) for target in self.targets]
        RUN.mkdir(exist_ok=True)
        KEPT.write_text(json.dumps(known, indent=1))
