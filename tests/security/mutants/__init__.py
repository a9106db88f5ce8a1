"""Guards of our own code, each to be broken on purpose: ``python -m tests.security.mutate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from tests.security.mutants import (
    claims,
    deletions,
    edge,
    infrastructure,
    links,
    listings,
    names,
    outside,
    perimeter,
    previews,
    requests,
    shares,
    stores,
    tokens,
    transfers,
    uploads,
    verdicts,
)
from tests.security.mutants.catalogue import Mutant

__all__ = ["MUTANTS", "UNGUARDED", "LastRun", "Mutant", "last_run"]

_RESULTS = Path(__file__).with_name("results.json")

MUTANTS: tuple[Mutant, ...] = tuple(
    sorted(
        (
            *tokens.MUTANTS,
            *claims.MUTANTS,
            *names.MUTANTS,
            *uploads.MUTANTS,
            *verdicts.MUTANTS,
            *transfers.MUTANTS,
            *links.MUTANTS,
            *listings.MUTANTS,
            *previews.MUTANTS,
            *requests.MUTANTS,
            *edge.MUTANTS,
            *shares.MUTANTS,
            *stores.MUTANTS,
            *deletions.MUTANTS,
            *perimeter.MUTANTS,
            *outside.MUTANTS,
            *infrastructure.MUTANTS,
        ),
        key=lambda mutant: mutant.threat,
    )
)

#: Threats without a guard in our own code that could be taken out, with the reason.
UNGUARDED: dict[str, str] = {}


class LastRun(NamedTuple):
    """What runs have found so far: the test that killed each mutant, by the mutant's name."""

    whole_run_minutes: int
    killed_by: dict[str, str]

    def keep(self) -> None:
        """Write it down: of the mutants that there are, in their order."""
        names = [mutant.name for mutant in MUTANTS]
        killed_by = {name: self.killed_by[name] for name in names if name in self.killed_by}
        document = self._replace(killed_by=killed_by)._asdict()
        _RESULTS.write_text(json.dumps(document, indent=1) + "\n")


def last_run() -> LastRun:
    """What was kept; nothing at first."""
    if not _RESULTS.exists():
        return LastRun(0, {})
    return LastRun(**json.loads(_RESULTS.read_text()))
