"""A token as a compact JWS (RFC 7515): its shape, its header, its signature, what it says.

Cheap refusals come first, so that a forged token costs no RSA (RFC 8725).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import orjson
from joserfc import jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64decode

from app.auth.claims import Claims
from app.auth.keyset import ASYMMETRIC, RS256, PublicKey
from app.domain.errors import InvalidToken

MAX_TOKEN_CHARS = 8192
# Headers are joserfc's 512 characters, signatures on a curve 86.
COMPACT_JWS = re.compile(r"([A-Za-z0-9_-]{2,512})\.[A-Za-z0-9_-]{2,}\.([A-Za-z0-9_-]{86,1024})")
SHORTEST_RSA_SIGNATURE = 342
KID = re.compile(r"[!-~]{1,128}")
# moto's signing key is published in its package under this name: anybody can sign with it.
PUBLISHED_KIDS = frozenset({"dummy"})
# A key or address of the sender's choice, or an extension that changes what is signed:
# RFC 7515 §4.1.2, §4.1.3, §4.1.5, §4.1.6, §4.1.11; RFC 7797 §3.
REFUSED_HEADERS = frozenset({"jku", "jwk", "x5u", "x5c", "crit", "b64"})
# What is signed alike and is no access or ID token, such as a logout token or a DPoP proof, says so
# by another type (RFC 8725 §3.11). Many providers name none.
TYPES = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})


class _OnlyOne(JWSRegistry):
    """One algorithm. Other unknown headers are ignored, as RFC 7515 §4 demands."""

    def __init__(self, algorithm: str) -> None:
        super().__init__(algorithms=[algorithm], strict_check_header=False)
        self._only = algorithm

    def get_alg(self, name: str) -> Any:
        # joserfc's own warns that the name EdDSA is deprecated, at each token.
        if name != self._only:
            raise UnsupportedAlgorithmError
        return self.algorithms[name]


_REGISTRIES = {algorithm: _OnlyOne(algorithm) for algorithm in ASYMMETRIC}


def check_length(token: str) -> None:
    if len(token) > MAX_TOKEN_CHARS:
        raise InvalidToken(f"The token is longer than {MAX_TOKEN_CHARS} characters")


def checked_header(token: str, algorithms: frozenset[str]) -> tuple[str, str]:
    """The key id and algorithm that a token names, before anything costly is done for it.

    Raises ``InvalidToken`` for what no signature can mend.
    """
    shape = COMPACT_JWS.fullmatch(token)
    if shape is None:
        raise InvalidToken("The token is not a compact JWS")
    kid, algorithm = _header(shape[1], algorithms)
    if algorithm in RS256 and len(shape[2]) < SHORTEST_RSA_SIGNATURE:
        raise InvalidToken("The token's signature is too short")
    return kid, algorithm


@lru_cache(maxsize=64)
def _header(encoded: str, algorithms: frozenset[str]) -> tuple[str, str]:
    """Remembered when it is acceptable: one key's tokens have their header in common."""
    try:
        header = orjson.loads(urlsafe_b64decode(encoded.encode()))
    except ValueError as error:
        raise InvalidToken("The token's header is not readable") from error
    algorithm = header.get("alg") if isinstance(header, dict) else None
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise InvalidToken("The token is not signed with an accepted algorithm")
    if not REFUSED_HEADERS.isdisjoint(header):
        raise InvalidToken("The token's header has parts that are not accepted")
    if str(header.get("typ", "JWT")).lower() not in TYPES:
        raise InvalidToken("The token is neither an access nor an ID token")
    kid = header.get("kid")
    if not isinstance(kid, str) or KID.fullmatch(kid) is None or kid in PUBLISHED_KIDS:
        raise InvalidToken("The token names no acceptable key")
    return kid, algorithm


def signed_claims(token: str, public: PublicKey, algorithm: str) -> Claims:
    """What ``public`` has signed. Raises ``InvalidToken``, also for a key of another algorithm."""
    if algorithm not in public.algorithms:
        raise InvalidToken("The token's key is for another algorithm")
    try:
        jwt.decode(token, public.key, registry=_REGISTRIES[algorithm])
    except (JoseError, ValueError, RecursionError) as error:
        raise InvalidToken("The token's signature or form is wrong") from error
    return read_claims(token)


def read_claims(token: str) -> Claims:
    """What a token of the right shape says, whoever wrote it.

    Strictly JSON in UTF-8 (RFC 7519 §3): no other encoding, no number that is none, and no halves
    of characters, which nothing that claims get into could write down. Raises ``InvalidToken``.
    """
    try:
        claims = orjson.loads(urlsafe_b64decode(token.split(".")[1].encode()))
    except ValueError as error:
        raise InvalidToken("The token's claims are not readable") from error
    if not isinstance(claims, dict):
        raise InvalidToken("The token's claims are not an object")
    return claims
