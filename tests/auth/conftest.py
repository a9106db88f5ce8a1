"""One pool and one key server, shared by the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.auth.cognito import CognitoVerifier
from app.auth.jwks import JwksCache
from tests.auth.tokens import CLIENT_ID, ISSUER, Clock, JwksServer, TokenMaker


@pytest.fixture
def clock() -> Clock:
    """Seconds since 1970, and monotonic seconds as well: it only moves when told."""
    return Clock()


@pytest.fixture
def make_token(clock: Clock) -> TokenMaker:
    return TokenMaker(clock=clock)


@pytest.fixture
def jwks_server(make_token: TokenMaker) -> Iterator[JwksServer]:
    with JwksServer(make_token) as server:
        yield server


@pytest.fixture
def jwks(jwks_server: JwksServer, clock: Clock) -> JwksCache:
    return JwksCache(jwks_server.url, clock=clock)


@pytest.fixture
def verifier_for(jwks: JwksCache, clock: Clock) -> Callable[..., CognitoVerifier]:
    """A verifier with the given settings changed."""

    def build(**settings: Any) -> CognitoVerifier:
        defaults = {
            "issuer": ISSUER,
            "client_ids": frozenset({CLIENT_ID}),
            "token_use": "access",
            "clock": clock,
        }
        return CognitoVerifier(jwks, **{**defaults, **settings})

    return build


@pytest.fixture
def verifier(verifier_for: Callable[..., CognitoVerifier]) -> CognitoVerifier:
    return verifier_for()
