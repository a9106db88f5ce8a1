"""Any OpenID Connect provider's tokens: what their claims must say.

OpenID Connect Core 1.0, section 2; RFC 9068 (access tokens); docs/providers.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from sys import intern
from typing import Any

from app.auth.claims import (
    MAX_LEEWAY_SECONDS,
    Claims,
    Part,
    Seconds,
    audiences,
    check_beginning,
    check_leeway,
    expiry,
    issuer_among,
    names,
)
from app.auth.keyset import ASYMMETRIC
from app.auth.sources import issuers
from app.domain.errors import InvalidToken
from app.domain.principal import Principal, folder_of


@dataclass(frozen=True, slots=True)
class OpenIdRules:
    """What the claims of one provider must say.

    :param issuer: as configured, without a slash at its end; tokens may have one.
    :param audience: of which ``aud`` must name one; at least one.
    :param groups_claim: a claim's name, or a path to it with dots (``realm_access.roles``).
    :param client_claim: the claim that names the client.
    :param service_scope: what makes a client's own token a back end's; empty for nothing.
    :param leeway_seconds: tolerated difference between clocks, 0 to 60.
    """

    issuer: str
    audience: frozenset[str]
    groups_claim: str = "groups"
    client_claim: str = "azp"
    service_scope: str = ""
    leeway_seconds: int = MAX_LEEWAY_SECONDS
    algorithms: frozenset[str] = ASYMMETRIC

    def __post_init__(self) -> None:
        if not self.issuer or not self.audience or "" in self.audience:
            raise ValueError("an issuer and at least one audience are needed")
        check_leeway(self.leeway_seconds)

    def check(self, claims: Claims, now: float) -> tuple[Principal, Seconds]:
        """As ``Rules.check``; no scope is required of all."""
        expires = expiry(claims, now, self.leeway_seconds)
        check_beginning(claims, now, self.leeway_seconds)
        issuer_among(claims, issuers(self.issuer))
        self._check_audience(claims)
        folder, username = _folder(claims), _text(claims, "preferred_username")
        client_id = self._client(claims)
        groups, scopes = self._groups(claims), _scopes(claims)
        is_service = self.service_scope in scopes and _is_of_a_client(claims, client_id)
        principal = Principal(folder, username, intern(client_id), groups, scopes, is_service)
        return principal, expires

    def parts(self, now: float) -> Mapping[str, Part]:
        """As ``Rules.parts``."""
        return {
            "exp": lambda claims: expiry(claims, now, self.leeway_seconds),
            "iat": lambda claims: check_beginning(claims, now, self.leeway_seconds),
            "iss": lambda claims: issuer_among(claims, issuers(self.issuer)),
            "aud": self._check_audience,
            "client": self._client,
            "sub": _folder,
            "groups": self._groups,
            "username": lambda claims: _text(claims, "preferred_username"),
            "scope": _scopes,
        }

    def _check_audience(self, claims: Claims) -> None:
        if audiences(claims).isdisjoint(self.audience):
            raise InvalidToken("The token is meant for another audience")

    def _client(self, claims: Claims) -> str:
        # RFC 9068 names the client in client_id, OpenID Connect in azp.
        return _text(claims, self.client_claim if self.client_claim in claims else "client_id")

    def _groups(self, claims: Claims) -> frozenset[str]:
        return names(*_texts(_at(claims, self.groups_claim), "groups"))


def _folder(claims: Claims) -> str:
    sub = claims.get("sub")
    folder = folder_of(sub) if isinstance(sub, str) else None
    if folder is None:
        raise InvalidToken("The token's sub is not usable")
    return folder


def _text(claims: Claims, name: str) -> str:
    text = claims.get(name, "")
    if not isinstance(text, str):
        raise InvalidToken(f"The token's {name} is not text")
    return text


def _scopes(claims: Claims) -> frozenset[str]:
    """``scope`` (RFC 9068), or ``scp`` as Entra and Okta have it: words, or a list of them.

    Entra gives applications no scopes but roles, which are the same to us.
    """
    found = [_texts(claims.get(name), "scopes") for name in ("scope", "scp")]
    if claims.get("idtyp") == "app":
        found.append(_texts(claims.get("roles"), "roles"))
    return names(*(scope for texts in found for text in texts for scope in text.split()))


def _is_of_a_client(claims: Claims, client_id: str) -> bool:
    """Whether a client got this by its own credentials, so that no user is behind it.

    RFC 9068, section 2.2: the ``sub`` is then the client. Auth0 says ``gty``, Entra ``idtyp``.
    """
    return (
        claims["sub"] == client_id
        or claims.get("gty") == "client-credentials"
        or claims.get("idtyp") == "app"
    )


def _at(claims: Claims, path: str) -> Any:
    """A claim by its whole name, which may have dots in it (Auth0), else by the path."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _texts(value: Any, what: str) -> list[str]:
    """One text or a list of them. Raises ``InvalidToken`` for anything else, but not for none."""
    texts = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise InvalidToken(f"The token's {what} are not a list of names")
    return texts
