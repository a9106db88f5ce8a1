"""Where a provider's public keys come from: one configured address, never one that a token names.

OpenID Connect Discovery 1.0, section 4; https://openid.net/specs/openid-connect-discovery-1_0.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlsplit

from app import http_clients
from app.auth.keyset import ASYMMETRIC, RS256, PublicKey, fetch_body, parse_jwks


class KeySource(Protocol):
    """What ``JwksCache`` asks for keys, from a thread that may wait."""

    def fetch(self, timeout_seconds: float) -> Mapping[str, PublicKey]:
        """The keys by ``kid``, never none. Raises ``ValueError`` or urllib3's ``HTTPError``."""


class PublishedKeys:
    """A JWK set at ``url``, of which keys of ``algorithms`` count."""

    def __init__(self, url: str, algorithms: frozenset[str] = RS256) -> None:
        self._url = url
        self._algorithms = algorithms
        self._http = http_clients.pool_for(url)

    def fetch(self, timeout_seconds: float) -> Mapping[str, PublicKey]:
        return parse_jwks(fetch_body(self._http, self._url, timeout_seconds), self._algorithms)


class Discovery:
    """The JWK set that an issuer's own discovery document names, which is read for each fetch.

    :param issuer: as configured, without a slash at its end.
    """

    def __init__(self, issuer: str, algorithms: frozenset[str] = ASYMMETRIC) -> None:
        self._issuer = issuer
        self._algorithms = algorithms
        self._http = http_clients.pool_for(issuer)
        self._keys: tuple[str, PublishedKeys] | None = None

    def fetch(self, timeout_seconds: float) -> Mapping[str, PublicKey]:
        url = self.jwks_url(timeout_seconds / 2)
        if self._keys is None or self._keys[0] != url:
            self._keys = url, PublishedKeys(url, self._algorithms)
        return self._keys[1].fetch(timeout_seconds / 2)

    def jwks_url(self, timeout_seconds: float) -> str:
        """The address of the keys. Raises ``ValueError`` for a document of somebody else."""
        url = f"{self._issuer}/.well-known/openid-configuration"
        document = json.loads(fetch_body(self._http, url, timeout_seconds))
        if not isinstance(document, dict) or document.get("issuer") not in issuers(self._issuer):
            raise ValueError("the document is of another issuer")
        found = document.get("jwks_uri")
        scheme = urlsplit(self._issuer).scheme
        # An issuer behind TLS whose keys are not would be as good as one without TLS.
        if not isinstance(found, str) or urlsplit(found).scheme not in (scheme, "https"):
            raise ValueError("the document names no address of keys")
        return found


def issuers(issuer: str) -> frozenset[str]:
    """The two ways to write one issuer: some end in a slash (Auth0), as people forget."""
    return frozenset({issuer, f"{issuer}/"})
