"""What the claims of all providers have in common (RFC 7519 §4.1, RFC 8725 §3).

Claims are judged once the signature is known to be good.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from functools import lru_cache
from math import isfinite
from typing import Any, Protocol

from app.domain.errors import InsufficientScope, InvalidToken
from app.domain.instants import duration_text
from app.domain.principal import Principal

Claims = Mapping[str, Any]
Seconds = int | float

MAX_LEEWAY_SECONDS = 60


class MissingScope(InsufficientScope):
    """A good token without the scopes that every call needs; ``scopes`` names them all."""

    def __init__(self, scopes: frozenset[str]) -> None:
        self.scopes = scopes
        super().__init__("The token lacks a scope that this service requires")


Part = Callable[[Claims], object]


class Rules(Protocol):
    """What one provider's tokens must say: ``CognitoRules``, ``OpenIdRules``."""

    @property
    def algorithms(self) -> frozenset[str]:
        """The names of the algorithms that the provider may sign with."""

    @property
    def leeway_seconds(self) -> int:
        """Tolerated difference between clocks, 0 to 60."""

    def check(self, claims: Claims, now: float) -> tuple[Principal, Seconds]:
        """The principal, and the token's ``exp`` in seconds since 1970.

        :param now: seconds since 1970.
        :raises InvalidToken: a claim is missing, malformed, foreign or out of time.
        :raises MissingScope: all is well but a required scope is missing.
        """

    def parts(self, now: float) -> Mapping[str, Part]:
        """What ``check`` is made of, each by itself, so that all that is wrong can be told.

        Each raises as ``check`` does; what it gives otherwise is what it found.
        """


def check_leeway(seconds: int) -> None:
    if not 0 <= seconds <= MAX_LEEWAY_SECONDS:
        raise ValueError("the leeway is 0 to 60 seconds")


def is_instant(value: object) -> bool:
    """Whether this is a NumericDate, with or without a fraction (RFC 7519 §2)."""
    # `type` and not `isinstance`: a bool is an int.
    return type(value) is int or (type(value) is float and isfinite(value))


def expiry(claims: Claims, now: float, leeway_seconds: int) -> Seconds:
    """``exp``. Raises ``InvalidToken`` from then on."""
    expires: Seconds = claims.get("exp", "")
    if not is_instant(expires):
        raise InvalidToken("The token does not say when it expires")
    check_not_over(expires, now, leeway_seconds)
    return expires


def check_not_over(expires: object, now: float, leeway_seconds: int) -> None:
    """Raises ``InvalidToken`` when ``exp`` is an instant, and past."""
    # It names the clock: what the issuer gave out a moment ago is over to one that is ahead.
    if is_instant(expires) and expires <= now - leeway_seconds:  # type: ignore[operator]
        ago = duration_text(now - expires)  # type: ignore[operator]
        raise InvalidToken(f"The token expired {ago} ago by this service's clock")


def check_beginning(claims: Claims, now: float, leeway_seconds: int) -> None:
    """Raises ``InvalidToken`` before ``iat`` or ``nbf``, which may both be left out."""
    for name in ("iat", "nbf"):
        instant = claims.get(name, 0)
        if not is_instant(instant):
            raise InvalidToken(f"The token's {name} is no time")
        if instant > now + leeway_seconds:
            early = duration_text(instant - now)
            raise InvalidToken(f"The token's {name} is {early} ahead of this service's clock")


def issuer_among(claims: Claims, issuers: Container[str]) -> str:
    """``iss``, compared as a whole. Raises ``InvalidToken``."""
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or issuer not in issuers:
        raise InvalidToken("The token is from another issuer")
    return issuer


def audiences(claims: Claims) -> frozenset[str]:
    """``aud``, one or a list. Raises ``InvalidToken`` for anything else, but not for none."""
    found = claims.get("aud", [])
    names = [found] if isinstance(found, str) else found
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InvalidToken("The token's audience is neither a name nor a list of names")
    return frozenset(names)


@lru_cache(maxsize=256)
def names(*texts: str) -> frozenset[str]:
    """One set for all callers with the same: ten thousand are remembered, and each set, be it
    empty, weighs as much as the rest of a principal."""
    return frozenset(texts)
