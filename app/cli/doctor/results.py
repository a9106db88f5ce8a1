"""A line of the table: what was checked, what was found, and how to fix it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

#: What the table shows for a manual check.
_MANUAL_FOUND = "only you can know"


class Status(StrEnum):
    """What a line says; only a ``FAULT`` makes the command fail by itself."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"
    #: It could not be looked at: not permitted, or something before it is broken.
    UNKNOWN = "unknown"
    #: Nothing that a program can see; the line says how to look.
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Result:
    """One line. ``id`` is stable, for scripts; no field ever holds a secret.

    A line that is not ok says in ``why`` why it matters, and in ``fix`` the exact command or
    console page.
    """

    id: str
    title: str
    status: Status
    found: str
    why: str = ""
    fix: str = ""

    def as_dict(self) -> dict[str, str]:
        """The result as JSON has it: the names of version 0.1, which scripts read."""
        return {
            "id": self.id,
            "item": self.title,
            "verdict": str(self.status),
            "found": self.found,
            "why": self.why,
            "mend": self.fix,
        }


@dataclass(frozen=True, slots=True)
class Check:
    """What is checked; its methods make the results."""

    id: str
    title: str
    why: str
    fix: str

    def ok(self, found: str = "yes") -> Result:
        return Result(self.id, self.title, Status.OK, found)

    def fault(self, found: str, fix: str = "") -> Result:
        return Result(self.id, self.title, Status.FAULT, found, self.why, fix or self.fix)

    def warning(self, found: str, fix: str = "") -> Result:
        return Result(self.id, self.title, Status.WARNING, found, self.why, fix or self.fix)

    def unknown(self, found: str, fix: str = "") -> Result:
        return Result(self.id, self.title, Status.UNKNOWN, found, self.why, fix or self.fix)

    def manual(self) -> Result:
        return Result(self.id, self.title, Status.MANUAL, _MANUAL_FOUND, self.why, self.fix)

    def passes_if(self, condition: bool, found: str, otherwise: str) -> Result:
        """``ok`` with ``found``, or ``fault`` with ``otherwise``."""
        return self.ok(found) if condition else self.fault(otherwise)


def failed(results: Iterable[Result], *, strict: bool) -> bool:
    """Whether the command fails; ``strict`` counts warnings and unknowns as faults."""
    bad = {Status.FAULT} | ({Status.WARNING, Status.UNKNOWN} if strict else set())
    return any(result.status in bad for result in results)
