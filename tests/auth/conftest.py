"""One pool and one key server, shared by the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.auth.cognito import CognitoRules
from app.auth.jwks import JwksCache
from app.auth.sources import PublishedKeys
from app.auth.verifier import TokenVerifier
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


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no slow key server."""
    monkeypatch.setattr("app.auth.jwks.PATIENCE_SECONDS", 60)


@pytest.fixture
def jwks(jwks_server: JwksServer, clock: Clock) -> JwksCache:
    return JwksCache(PublishedKeys(jwks_server.url), timeout_seconds=60, clock=clock)


@pytest.fixture
def verifier_for(jwks: JwksCache, clock: Clock) -> Callable[..., TokenVerifier]:
    """A verifier with the given settings changed."""

    def build(*, memory_size: int = 10_000, **rules: Any) -> TokenVerifier:
        ours = {"issuers": frozenset({ISSUER}), "client_ids": frozenset({CLIENT_ID})}
        rules = {**ours, **rules}
        return TokenVerifier(jwks, CognitoRules(**rules), clock=clock, memory_size=memory_size)

    return build


@pytest.fixture
def verifier(verifier_for: Callable[..., TokenVerifier]) -> TokenVerifier:
    return verifier_for()
