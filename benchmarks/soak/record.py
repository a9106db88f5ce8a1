"""What the users met: answers by route with their times, and errors."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from dataclasses import dataclass, field

DETAILED = 20


class Wrong(Exception):
    """An answer is not what it should be; the message says what was asked and what came."""


@dataclass
class Record:
    """Times in seconds by route, counts by route and status, errors with their first details."""

    seconds: defaultdict[str, array[float]] = field(
        default_factory=lambda: defaultdict(lambda: array("d"))
    )
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    acts: Counter[str] = field(default_factory=Counter)
    errors: int = 0
    details: list[str] = field(default_factory=list)

    def answered(self, route: str, status: int, seconds: float) -> None:
        self.seconds[route].append(seconds)
        self.statuses[route, status] += 1

    def failed(self, what: str) -> None:
        self.errors += 1
        if len(self.details) < DETAILED:
            self.details.append(what)
            print(f"ERROR {what}", flush=True)

    def requests(self, *, of_store: bool = False) -> int:
        """How many were answered by the gateway, or by the store."""
        return sum(
            count
            for (route, _), count in self.statuses.items()
            if route.startswith("store ") is of_store
        )


def percentile(ordered: list[float], share: float) -> float:
    """The value that ``share`` of the ordered values do not exceed (nearest rank)."""
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered)) - 1))]
