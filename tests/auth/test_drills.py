"""Clocks that are off, and keys that change while the key server is silent, slow or away."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from app.auth.verifier import TokenVerifier
from app.domain.errors import IdentityUnavailable, InvalidToken
from tests.auth.tokens import Clock, JwksServer, TokenMaker, rsa_key
from tests.waiting import eventually

#: Cognito's shortest and usual lives of an access token.
LIVES_SECONDS = (300, 3600)
LEEWAY_SECONDS = 60
HOUR = 3600


@pytest.mark.parametrize("life_seconds", LIVES_SECONDS)
@pytest.mark.parametrize("minutes", [*range(-10, 0), 0, *range(1, 11)])
def test_t05_a_clock_that_is_off_is_named_with_how_far(
    verifier: TokenVerifier, make_token: TokenMaker, clock: Clock, minutes: int, life_seconds: int
) -> None:
    """T05: up to a minute is nothing. An issuer whose clock is further ahead is told by how much,
    and so is one so far behind that its tokens are over when they come."""
    issued = int(clock()) + 60 * minutes
    token = make_token(iat=issued, exp=issued + life_seconds)
    over = -60 * minutes - life_seconds
    if 60 * minutes > LEEWAY_SECONDS:
        said = f"The token's iat is {minutes} min ahead of this service's clock"
    elif over >= LEEWAY_SECONDS:
        said = f"The token expired {over // 60} min ago by this service's clock"
    else:
        assert verifier.verify_token(token)
        return
    with pytest.raises(InvalidToken, match=re.escape(said)):
        verifier.verify_token(token)


@contextmanager
def silent(server: JwksServer) -> Iterator[None]:
    with server.silent():
        yield


@contextmanager
def slow(server: JwksServer) -> Iterator[None]:
    """A byte now and then: more than a minute for all of it."""
    server.drip_seconds = 0.1
    yield
    server.drip_seconds = 0


@contextmanager
def away(server: JwksServer) -> Iterator[None]:
    body = server.body
    server.answer(500)
    yield
    server.answer(200, body)


@pytest.mark.parametrize("trouble", [silent, slow, away], ids=lambda each: each.__name__)
def test_t03_keys_change_while_their_server_is_in_trouble(
    verifier: TokenVerifier,
    make_token: TokenMaker,
    jwks_server: JwksServer,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Callable[[JwksServer], contextmanager[None]],
) -> None:
    """T03, T59: tokens by the known key go on, those remembered and fresh ones, for hours. Those by
    the new one are a 503 that says when to come again, never a 401, and are taken once the server
    is well. Then the key that was withdrawn is a 401."""
    keys = verifier._keys
    rotated = TokenMaker(kid="test-key-2", key=rsa_key("second"), clock=clock)
    remembered = make_token(exp=int(clock()) + 2 * HOUR)
    assert verifier.verify_token(remembered)
    jwks_server.publish(rotated)
    # So that the drill is short; the server is well until here, and the machine may be busy.
    monkeypatch.setattr("app.auth.jwks.PATIENCE_SECONDS", 0.05)
    keys._timeout_seconds = 0.3  # type: ignore[attr-defined]
    with trouble(jwks_server):
        for _ in range(4):
            clock.advance(HOUR // 4)
            with pytest.raises(IdentityUnavailable) as caught:
                verifier.verify_token(rotated())
            assert 1 <= (caught.value.retry_after_seconds or 0) <= 30
            for token in (remembered, make_token()):
                assert verifier.verify_token(token)
            assert eventually(lambda: keys._flight is None)  # type: ignore[attr-defined]
    keys._timeout_seconds = 60  # type: ignore[attr-defined]
    monkeypatch.setattr("app.auth.jwks.PATIENCE_SECONDS", 60)
    clock.advance(30)
    assert verifier.verify_token(rotated())
    with pytest.raises(InvalidToken, match="unknown key"):
        verifier.verify_token(make_token())
