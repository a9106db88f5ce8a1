"""Cursors: where a listing goes on, signed for the listing it belongs to (T13, T15)."""

from __future__ import annotations

from typing import Any

from app.api.context import services
from app.domain.errors import NotFound


def sign_cursor(token: Any, listing: str) -> str | None:
    """``next_cursor`` for where a listing stands (JSON; S3's own continuation token, as
    a rule); None when there are no more pages.

    ``listing`` names what is listed, the caller's root included, so that nobody else's cursor
    fits, nor one of another listing.
    """
    return services.signing.cursors.sign({"listing": listing, "token": token}) if token else None


def open_cursor(cursor: str | None, listing: str) -> Any:
    """What was signed; ``NotFound`` unless it was signed for this very ``listing``."""
    if cursor is None:
        return None
    claims = services.signing.cursors.verify(cursor)
    if not isinstance(claims, dict) or claims.get("listing") != listing:
        raise NotFound
    return claims["token"]
