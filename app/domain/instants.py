"""Instants as AWS writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def parse_instant(text: str) -> datetime:
    """An RFC 3339 time as aware UTC; without a zone it is UTC, too. ValueError for any other."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is UTC:
        return instant
    if instant.tzinfo is None:
        return instant.replace(tzinfo=UTC)
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:  # the zone carries it out of the years 1 to 9999
        raise ValueError("an instant outside the calendar") from error
