"""The key cache against a real server that is slow, broken, redirecting, rotated or gone."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from typing import Any

import pytest
from prometheus_client import REGISTRY

from app.auth.jwks import PATIENCE_SECONDS, JwksCache
from app.auth.keyset import MAX_BODY_BYTES, parse_jwks
from app.auth.sources import PublishedKeys
from app.auth.unknown import MAX_UNKNOWN_KIDS
from app.domain.errors import IdentityUnavailable, InvalidToken, Problem
from tests.auth.tokens import ABSENT, Clock, JwksServer, TokenMaker, public_jwk, rsa_key
from tests.waiting import eventually

KID = "test-key-1"
#: As it is, before ``patient`` lengthens it.
LONGEST_SECONDS = PATIENCE_SECONDS


@pytest.fixture
def rotated() -> TokenMaker:
    return TokenMaker(kid="test-key-2", key=rsa_key("second"))


@pytest.fixture
def dead_url() -> Iterator[str]:
    """An address where connections are refused: the port is held, but nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}/jwks.json"


def failures() -> float:
    """Fetches that failed, as the metrics tell them."""
    return REGISTRY.get_sample_value("gateway_jwks_fetches_total", {"outcome": "failed"}) or 0


def outcome(call: Callable[[], Any]) -> type[Problem] | None:
    try:
        call()
    except Problem as problem:
        return type(problem)
    return None


def test_a_known_key_is_served_from_one_fetch(jwks: JwksCache, jwks_server: JwksServer) -> None:
    """The first use fetches, later uses do not; before the first there is nothing."""
    assert (jwks.loaded, jwks.version) == (False, 0)
    keys = [jwks.key_for(KID) for _ in range(5)]
    assert {key.kid for key in keys} == {KID}
    assert {key.version for key in keys} == {1}
    assert (jwks.loaded, jwks.version) == (True, 1)
    assert len(jwks_server.hits) == 1


def test_load_fetches_once_and_keeps_to_the_cooldown(
    jwks: JwksCache, jwks_server: JwksServer, clock: Clock
) -> None:
    """A readiness probe may call load() as often as it likes, and sees recovery by itself."""
    jwks_server.answer(500)
    assert [jwks.load() for _ in range(5)] == [False] * 5
    assert len(jwks_server.hits) == 1
    clock.advance(30)
    jwks_server.publish(TokenMaker())
    assert [jwks.load() for _ in range(5)] == [True] * 5
    assert len(jwks_server.hits) == 2


def test_t03_an_unknown_kid_flood_fetches_once_per_cooldown(
    jwks: JwksCache, jwks_server: JwksServer, clock: Clock
) -> None:
    """T03: whatever kids are asked for, the server is asked once per cooldown."""
    jwks.load()
    for period in range(1, 4):
        clock.advance(30)
        kids = [f"random-{period}-{number}" for number in range(50)]
        answers = [outcome(partial(jwks.key_for, kid)) for kid in kids]
        assert answers == [InvalidToken] + [IdentityUnavailable] * 49
        assert len(jwks_server.hits) == 1 + period
    assert jwks.key_for(KID).version == 1


def test_t59_a_forged_kid_does_not_turn_a_new_key_away(
    jwks: JwksCache, jwks_server: JwksServer, clock: Clock, rotated: TokenMaker
) -> None:
    """T59: a key published after the last fetch is a 503 until the next one, never a 401."""
    jwks.load()
    clock.advance(30)
    assert outcome(lambda: jwks.key_for("forged")) is InvalidToken
    jwks_server.publish(TokenMaker(), rotated)
    clock.advance(12)
    with pytest.raises(IdentityUnavailable) as caught:
        jwks.key_for("test-key-2")
    assert caught.value.retry_after_seconds == 18
    clock.advance(18)
    assert jwks.key_for("test-key-2").version == 2


def test_t59_a_kid_that_a_fetch_was_without_stays_refused(
    jwks: JwksCache, jwks_server: JwksServer, clock: Clock
) -> None:
    """T59: whoever was judged absent is told so, in the cooldown and after the next fetch."""
    assert outcome(lambda: jwks.key_for("absent")) is InvalidToken
    assert outcome(lambda: jwks.key_for("asked later")) is IdentityUnavailable
    assert outcome(lambda: jwks.key_for("absent")) is InvalidToken
    clock.advance(30)
    for kid in ("asked later", "absent"):
        assert outcome(partial(jwks.key_for, kid)) is InvalidToken
    assert len(jwks_server.hits) == 2


def test_t59_a_fetch_under_way_judges_nobody_who_came_later(
    jwks: JwksCache, jwks_server: JwksServer, clock: Clock, rotated: TokenMaker
) -> None:
    """T59: what such a fetch brings may be older than the key that is asked for."""
    jwks.load()
    clock.advance(30)
    with ThreadPoolExecutor(2) as pool:
        with jwks_server.silent():
            first = pool.submit(outcome, lambda: jwks.key_for("forged"))
            assert eventually(lambda: len(jwks_server.hits) == 2)
            second = pool.submit(outcome, lambda: jwks.key_for("test-key-2"))
            wait([second], 0.1)
        assert (first.result(), second.result()) == (InvalidToken, IdentityUnavailable)


def test_t59_a_failed_fetch_judges_nobody(
    jwks: JwksCache, jwks_server: JwksServer, clock: Clock
) -> None:
    """T59: while the keys cannot be had, nobody is told that a key is none of them."""
    assert outcome(lambda: jwks.key_for("absent")) is InvalidToken
    jwks_server.answer(500)
    clock.advance(30)
    assert outcome(lambda: jwks.key_for("absent")) is IdentityUnavailable


def test_t59_few_absent_kids_are_remembered(
    jwks: JwksCache, jwks_server: JwksServer, clock: Clock
) -> None:
    """T59: a flood makes the first ones forgotten, which are undecided then; memory is bounded."""
    assert outcome(lambda: jwks.key_for("absent")) is InvalidToken
    for number in range(MAX_UNKNOWN_KIDS):
        outcome(partial(jwks.key_for, f"random-{number}"))
    assert outcome(lambda: jwks.key_for("absent")) is IdentityUnavailable
    assert len(jwks_server.hits) == 1


@pytest.mark.parametrize("loaded", [True, False])
def test_t03_the_cooldown_is_armed_by_failure_too(
    jwks: JwksCache, jwks_server: JwksServer, clock: Clock, loaded: bool
) -> None:
    """T03: while the JWKS host is down a flood still fetches once per cooldown: 503, not 401."""
    if loaded:
        jwks.load()
        clock.advance(30)
    jwks_server.hits.clear()
    jwks_server.answer(500)
    for number in range(50):
        with pytest.raises(IdentityUnavailable) as caught:
            jwks.key_for(f"random-{number}")
        assert 1 <= (caught.value.retry_after_seconds or 0) <= 31
    assert len(jwks_server.hits) == 1
    clock.advance(29)
    with pytest.raises(IdentityUnavailable) as caught:
        jwks.key_for("late")
    assert (caught.value.retry_after_seconds or 0) <= 2
    assert len(jwks_server.hits) == 1


def test_t03_a_dead_host_is_a_503_and_recovers(dead_url: str) -> None:
    """T03: a refused connection is the same as a broken answer."""
    before = failures()
    cache = JwksCache(PublishedKeys(dead_url))
    assert outcome(lambda: cache.key_for(KID)) is IdentityUnavailable
    assert not cache.loaded
    assert eventually(lambda: failures() > before)


def test_t03_a_silent_host_is_given_up_in_time(jwks_server: JwksServer) -> None:
    """T03: the wait is bounded by the timeout, which is 3 s at most by default."""
    before = failures()
    cache = JwksCache(PublishedKeys(jwks_server.url), timeout_seconds=0.2)
    with jwks_server.silent():
        assert outcome(lambda: cache.key_for(KID)) is IdentityUnavailable
        assert eventually(lambda: failures() > before)
    assert JwksCache.__init__.__kwdefaults__["timeout_seconds"] <= 3.0


def test_t03_a_dripping_host_is_given_up_in_time(jwks_server: JwksServer) -> None:
    """T03: one byte now and then keeps a socket alive, but not the fetch."""
    before = failures()
    jwks_server.drip_seconds = 0.05  # twenty seconds for all of it
    cache = JwksCache(PublishedKeys(jwks_server.url), timeout_seconds=0.3)
    assert outcome(lambda: cache.key_for(KID)) is IdentityUnavailable
    assert eventually(lambda: failures() > before)
    jwks_server.drip_seconds = 0


def test_t03_known_kids_are_never_slowed(
    jwks: JwksCache, jwks_server: JwksServer, clock: Clock
) -> None:
    """T03: while random kids wait for a slow host, and the set is old, known kids go on."""
    jwks.load()
    clock.advance(10_000)
    with ThreadPoolExecutor(8) as pool:
        with jwks_server.silent():
            flood = [pool.submit(outcome, lambda: jwks.key_for("random")) for _ in range(8)]
            assert eventually(lambda: len(jwks_server.hits) == 2)
            for _ in range(1000):
                assert jwks.key_for(KID).version == 1
            assert not any(waiting.done() for waiting in flood)
        # Whether each of them had asked before the fetch began: T59.
        assert {waiting.result() for waiting in flood} <= {IdentityUnavailable, InvalidToken}
    assert len(jwks_server.hits) == 2


def test_t03_with_keys_at_hand_a_slow_host_is_soon_given_up(
    jwks: JwksCache, jwks_server: JwksServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T03: long before the fetch is, whoever waits for an unknown key is told to come again."""
    assert LONGEST_SECONDS <= 1
    monkeypatch.setattr("app.auth.jwks.PATIENCE_SECONDS", 0.05)
    jwks.load()
    clock.advance(30)
    with jwks_server.silent():
        assert outcome(lambda: jwks.key_for("random")) is IdentityUnavailable
    assert eventually(lambda: jwks._flight is None)


def test_concurrent_first_requests_share_one_fetch(
    jwks: JwksCache, jwks_server: JwksServer
) -> None:
    """At a cold start everybody waits for the same fetch, and everybody gets the key."""
    with ThreadPoolExecutor(16) as pool:
        with jwks_server.silent():
            found = [pool.submit(jwks.key_for, KID) for _ in range(16)]
            assert eventually(lambda: len(jwks_server.hits) == 1)
        assert {key.result().kid for key in found} == {KID}
    assert len(jwks_server.hits) == 1


def test_a_rotated_key_is_found_and_the_version_rises(
    jwks: JwksCache, jwks_server: JwksServer, clock: Clock, rotated: TokenMaker
) -> None:
    """An unknown kid after the cooldown fetches; the withdrawn key is gone with the old set."""
    jwks.load()
    jwks_server.publish(rotated)
    assert outcome(lambda: jwks.key_for("test-key-2")) is IdentityUnavailable  # in the cooldown
    clock.advance(30)
    assert jwks.key_for("test-key-2").version == 2
    assert outcome(lambda: jwks.key_for(KID)) is InvalidToken
    assert jwks.version == 2


def test_a_key_replaced_under_the_same_kid_changes_the_version(
    jwks: JwksCache, jwks_server: JwksServer, clock: Clock
) -> None:
    """The version follows the keys, not their names."""
    jwks.load()
    jwks_server.publish(TokenMaker(key=rsa_key("second")))
    clock.advance(30)
    assert outcome(lambda: jwks.key_for("other")) is InvalidToken
    assert jwks.key_for(KID).version == jwks.version == 2


def test_an_unchanged_set_keeps_its_version(
    jwks: JwksCache, jwks_server: JwksServer, clock: Clock
) -> None:
    """A refresh that brings the same keys makes nobody verify again."""
    jwks.load()
    for _ in range(3):
        clock.advance(600)
        jwks.key_for(KID)
        assert eventually(lambda: jwks._flight is None)
    assert len(jwks_server.hits) == 4
    assert jwks.version == 1


def test_an_old_set_is_refreshed_by_use(
    jwks: JwksCache, jwks_server: JwksServer, clock: Clock, rotated: TokenMaker
) -> None:
    """A withdrawn key is noticed once the set is old, without any unknown kid."""
    jwks.load()
    jwks_server.publish(rotated)
    clock.advance(599)
    jwks.key_for(KID)
    assert len(jwks_server.hits) == 1
    clock.advance(1)
    jwks.key_for(KID)
    assert eventually(lambda: jwks.version == 2)
    assert outcome(lambda: jwks.key_for(KID)) is InvalidToken


SPOILS: dict[str, Callable[[JwksServer], None]] = {
    "error": lambda server: server.answer(500),
    "not found": lambda server: server.answer(404, b'{"keys": []}'),
    "garbage": lambda server: server.answer(200, b"<html>maintenance</html>"),
    "not utf-8": lambda server: server.answer(200, b"\xff\xfe\xfa"),
    "deep": lambda server: server.answer(200, b"[" * 60_000),
    "empty body": lambda server: server.answer(200, b""),
    "empty set": lambda server: server.answer_json({"keys": []}),
    "no set": lambda server: server.answer_json([]),
    "keys no list": lambda server: server.answer_json({"keys": {"kid": KID}}),
    "no usable key": lambda server: server.answer_json({"keys": [{"kty": "RSA"}, None, 3]}),
    "too large": lambda server: server.answer(200, b" " * MAX_BODY_BYTES + server.body),
    "compressed": lambda server: server.answer(
        200, gzip.compress(server.body), **{"Content-Encoding": "gzip"}
    ),
}


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS.keys())
def test_a_bad_answer_never_replaces_a_good_set(
    jwks: JwksCache, jwks_server: JwksServer, clock: Clock, spoil: Callable[[JwksServer], None]
) -> None:
    """Stale keys are kept and served; an empty or unreadable set is a failed fetch."""
    jwks.load()
    before = failures()
    spoil(jwks_server)
    clock.advance(10_000)
    assert jwks.key_for(KID).version == 1
    assert eventually(lambda: failures() > before)
    assert outcome(lambda: jwks.key_for("other")) is IdentityUnavailable
    assert jwks.key_for(KID).version == jwks.version == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_t04_redirects_are_not_followed(
    jwks: JwksCache, jwks_server: JwksServer, make_token: TokenMaker, status: int
) -> None:
    """T04: the address comes from configuration alone, even when the host says otherwise."""
    with JwksServer(make_token) as elsewhere:
        jwks_server.answer(status, jwks_server.body, Location=elsewhere.url)
        assert outcome(lambda: jwks.key_for(KID)) is IdentityUnavailable
        assert elsewhere.hits == []
    assert jwks_server.hits == ["/pool/.well-known/jwks.json"]


def test_a_lost_fetch_does_not_ground_the_next(jwks_server: JwksServer, clock: Clock) -> None:
    """A fetch whose thread vanished in a fork is given up for lost after two timeouts."""
    cache = JwksCache(PublishedKeys(jwks_server.url), timeout_seconds=0.05, clock=clock)
    with jwks_server.silent():
        assert outcome(lambda: cache.key_for(KID)) is IdentityUnavailable
    cache._timeout_seconds = 60
    lost = type("Lost", (), {"remaining": lambda *_: 0.0, "landed": threading.Event()})()
    cache._flight = lost
    clock.advance(30)
    assert eventually(lambda: cache.load())


def test_no_thread_to_be_had_is_a_failed_fetch(
    jwks: JwksCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exhausted process answers 503 and stays able to fetch later."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    before = failures()
    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert outcome(lambda: jwks.key_for(KID)) is IdentityUnavailable
    assert failures() > before
    assert jwks._flight is None


@pytest.mark.parametrize(
    "member",
    [
        {"alg": "RS512"},
        {"alg": "PS256"},
        {"alg": None},
        {"use": "enc"},
        {"kty": "EC"},
        {"kty": ABSENT},
        {"kid": ABSENT},
        {"kid": 7},
        {"n": ABSENT},
        {"n": 65537},
        {"n": "!!!"},
        {"n": ""},
        {"e": ""},
        {"e": "AA"},
    ],
    ids=str,
)
def test_t02_only_keys_for_rs256_are_taken(member: dict[str, Any]) -> None:
    """T02: a JWK of another algorithm, use or type, or a broken one, is passed over."""
    good = public_jwk(rsa_key(), "good")
    other = public_jwk(rsa_key("second"), "other", **member)
    assert set(parse_jwks(json.dumps({"keys": [other, good]}).encode())) == {"good"}


def test_t02_short_keys_are_not_taken() -> None:
    """T02: under 2,048 bits a modulus can be factored."""
    short = public_jwk(rsa_key("short", 1024), "short")
    with pytest.raises(ValueError, match="no usable key"):
        parse_jwks(json.dumps({"keys": [short]}).encode())


def test_optional_jwk_members_may_be_left_out() -> None:
    """RFC 7517 §4.2 and §4.4: `use` and `alg` are optional; extra members are ignored."""
    bare = public_jwk(rsa_key(), "bare", use=ABSENT, alg=ABSENT, x5t="x", future={"a": 1})
    assert set(parse_jwks(json.dumps({"keys": [bare]}).encode())) == {"bare"}
