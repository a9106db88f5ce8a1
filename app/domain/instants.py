"""Instants as AWS writes them, and how long ago they were."""

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


def duration_text(seconds: float) -> str:
    """A duration in the largest unit that says enough."""
    minutes = seconds // 60
    if minutes < 1:
        return f"{seconds:.0f} s"
    if minutes < 120:
        return f"{minutes:.0f} min"
    hours = minutes // 60
    # Beyond it, what was meant for a time is none.
    return f"{hours:.0f} h" if hours < 10**6 else "more than a century"
