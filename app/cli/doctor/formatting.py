"""Values as the table shows them."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit


def printable(value: object) -> str:
    """A claim as it may be shown: it is anybody's text, and the table is one's own terminal."""
    if value is None:
        return "missing"
    return "".join(c if c.isprintable() else "?" for c in str(value))[:120]


def format_instant(seconds: float) -> str:
    """Seconds since 1970 as RFC 3339."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return str(seconds)


def host_of(url: str) -> str:
    """The host of an address, which is no secret, unlike the rest of some."""
    return urlsplit(url if "://" in url else f"//{url}").hostname or url
