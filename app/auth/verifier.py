"""From a token to a ``Principal``.

Its form first, then the signature with a key of the configured set and that key's algorithm
(``jws.py``), then every claim by the provider's rules (RFC 7519). What passed is remembered for a
while: RSA costs a hundred times what a look-up does.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple, Protocol

from app.auth.claims import Rules, check_not_over
from app.auth.jwks import SigningKey
from app.auth.jws import check_length, checked_header, read_claims, signed_claims
from app.domain.principal import Principal

# A remembered token asks for its key again this often, so that a withdrawn key is noticed.
REMEMBER_SECONDS = 300


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
