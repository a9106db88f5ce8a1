"""Cognito's claims, judged once the signature is known to be good (RFC 7519 §4.1, RFC 8725 §3).

docs.aws.amazon.com/cognito, "Understanding the access token" and "Understanding the ID token".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from sys import intern
from typing import Any, Literal

from app.domain.errors import InsufficientScope, InvalidToken
from app.domain.principal import Principal, is_sub

AcceptedUse = Literal["access", "id", "any"]
Claims = Mapping[str, Any]

MAX_LEEWAY_SECONDS = 60
USES: Mapping[str, tuple[str, ...]] = {
    "access": ("access",),
    "id": ("id",),
    "any": ("access", "id"),
}


class MissingScope(InsufficientScope):
    """A good token without the scopes that every call needs; ``scopes`` names them all."""

    def __init__(self, scopes: frozenset[str]) -> None:
        self.scopes = scopes
        super().__init__("The token lacks a scope that this service requires")


@dataclass(frozen=True, slots=True)
class ClaimRules:
    """What the claims of one user pool must say.

    :param issuer: ``https://cognito-idp.{region}.amazonaws.com/{pool}``, compared as a whole.
    :param client_ids: the clients whose tokens count; at least one.
    :param accepted_use: which of Cognito's tokens count.
    :param required_scopes: scopes that every token must have.
    :param leeway_seconds: tolerated difference between clocks, 0 to 60.
    """

    issuer: str
    client_ids: frozenset[str]
    accepted_use: AcceptedUse
    required_scopes: frozenset[str]
    leeway_seconds: int

    def __post_init__(self) -> None:
        if not self.issuer or not self.client_ids or "" in self.client_ids:
            raise ValueError("an issuer and at least one client id are needed")
        if self.accepted_use not in USES:
            raise ValueError("the accepted use is access, id or any")
        if not 0 <= self.leeway_seconds <= MAX_LEEWAY_SECONDS:
            raise ValueError("the leeway is 0 to 60 seconds")

    def check(self, claims: Claims, now: float) -> tuple[Principal, int]:
        """The principal, and the token's ``exp`` in seconds since 1970.

        :param now: seconds since 1970.
        :raises InvalidToken: a claim is missing, malformed, foreign or out of time.
        :raises MissingScope: all is well but a required scope is missing.
        """
        expires = self._check_times(claims, now)
        if claims.get("iss") != self.issuer:
            raise InvalidToken("The token is from another issuer")
        use = claims.get("token_use")
        if use not in USES[self.accepted_use]:
            raise InvalidToken("The token is of the wrong use")
        client_id = self._check_client(claims, is_id_token=use == "id")
        principal = _principal(claims, client_id, is_id_token=use == "id")
        if not self.required_scopes <= principal.scopes:
            raise MissingScope(self.required_scopes)
        return principal, expires

    def is_over(self, expires: object, now: float) -> bool:
        """Whether ``exp`` is an instant, and past."""
        # `type` and not `isinstance`: a bool is an int. Cognito writes no fractions.
        return type(expires) is int and expires <= now - self.leeway_seconds

    def _check_times(self, claims: Claims, now: float) -> int:
        expires = claims.get("exp")
        if type(expires) is not int or self.is_over(expires, now):
            raise InvalidToken("The token has expired, or does not say when it does")
        for name in ("iat", "nbf"):
            instant = claims.get(name, 0)
            if type(instant) is not int or instant > now + self.leeway_seconds:
                raise InvalidToken(f"The token's {name} is in the future, or no time at all")
        return expires

    def _check_client(self, claims: Claims, *, is_id_token: bool) -> str:
        """The client: ``aud`` of an ID token, ``client_id`` of an access token.

        An access token has an ``aud`` only when it was asked for on behalf of one resource
        server (RFC 8707); unless that names the same client, it is not for us.
        """
        audience = claims.get("aud")
        client_id = audience if is_id_token else claims.get("client_id")
        if not isinstance(client_id, str) or client_id not in self.client_ids:
            raise InvalidToken("The token was issued to another client")
        if "aud" in claims and audience != client_id:
            raise InvalidToken("The token is meant for another audience")
        return client_id


def _principal(claims: Claims, client_id: str, *, is_id_token: bool) -> Principal:
    sub = claims.get("sub")
    if not isinstance(sub, str) or not is_sub(sub):
        raise InvalidToken("The token's sub is not usable")
    groups = claims.get("cognito:groups", [])
    if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
        raise InvalidToken("The token's groups are not a list of names")
    username = claims.get("cognito:username" if is_id_token else "username", "")
    scope = claims.get("scope", "")
    if not isinstance(username, str) or not isinstance(scope, str):
        raise InvalidToken("The token's user name or scope is not text")
    return Principal(sub, username, intern(client_id), _names(*groups), _names(*scope.split()))


@lru_cache(maxsize=256)
def _names(*names: str) -> frozenset[str]:
    """One set for all callers with the same: ten thousand are remembered, and each set, be it
    empty, weighs as much as the rest of a principal."""
    return frozenset(names)
