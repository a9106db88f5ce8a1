"""Cognito's tokens: which issuers one pool has, and what its claims must say.

docs.aws.amazon.com/cognito, "Understanding the access token" and "Understanding the ID token".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from sys import intern
from typing import Literal

from app.auth.claims import (
    MAX_LEEWAY_SECONDS,
    Claims,
    MissingScope,
    Part,
    Seconds,
    audiences,
    check_beginning,
    check_leeway,
    expiry,
    issuer_among,
    names,
)
from app.auth.keyset import RS256
from app.domain.errors import InvalidToken
from app.domain.partitions import regional_host
from app.domain.principal import Principal, is_sub

AcceptedUse = Literal["access", "id", "any"]

USES: Mapping[str, tuple[str, ...]] = {
    "access": ("access",),
    "id": ("id",),
    "any": ("access", "id"),
}
#: The first is of 2016, the second of 2026; the same pool's tokens may name either.
_ISSUING_SERVICES = ("cognito-idp", "issuer-cognito-idp")


def pool_issuers(pool_id: str, regions: Iterable[str], configured: str = "") -> frozenset[str]:
    """Every ``iss`` that tokens of one pool may have, and no other.

    :param regions: the pool's own, and those that it is replicated to.
    :param configured: an issuer that was set. One that is none of AWS's is the only one.
    """
    own = frozenset(
        f"https://{regional_host(service, region)}/{pool_id}"
        for region in regions
        for service in _ISSUING_SERVICES
    )
    return own if not configured or configured in own else frozenset({configured})


@dataclass(frozen=True, slots=True)
class CognitoRules:
    """What the claims of one user pool must say.

    :param issuers: as ``pool_issuers`` gives them, each compared as a whole.
    :param client_ids: the clients whose tokens count; at least one.
    :param accepted_use: which of Cognito's tokens count.
    :param required_scopes: scopes that every token must have.
    :param audience: the resources of which an access token with an ``aud`` must name one.
    :param service_scope: what makes a client's own token a back end's; empty for nothing.
    :param leeway_seconds: tolerated difference between clocks, 0 to 60.
    """

    issuers: frozenset[str]
    client_ids: frozenset[str]
    accepted_use: AcceptedUse = "access"
    required_scopes: frozenset[str] = frozenset()
    audience: frozenset[str] = frozenset()
    service_scope: str = ""
    leeway_seconds: int = MAX_LEEWAY_SECONDS
    algorithms: frozenset[str] = RS256

    def __post_init__(self) -> None:
        if not self.issuers or "" in self.issuers or not self.client_ids or "" in self.client_ids:
            raise ValueError("an issuer and at least one client id are needed")
        if self.accepted_use not in USES:
            raise ValueError("the accepted use is access, id or any")
        check_leeway(self.leeway_seconds)

    def check(self, claims: Claims, now: float) -> tuple[Principal, Seconds]:
        """As ``Rules.check``."""
        expires = expiry(claims, now, self.leeway_seconds)
        check_beginning(claims, now, self.leeway_seconds)
        issuer_among(claims, self.issuers)
        is_id_token = self._use(claims) == "id"
        client_id = self._client(claims)
        if not is_id_token:
            self._check_audience(claims)
        sub, groups, username = _sub(claims), _groups(claims), _username(claims)
        scopes = self._scopes(claims)
        # The grant of a client's own credentials has no user, and names the client twice.
        is_service = not is_id_token and sub == client_id and self.service_scope in scopes
        return Principal(sub, username, intern(client_id), groups, scopes, is_service), expires

    def parts(self, now: float) -> Mapping[str, Part]:
        """As ``Rules.parts``."""
        return {
            "exp": lambda claims: expiry(claims, now, self.leeway_seconds),
            "iat": lambda claims: check_beginning(claims, now, self.leeway_seconds),
            "iss": lambda claims: issuer_among(claims, self.issuers),
            "token_use": self._use,
            "client": self._client,
            "aud": self._check_audience,
            "sub": _sub,
            "groups": _groups,
            "username": _username,
            "scope": self._scopes,
        }

    def _use(self, claims: Claims) -> str:
        use = claims.get("token_use")
        if not isinstance(use, str) or use not in USES[self.accepted_use]:
            raise InvalidToken("The token is of the wrong use")
        return use

    def _client(self, claims: Claims) -> str:
        """The client: ``aud`` of an ID token, ``client_id`` of an access token."""
        client_id = claims.get("aud" if _is_id_token(claims) else "client_id")
        if not isinstance(client_id, str) or client_id not in self.client_ids:
            raise InvalidToken("The token was issued to another client")
        return client_id

    def _check_audience(self, claims: Claims) -> None:
        """Of an access token, which has an ``aud`` only when it was asked for on behalf of
        resources (RFC 8707); unless they are ours, or the client itself, it is not for us."""
        if "aud" not in claims or _is_id_token(claims):
            return
        if audiences(claims).isdisjoint(self.audience or {str(claims.get("client_id"))}):
            raise InvalidToken("The token is meant for another audience")

    def _scopes(self, claims: Claims) -> frozenset[str]:
        scope = claims.get("scope", "")
        if not isinstance(scope, str):
            raise InvalidToken("The token's scope is not text")
        scopes = names(*scope.split())
        if not self.required_scopes <= scopes:
            raise MissingScope(self.required_scopes)
        return scopes


def _is_id_token(claims: Claims) -> bool:
    return claims.get("token_use") == "id"


def _sub(claims: Claims) -> str:
    sub = claims.get("sub")
    # Cognito's are UUIDs; with a tilde it would be a folder's name made of another sub.
    if not isinstance(sub, str) or not is_sub(sub) or "~" in sub:
        raise InvalidToken("The token's sub is not usable")
    return sub


def _groups(claims: Claims) -> frozenset[str]:
    groups = claims.get("cognito:groups", [])
    if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
        raise InvalidToken("The token's groups are not a list of names")
    return names(*groups)


def _username(claims: Claims) -> str:
    username = claims.get("cognito:username" if _is_id_token(claims) else "username", "")
    if not isinstance(username, str):
        raise InvalidToken("The token's user name is not text")
    return username
