"""What verifying a token costs: new, seen again, and as PyJWT does it."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from app.auth.cognito import CognitoRules
from app.auth.jwks import JwksCache
from app.auth.sources import PublishedKeys
from app.auth.verifier import TokenVerifier
from benchmarks.results import Results
from benchmarks.turns import Contender, Prepare, medians, ratio, take_turns
from tests.auth.tokens import CLIENT_ID, ISSUER, JwksServer, TokenMaker

CASE = "one token verified, CPU µs"
NEW, AGAIN = "a new token", "the same token again"


def measure_all(results: Results, rounds: int) -> None:
    """Adds the case, and the target that a token seen again is twenty times cheaper."""
    makers = TokenMaker()
    with JwksServer(makers) as server:
        keys = JwksCache(PublishedKeys(server.url))
        verifier = TokenVerifier(keys, CognitoRules(frozenset({ISSUER}), frozenset({CLIENT_ID})))
        known = makers()
        verifier.verify_token(known)

        def new() -> Contender:
            tokens = [makers(jti=str(uuid.uuid4())) for _ in range(100)]
            return lambda: len([verifier.verify_token(token) for token in tokens])

        def again() -> Contender:
            return lambda: len([verifier.verify_token(known) for _ in range(10_000)])

        contenders: dict[str, Prepare] = {NEW: new, AGAIN: again, "RSA alone": _bare_rsa(makers)}
        figures = take_turns(contenders, rounds * 4)
    results.add(CASE, medians(figures))
    results.target(
        "a token seen again, of a new one", ratio(figures[AGAIN], figures[NEW]), at_most=0.05
    )


def _bare_rsa(makers: TokenMaker) -> Callable[[], Contender]:
    """The one thing that no verifier can leave out."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    key = rsa.generate_private_key(65537, 2048)
    message = makers().encode()
    signature = key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    public = key.public_key()

    def prepare() -> Contender:
        def verify() -> int:
            for _ in range(200):
                public.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
            return 200

        return verify

    return prepare
