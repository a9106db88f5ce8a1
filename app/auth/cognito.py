"""From a Cognito token to a ``Principal`` (RFC 7515, RFC 7519, RFC 8725).

Cheap refusals first, then the signature with RS256 and a key of the configured set, then every
claim. What passed is remembered for a while: RSA costs a hundred times what a look-up does.
"""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple, Protocol

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64decode

from app.auth.claims import MAX_LEEWAY_SECONDS, AcceptedUse, ClaimRules
from app.auth.jwks import SigningKey
from app.domain.errors import InvalidToken
from app.domain.principal import Principal

MAX_TOKEN_CHARS = 8192
# A remembered token asks for its key again this often, so that a withdrawn key is noticed.
REMEMBER_SECONDS = 300

# An RS256 signature is 342 characters with the shortest key allowed; headers are joserfc's 512.
COMPACT_JWS = re.compile(r"([A-Za-z0-9_-]{2,512})\.[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]{342,1024}")
KID = re.compile(r"[!-~]{1,128}")
# moto's signing key is published in its package under this name: anybody can sign with it.
PUBLISHED_KIDS = frozenset({"dummy"})
# A key or address of the sender's choice, or an extension that changes what is signed:
# RFC 7515 §4.1.2, §4.1.3, §4.1.5, §4.1.6, §4.1.11; RFC 7797 §3.
REFUSED_HEADERS = frozenset({"jku", "jwk", "x5u", "x5c", "crit", "b64"})
# Other unknown headers are ignored, as RFC 7515 §4 demands.
RS256_ONLY = JWSRegistry(algorithms=["RS256"], strict_check_header=False)


class SigningKeys(Protocol):
    """Where keys come from: ``JwksCache``."""

    @property
    def version(self) -> int: ...

    def key_for(self, kid: str) -> SigningKey: ...


class _Verdict(NamedTuple):
    principal: Principal
    version: int
    until: float


class CognitoVerifier:
    """Verifies tokens of one user pool for a few of its clients. Thread-safe.

    :param token_use: which of Cognito's tokens count: ``access``, ``id`` or ``any``.
    :param clock: seconds since 1970.
    :param memory_size: how many verified tokens are remembered, by their digests, the oldest
        forgotten first; one weighs about half a KB.

    The others are those of ``ClaimRules``.

    :raises ValueError: settings that would let in too much or nobody.
    """

    def __init__(
        self,
        jwks: SigningKeys,
        *,
        issuer: str,
        client_ids: frozenset[str],
        token_use: AcceptedUse,
        required_scopes: frozenset[str] = frozenset(),
        leeway_seconds: int = MAX_LEEWAY_SECONDS,
        clock: Callable[[], float] = time.time,
        memory_size: int = 10_000,
    ) -> None:
        self._jwks = jwks
        self._rules = ClaimRules(issuer, client_ids, token_use, required_scopes, leeway_seconds)
        self._clock = clock
        self._memory: OrderedDict[bytes, _Verdict] = OrderedDict()
        self._memory_size = memory_size
        self._memory_lock = threading.Lock()

    def verify_token(self, token: str) -> Principal:
        """The caller that ``token`` names.

        :raises InvalidToken: malformed, forged, expired, foreign, or of the wrong use.
        :raises MissingScope: good, but without a required scope.
        :raises IdentityUnavailable: its key cannot be had right now.
        """
        if len(token) > MAX_TOKEN_CHARS:
            raise InvalidToken("The token is too long")
        digest = sha256(token.encode("utf-8", "surrogatepass")).digest()
        verdict = self._memory.get(digest)
        if verdict is not None:
            if verdict.until > self._clock() and verdict.version == self._jwks.version:
                return verdict.principal
            with self._memory_lock:
                self._memory.pop(digest, None)
        verdict = self._verify_afresh(token)
        if verdict.until > self._clock():
            self._remember(digest, verdict)
        return verdict.principal

    def _verify_afresh(self, token: str) -> _Verdict:
        kid = _unverified_kid(token)
        # Most refused tokens are expired ones of idle pages: they need no key and no RSA.
        if self._rules.is_over(_unverified_exp(token), self._clock()):
            raise InvalidToken("The token has expired")
        signing_key = self._jwks.key_for(kid)
        try:
            claims = jwt.decode(token, signing_key.key, registry=RS256_ONLY).claims
        except (JoseError, ValueError, RecursionError) as error:
            raise InvalidToken("The token's signature or form is wrong") from error
        now = self._clock()
        principal, expires = self._rules.check(claims, now)
        # The leeway is left out: in that last minute a token is judged anew each time.
        return _Verdict(principal, signing_key.version, min(expires, now + REMEMBER_SECONDS))

    def _remember(self, digest: bytes, verdict: _Verdict) -> None:
        with self._memory_lock:
            self._memory[digest] = verdict
            if len(self._memory) > self._memory_size:
                self._memory.popitem(last=False)


def _unverified_exp(token: str) -> object:
    """What a token of the right shape says of its end; None when that cannot be read."""
    payload = token.split(".")[1]
    try:
        claims = orjson.loads(urlsafe_b64decode(payload.encode()))
    except ValueError:
        return None
    return claims.get("exp") if isinstance(claims, dict) else None


def _unverified_kid(token: str) -> str:
    """The key id of a token that looks like Cognito's, before anything costly is done for it."""
    shape = COMPACT_JWS.fullmatch(token)
    if shape is None:
        raise InvalidToken("The token is not a compact JWS")
    return _kid_in(shape[1])


@lru_cache(maxsize=64)
def _kid_in(encoded_header: str) -> str:
    """Remembered when it is acceptable: one key's tokens have their header in common."""
    try:
        header = orjson.loads(urlsafe_b64decode(encoded_header.encode()))
    except ValueError as error:
        raise InvalidToken("The token's header is not readable") from error
    if not isinstance(header, dict) or header.get("alg") != "RS256":
        raise InvalidToken("The token is not signed with RS256")
    if not REFUSED_HEADERS.isdisjoint(header):
        raise InvalidToken("The token's header has parts that are not accepted")
    kid = header.get("kid")
    if not isinstance(kid, str) or KID.fullmatch(kid) is None or kid in PUBLISHED_KIDS:
        raise InvalidToken("The token names no acceptable key")
    return kid
