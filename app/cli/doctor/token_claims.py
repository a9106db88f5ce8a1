"""What a token says, as the lines about it show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

from app.auth.claims import Claims, Seconds, is_instant
from app.cli.doctor.formatting import format_instant, printable
from app.domain.instants import duration_text
from config import Settings

#: Beyond it, times are no numbers that can be reckoned with.
_LAST_INSTANT = 2**53


def shown_claims(settings: Settings, claims: Mapping[str, Any], now: float) -> dict[str, str]:
    """What the token says, by the names of the rules' parts; the gateway's value where it helps."""
    is_id_token = claims.get("token_use") == "id"
    ours = settings.oidc_issuer or settings.cognito_issuer
    values = {
        "iss": claims.get("iss"),
        "token_use": claims.get("token_use"),
        "client": claims.get("aud" if is_id_token else "client_id"),
        "aud": claims.get("aud", "none"),
        "sub": claims.get("sub"),
        "groups": claims.get("cognito:groups", "none"),
        "username": claims.get("cognito:username" if is_id_token else "username", "none"),
        "scope": claims.get("scope", "none"),
    }
    if settings.oidc_issuer:
        # Where its groups and names are, the settings and the provider decide.
        del values["groups"], values["username"]
        values["client"] = claims.get(settings.oidc_client_claim, claims.get("client_id"))
        values["scope"] = claims.get("scope", claims.get("scp", "none"))
    shown = {name: printable(value) for name, value in values.items()}
    if claims.get("iss") != ours:
        shown["iss"] += f" (ours is {ours})"
    issued = claims.get("iat")
    beginning = format_instant(issued) if _is_reckonable(issued) else "it does not say since when"
    return shown | {"exp": _ending(claims, now), "iat": beginning}


def _ending(claims: Claims, now: float) -> str:
    """How long it is good for, and was from its beginning: a clock that is ahead shows in both."""
    expires, issued = claims.get("exp"), claims.get("iat")
    if not _is_reckonable(expires):
        return "it does not say when it ends"
    whole = ""
    if _is_reckonable(issued) and issued < expires:
        whole = f", of {duration_text(expires - issued)} in all"
    if expires <= now:
        ago = duration_text(now - expires)
        return f"it ended {ago} ago, at {format_instant(expires)}{whole}"
    return f"{duration_text(expires - now)} left{whole}"


def _is_reckonable(instant: object) -> TypeGuard[Seconds]:
    return is_instant(instant) and abs(instant) <= _LAST_INSTANT  # type: ignore[arg-type]
