"""Listings: what is asked for, and a page of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Literal, TypedDict, TypeVar

T = TypeVar("T")


class Filters(TypedDict, total=False):
    """Which assets, and in which order. All may be left out, or None.

    ``order="newest"``, ``since`` and ``until`` go by the time in the asset id, in the library or in
    the one project, and not with a ``prefix``. ``q`` is part of the file name; pages may then be
    empty and not the last. ``deleted``: what can be restored. ``group="package"``: a package is one
    entry, its manifest. ``sign`` adds links. A ``datetime`` needs a time zone.
    """

    kind: str | None
    project_id: str | None
    prefix: str | None
    order: Literal["key", "newest"] | None
    since: datetime | str | None
    until: datetime | str | None
    q: str | None
    deleted: bool | None
    group: Literal["package"] | None
    sign: bool | None


def query(filters: Filters) -> dict[str, Any]:
    """Filters as the gateway takes them.

    Raises ``TypeError`` for one that there is not, ``ValueError`` for a time without a zone.
    """
    if unknown := filters.keys() - Filters.__annotations__.keys():
        raise TypeError(f"there is no filter {', '.join(sorted(unknown))}")
    return {name: _text(value) for name, value in filters.items() if value is not None}


def _text(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("give a time with its zone, such as datetime.now(UTC)")
        return value.isoformat()
    return value


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Part of a listing; ``next_cursor`` asks for the next, None at the end."""

    items: tuple[T, ...]
    next_cursor: str | None

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)
