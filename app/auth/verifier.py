"""From a token to a ``Principal`` (RFC 7515, RFC 7519, RFC 8725).

Cheap refusals first, then the signature with a key of the configured set and that key's algorithm,
then every claim by the provider's rules. What passed is remembered for a while: RSA costs a
hundred times what a look-up does.
"""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple, Protocol

import orjson
from joserfc import jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64decode

from app.auth.claims import Claims, Rules, check_not_over
from app.auth.jwks import SigningKey
from app.auth.keyset import ASYMMETRIC, RS256, PublicKey
from app.domain.errors import InvalidToken
from app.domain.principal import Principal

MAX_TOKEN_CHARS = 8192
# A remembered token asks for its key again this often, so that a withdrawn key is noticed.
REMEMBER_SECONDS = 300

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


class SigningKeys(Protocol):
    """Where keys come from: ``JwksCache``."""

    @property
    def version(self) -> int: ...

    def key_for(self, kid: str) -> SigningKey: ...


class _Verdict(NamedTuple):
    principal: Principal
    version: int
    until: float


class TokenVerifier:
    """Verifies tokens of one provider. Thread-safe.

    :param rules: what its claims must say.
    :param clock: seconds since 1970.
    :param memory_size: how many verified tokens are remembered, by their digests, the oldest
        forgotten first; one weighs about half a KB.
    """

    def __init__(
        self,
        keys: SigningKeys,
        rules: Rules,
        *,
        clock: Callable[[], float] = time.time,
        memory_size: int = 10_000,
    ) -> None:
        self._keys = keys
        self._rules = rules
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
        check_length(token)
        digest = sha256(token.encode("utf-8", "surrogatepass")).digest()
        verdict = self._memory.get(digest)
        if verdict is not None:
            if verdict.until > self._clock() and verdict.version == self._keys.version:
                return verdict.principal
            with self._memory_lock:
                self._memory.pop(digest, None)
        verdict = self._verify_afresh(token)
        if verdict.until > self._clock():
            self._remember(digest, verdict)
        return verdict.principal

    def _verify_afresh(self, token: str) -> _Verdict:
        kid, algorithm = checked_header(token, self._rules.algorithms)
        # Most refused tokens are expired ones of idle pages: they need no key and no RSA.
        said = read_claims(token)
        check_not_over(said.get("exp"), self._clock(), self._rules.leeway_seconds)
        signing_key = self._keys.key_for(kid)
        claims = signed_claims(token, signing_key.public, algorithm)
        now = self._clock()
        principal, expires = self._rules.check(claims, now)
        # The leeway is left out: in that last minute a token is judged anew each time.
        return _Verdict(principal, signing_key.version, min(expires, now + REMEMBER_SECONDS))

    def _remember(self, digest: bytes, verdict: _Verdict) -> None:
        with self._memory_lock:
            self._memory[digest] = verdict
            if len(self._memory) > self._memory_size:
                self._memory.popitem(last=False)


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


def signed_claims(token: str, public: PublicKey, algorithm: str) -> Claims:
    """What ``public`` has signed. Raises ``InvalidToken``, also for a key of another algorithm."""
    if algorithm not in public.algorithms:
        raise InvalidToken("The token's key is for another algorithm")
    try:
        jwt.decode(token, public.key, registry=_REGISTRIES[algorithm])
    except (JoseError, ValueError, RecursionError) as error:
        raise InvalidToken("The token's signature or form is wrong") from error
    return read_claims(token)


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
