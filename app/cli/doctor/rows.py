"""A line of the table: what was looked at, what was found, and what mends it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum

#: How a reader recognises a person's row in the table.
_PERSON_FOUND = "only you can know"


class Verdict(StrEnum):
    """What a line says; only a ``FAULT`` makes the command fail by itself."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"
    #: It could not be looked at: not permitted, or something before it is broken.
    UNKNOWN = "unknown"
    #: Nothing a program can see; the line says how a person looks.
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Row:
    """One line. ``id`` is stable, for scripts; no field ever holds a secret.

    A line that is not well says in ``why`` why it matters, and in ``mend`` the exact command or
    console place that mends it.
    """

    id: str
    item: str
    verdict: Verdict
    found: str
    why: str = ""
    mend: str = ""

    def as_dict(self) -> dict[str, str]:
        """The row as JSON has it."""
        return {name: str(value) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Item:
    """What a line is about; its methods are the lines it can become."""

    id: str
    title: str
    why: str
    mend: str

    def ok(self, found: str = "yes") -> Row:
        return Row(self.id, self.title, Verdict.OK, found)

    def fault(self, found: str, mend: str = "") -> Row:
        return Row(self.id, self.title, Verdict.FAULT, found, self.why, mend or self.mend)

    def warning(self, found: str, mend: str = "") -> Row:
        return Row(self.id, self.title, Verdict.WARNING, found, self.why, mend or self.mend)

    def unknown(self, found: str, mend: str = "") -> Row:
        return Row(self.id, self.title, Verdict.UNKNOWN, found, self.why, mend or self.mend)

    def person(self) -> Row:
        return Row(self.id, self.title, Verdict.PERSON, _PERSON_FOUND, self.why, self.mend)

    def holds(self, well: bool, found: str, otherwise: str) -> Row:
        """``ok`` with ``found``, or ``fault`` with ``otherwise``."""
        return self.ok(found) if well else self.fault(otherwise)


def failed(rows: Iterable[Row], *, strict: bool) -> bool:
    """Whether the command shall fail; ``strict`` takes warnings and unknowns as faults."""
    bad = {Verdict.FAULT} | ({Verdict.WARNING, Verdict.UNKNOWN} if strict else set())
    return any(row.verdict in bad for row in rows)
