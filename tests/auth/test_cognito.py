"""Tokens that must pass, tokens that must not, and what is remembered of them."""

from __future__ import annotations

import gc
import hashlib
import hmac
import json
import random
import time
import tracemalloc
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.auth.claims import MissingScope
from app.auth.jwks import JwksCache
from app.auth.jws import MAX_TOKEN_CHARS
from app.auth.verifier import TokenVerifier
from app.domain.errors import IdentityUnavailable, InvalidToken
from app.domain.principal import Principal
from tests.auth.tokens import (
    ABSENT,
    CLIENT_ID,
    ISSUER,
    SUB,
    Clock,
    JwksServer,
    TokenMaker,
    b64url,
    public_jwk,
    public_pem,
    rsa_key,
)
from tests.waiting import eventually

VerifierFor = Callable[..., TokenVerifier]
DAY = 86_400


def refused(verifier: TokenVerifier, token: str) -> bool:
    try:
        verifier.verify_token(token)
    except InvalidToken:
        return True
    return False


def turned_away(verifier: TokenVerifier, token: str) -> bool:
    """Refused, or undecided until the next fetch: the key it names may be published by then."""
    try:
        return refused(verifier, token)
    except IdentityUnavailable:
        return True


# --- what passes ---


def test_an_access_token_becomes_a_principal(
    verifier: TokenVerifier, make_token: TokenMaker
) -> None:
    """Every field of the principal is the claim that Cognito documents for it."""
    token = make_token(scope="openid assets/read", **{"cognito:groups": ["admins", "beta"]})
    assert verifier.verify_token(token) == Principal(
        sub=SUB,
        username="alice",
        client_id=CLIENT_ID,
        groups=frozenset({"admins", "beta"}),
        scopes=frozenset({"openid", "assets/read"}),
    )


def test_an_id_token_becomes_a_principal(verifier_for: VerifierFor, make_token: TokenMaker) -> None:
    """An ID token has its client in `aud`, another name for the user, and no scopes."""
    principal = verifier_for(accepted_use="id").verify_token(make_token(token_use="id"))
    assert principal == Principal(sub=SUB, username="alice", client_id=CLIENT_ID)


def test_bare_claims_are_enough(verifier: TokenVerifier, make_token: TokenMaker) -> None:
    """Groups, scope, user name, iat and jti are optional."""
    token = make_token(username=ABSENT, scope=ABSENT, iat=ABSENT, auth_time=ABSENT, jti=ABSENT)
    assert verifier.verify_token(token) == Principal(sub=SUB, client_id=CLIENT_ID)


def test_unknown_headers_and_claims_are_ignored(
    verifier: TokenVerifier, make_token: TokenMaker
) -> None:
    """RFC 7515 §4 and RFC 7519 §4: what is not understood is ignored."""
    assert verifier.verify_token(make_token(header={"typ": "JWT", "new": 1}, device_key="x"))


# --- T01 ---


def test_t01_several_client_ids_are_allowed(
    verifier_for: VerifierFor, make_token: TokenMaker
) -> None:
    """T01: any client of the allow list, and the principal says which."""
    verifier = verifier_for(client_ids=frozenset({"web", "mobile"}))
    assert verifier.verify_token(make_token(client_id="web")).client_id == "web"
    assert verifier.verify_token(make_token(client_id="mobile")).client_id == "mobile"
    assert refused(verifier, make_token())


@pytest.mark.parametrize(
    ("configured", "access", "id_"),
    [("access", True, False), ("id", False, True), ("any", True, True)],
)
def test_t01_token_use_is_as_configured(
    verifier_for: VerifierFor, make_token: TokenMaker, configured: str, access: bool, id_: bool
) -> None:
    """T01: an ID token where access is required is refused, and the other way round."""
    verifier = verifier_for(accepted_use=configured)
    assert refused(verifier, make_token(token_use="access")) is not access
    assert refused(verifier, make_token(token_use="id")) is not id_


@pytest.mark.parametrize("configured", ["access", "id", "any"])
@pytest.mark.parametrize("use", [ABSENT, None, "", "refresh", "Access", ["access"], {}, 1, True])
def test_t01_other_token_uses_are_refused(
    verifier_for: VerifierFor, make_token: TokenMaker, configured: str, use: Any
) -> None:
    """T01: a missing or odd `token_use` is refused under every setting."""
    token = make_token(token_use=use, aud=CLIENT_ID, client_id=CLIENT_ID)
    assert refused(verifier_for(accepted_use=configured), token)


@pytest.mark.parametrize(
    "client_id",
    [ABSENT, None, "", "other", CLIENT_ID.upper(), CLIENT_ID + "x", [CLIENT_ID], {}, 1],
    ids=repr,
)
def test_t01_wrong_clients_are_refused(
    verifier_for: VerifierFor, make_token: TokenMaker, client_id: Any
) -> None:
    """T01: `client_id` of an access token and `aud` of an ID token are compared as a whole."""
    verifier = verifier_for(accepted_use="any")
    assert refused(verifier, make_token(client_id=client_id))
    assert refused(verifier, make_token(token_use="id", aud=client_id))


def test_t01_clients_are_read_from_their_own_claim(
    verifier_for: VerifierFor, make_token: TokenMaker
) -> None:
    """T01: `aud` does not stand in for `client_id`, nor the reverse."""
    verifier = verifier_for(accepted_use="any")
    assert refused(verifier, make_token(client_id=ABSENT, aud=CLIENT_ID))
    assert refused(verifier, make_token(token_use="id", aud=ABSENT, client_id=CLIENT_ID))


@pytest.mark.parametrize("aud", ["https://other.example", None, [], ["https://other.example"]])
def test_t01_access_tokens_for_another_resource_are_refused(
    verifier: TokenVerifier, make_token: TokenMaker, aud: Any
) -> None:
    """T01: no `aud` is expected; one that is there must not point elsewhere (RFC 8707)."""
    assert refused(verifier, make_token(aud=aud))
    assert not refused(verifier, make_token(aud=CLIENT_ID))


@pytest.mark.parametrize(
    "issuer",
    [
        ABSENT,
        None,
        "",
        "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Another1",
        ISSUER + "2",
        ISSUER + "/",
        ISSUER + ".evil.example",
        ISSUER[:-1],
        ISSUER.upper(),
        ISSUER.replace("https", "http"),
        [ISSUER],
    ],
    ids=repr,
)
def test_t01_other_issuers_are_refused(
    verifier: TokenVerifier, make_token: TokenMaker, issuer: Any
) -> None:
    """T01: another pool, or an issuer that only starts alike."""
    assert refused(verifier, make_token(iss=issuer))


@pytest.mark.parametrize(
    "faulty",
    [
        {"client_ids": frozenset()},
        {"client_ids": frozenset({""})},
        {"issuers": frozenset()},
        {"issuers": frozenset({""})},
        {"accepted_use": "refresh"},
        {"leeway_seconds": 61},
        {"leeway_seconds": -1},
    ],
    ids=repr,
)
def test_settings_that_let_in_too_much_are_refused(
    verifier_for: VerifierFor, faulty: dict[str, Any]
) -> None:
    """No setting turns a check off."""
    with pytest.raises(ValueError, match=r".+"):
        verifier_for(**faulty)


# --- T02 ---


def test_t02_alg_none_is_refused(
    verifier: TokenVerifier, make_token: TokenMaker, jwks_server: JwksServer
) -> None:
    """T02: unsigned tokens, in every spelling, with or without a signature; no key is sought."""
    payload = json.dumps(make_token.claims()).encode()
    for alg in ("none", "None", "NONE", "nOnE", "", None, ABSENT, ["RS256"], {}):
        token = make_token.sign(payload, {"alg": alg})
        assert refused(verifier, token)
        assert refused(verifier, token.rsplit(".", 1)[0] + ".")
        assert refused(verifier, make_token.sign(payload, {"alg": alg}, lambda _: b""))
    assert jwks_server.hits == []


def test_t02_hs256_with_the_public_key_is_refused(
    verifier: TokenVerifier, make_token: TokenMaker
) -> None:
    """T02: the public key in any of its forms is no shared secret."""
    payload = json.dumps(make_token.claims()).encode()
    jwk = public_jwk(make_token.key, make_token.kid)
    for secret in (public_pem(make_token.key), jwk["n"].encode(), json.dumps(jwk).encode()):

        def sign(text: bytes, secret: bytes = secret) -> bytes:
            return hmac.digest(secret, text, hashlib.sha256)

        assert refused(verifier, make_token.sign(payload, {"alg": "HS256"}, sign))
        assert refused(verifier, make_token.sign(payload, {"alg": "RS256"}, sign))


def test_t02_other_algorithms_are_refused(verifier: TokenVerifier, make_token: TokenMaker) -> None:
    """T02: good signatures by other algorithms, under their own name and under RS256's."""
    payload = json.dumps(make_token.claims()).encode()
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
    curve_key = ec.generate_private_key(ec.SECP256R1())
    signers: dict[str, Callable[[bytes], bytes]] = {
        "RS384": lambda text: make_token.key.sign(text, padding.PKCS1v15(), hashes.SHA384()),
        "RS512": lambda text: make_token.key.sign(text, padding.PKCS1v15(), hashes.SHA512()),
        "PS256": lambda text: make_token.key.sign(text, pss, hashes.SHA256()),
        "ES256": lambda text: curve_key.sign(text, ec.ECDSA(hashes.SHA256())),
    }
    for alg, signer in signers.items():
        assert refused(verifier, make_token.sign(payload, {"alg": alg}, signer))
        assert refused(verifier, make_token.sign(payload, {"alg": "RS256"}, signer))


def test_t02_keys_and_addresses_in_the_header_are_refused(
    verifier: TokenVerifier, make_token: TokenMaker, jwks_server: JwksServer
) -> None:
    """T02: jku, x5u, jwk, x5c, b64: refused even beside a good signature, and never fetched."""
    mine = TokenMaker(kid="mine", key=rsa_key("second"), clock=make_token.clock)
    with JwksServer(mine) as evil:
        for header in (
            {"jku": evil.url},
            {"x5u": evil.url},
            {"jwk": public_jwk(mine.key, "mine")},
            {"x5c": ["MIIB"]},
            {"jku": None},
            {"b64": True},
        ):
            assert refused(verifier, make_token(header=header))
            assert refused(verifier, mine(header=header))
            assert refused(verifier, mine(header={**header, "kid": make_token.kid}))
        assert evil.hits == []


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"], "exp": 1},
        {"crit": ["unknown"], "unknown": 1},
        {"crit": ["b64"], "b64": False},
        {"crit": ["b64"], "b64": True},
        {"crit": []},
        {"crit": "kid"},
        {"crit": None},
        {"b64": False},
    ],
    ids=repr,
)
def test_t02_critical_extensions_are_refused(
    verifier: TokenVerifier, make_token: TokenMaker, header: dict[str, Any]
) -> None:
    """T02: no extension is understood, so none may be critical (RFC 7515 §4.1.11)."""
    assert refused(verifier, make_token(header=header))


def test_t02_a_jwk_of_another_algorithm_verifies_nothing(
    verifier: TokenVerifier, make_token: TokenMaker, jwks_server: JwksServer
) -> None:
    """T02: the same key published for RS512 is not a key for RS256."""
    spare = public_jwk(rsa_key("second"), "spare")
    jwks_server.answer_json(
        {"keys": [public_jwk(make_token.key, make_token.kid, alg="RS512"), spare]}
    )
    assert refused(verifier, make_token())
    spare_token = TokenMaker(kid="spare", key=rsa_key("second"), clock=make_token.clock)
    assert not refused(verifier, spare_token())


@pytest.mark.parametrize(
    "kid", [ABSENT, None, "", 1, [], "k" * 129, "a b", "a\n", "ä", "\0"], ids=repr
)
def test_t02_a_missing_or_odd_kid_is_refused(
    verifier: TokenVerifier, make_token: TokenMaker, jwks_server: JwksServer, kid: Any
) -> None:
    """T02, T03: even against a one-key set the key must be named; no fetch is made for it."""
    assert refused(verifier, make_token(header={"kid": kid}))
    assert jwks_server.hits == []


def test_t02_the_published_key_of_moto_is_refused(
    verifier: TokenVerifier, jwks_server: JwksServer, clock: Clock
) -> None:
    """T02: `dummy` is in a public package; it is refused even when the set has it."""
    everybody = TokenMaker(kid="dummy", clock=clock)
    jwks_server.publish(everybody)
    assert refused(verifier, everybody())


def test_t02_another_key_under_a_known_kid_is_refused(
    verifier: TokenVerifier, make_token: TokenMaker
) -> None:
    """T02: the name of a key is no proof."""
    forger = TokenMaker(kid=make_token.kid, key=rsa_key("second"), clock=make_token.clock)
    assert refused(verifier, forger())


def test_t02_parts_of_two_good_tokens_do_not_mix(
    verifier: TokenVerifier, make_token: TokenMaker
) -> None:
    """T02: header, claims and signature belong together."""
    alice, bob = make_token(sub="alice").split("."), make_token(sub="bob").split(".")
    assert not refused(verifier, ".".join(alice))
    assert refused(verifier, ".".join([alice[0], bob[1], alice[2]]))


# --- T03, as far as it is the token's ---


def test_t03_token_size_is_bounded(verifier: TokenVerifier, make_token: TokenMaker) -> None:
    """T03: a good token of 8 KB passes, one character more does not."""
    assert MAX_TOKEN_CHARS == 8192
    filling = "x" * 5000
    while len(make_token(filling=filling)) < MAX_TOKEN_CHARS:
        filling += "x"
    assert len(make_token(filling=filling)) == MAX_TOKEN_CHARS
    assert not refused(verifier, make_token(filling=filling))
    assert refused(verifier, make_token(filling=filling + "x"))


def test_t03_garbage_costs_no_fetch_and_no_rsa(
    verifier_for: VerifierFor, make_token: TokenMaker, jwks_server: JwksServer
) -> None:
    """T03: what does not look like a token is refused before keys are looked for."""
    verifier = verifier_for()
    header, payload, signature = make_token().split(".")
    utf16_header = json.dumps({"alg": "RS256", "kid": make_token.kid}).encode("utf-16")
    for token in (
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        header,
        f"{header}.{payload}",
        f"{header}.{payload}.",
        f"{header}..{signature}",
        f".{payload}.{signature}",
        f"{header}.{payload}.{signature}.",
        f"{header}.{payload}.{signature}.{signature}",
        f"{header}.{payload}.{signature[:300]}",
        f"{header}=.{payload}.{signature}",
        f" {header}.{payload}.{signature}",
        f"{header}.{payload}.{signature}\n",
        f"{b64url(b'[]')}.{payload}.{signature}",
        f"{b64url(b'null')}.{payload}.{signature}",
        f"{b64url(b'not json')}.{payload}.{signature}",
        f"{b64url(b'[' * 380)}.{payload}.{signature}",
        f"{b64url(utf16_header)}.{payload}.{signature}",
        f"{'A' * 513}.{payload}.{signature}",
        "\ud800.é.\0",
        "x" * 1_000_000,
    ):
        assert refused(verifier, token), token[:80]
    assert jwks_server.hits == []


def test_t03_a_token_that_is_over_costs_no_fetch(
    verifier_for: VerifierFor, make_token: TokenMaker, jwks_server: JwksServer, clock: Clock
) -> None:
    """T03: pages that were left open send expired tokens: refused before keys are looked for."""
    verifier, now = verifier_for(), int(clock())
    for header in ({}, {"kid": "unknown"}):
        assert refused(verifier, make_token(header=header, exp=now - 60))
    assert jwks_server.hits == []


def test_t03_unknown_keys_are_401_and_unreachable_ones_503(
    verifier: TokenVerifier, make_token: TokenMaker, jwks_server: JwksServer, clock: Clock
) -> None:
    """An unknown kid is a 401 once a fetch succeeded without it, a 503 while none can be had."""
    jwks_server.answer(500)
    with pytest.raises(IdentityUnavailable):
        verifier.verify_token(make_token())
    clock.advance(30)
    jwks_server.publish(make_token)
    assert verifier.verify_token(make_token())
    clock.advance(30)
    assert refused(verifier, make_token(header={"kid": "other"}))


# --- T05 ---

ODD_TIMES = [None, "", "9999999999", True, False, [], {}, float("nan"), float("inf")]


@pytest.mark.parametrize("exp", [ABSENT, 0, -1, float("-inf"), *ODD_TIMES], ids=repr)
def test_t05_odd_expiries_are_refused(
    verifier: TokenVerifier, make_token: TokenMaker, exp: Any
) -> None:
    """T05: `exp` missing, a string, a bool, NaN, infinite or zero."""
    assert refused(verifier, make_token(exp=exp))


@pytest.mark.parametrize("name", ["iat", "nbf"])
@pytest.mark.parametrize("instant", ODD_TIMES, ids=repr)
def test_t05_odd_beginnings_are_refused(
    verifier: TokenVerifier, make_token: TokenMaker, name: str, instant: Any
) -> None:
    """T05: `iat` and `nbf` are times when they are there."""
    assert refused(verifier, make_token(**{name: instant}))


def test_t05_an_overflowing_number_is_refused(
    verifier: TokenVerifier, make_token: TokenMaker
) -> None:
    """T05: 1e309 is infinity once parsed, and 5,000 digits are no time."""
    for number in (b"1e309", b"-1e309", b"9" * 4400):
        payload = (
            json.dumps(make_token.claims(exp=0)).encode().replace(b'"exp": 0', b'"exp": ' + number)
        )
        assert number in payload
        assert refused(verifier, make_token.sign(payload))


def test_t05_skew_is_tolerated_up_to_the_leeway(
    verifier: TokenVerifier, make_token: TokenMaker, clock: Clock
) -> None:
    """T05: 60 s on either side, to the second."""
    now = int(clock())
    assert not refused(verifier, make_token(exp=now - 59))
    assert refused(verifier, make_token(exp=now - 60))
    for name in ("iat", "nbf"):
        assert not refused(verifier, make_token(**{name: now + 60}))
        assert refused(verifier, make_token(**{name: now + 61}))


def test_t05_no_leeway_means_none(
    verifier_for: VerifierFor, make_token: TokenMaker, clock: Clock
) -> None:
    """T05: the leeway is a setting within 0 to 60."""
    verifier, now = verifier_for(leeway_seconds=0), int(clock())
    assert not refused(verifier, make_token(exp=now + 1))
    assert refused(verifier, make_token(exp=now))
    assert refused(verifier, make_token(iat=now + 1))


# --- T06 ---


@pytest.mark.parametrize(
    "sub",
    [
        *[ABSENT, None, "", 1, True, [], {}, ["a"], ".", "..", "../b", "a/b", "/", "a\\b"],
        *["a\0", "\0", "a\n", "a b", " ", "%2e%2e", "é", "a*", "a?", "a\u202e", "a" * 129],
    ],
    ids=repr,
)
def test_t06_unusable_subs_are_refused(
    verifier: TokenVerifier, make_token: TokenMaker, sub: Any
) -> None:
    """T06: what could leave or blur the caller's root never becomes a principal."""
    assert refused(verifier, make_token(sub=sub))


@pytest.mark.parametrize("sub", [SUB, "a", "a" * 128, "A.b_c:d-9", "...", "a.."])
def test_t06_usable_subs_pass_unchanged(
    verifier: TokenVerifier, make_token: TokenMaker, sub: str
) -> None:
    """T06: the documented alphabet, and nothing is cleaned."""
    assert verifier.verify_token(make_token(sub=sub)).sub == sub


@pytest.mark.parametrize(
    "claims",
    [
        {"cognito:groups": "admins"},
        {"cognito:groups": None},
        {"cognito:groups": [1]},
        {"cognito:groups": [["admins"]]},
        {"cognito:groups": {"admins": 1}},
        {"scope": ["a"]},
        {"scope": None},
        {"username": 7},
    ],
    ids=repr,
)
def test_t06_malformed_companions_are_refused(
    verifier: TokenVerifier, make_token: TokenMaker, claims: dict[str, Any]
) -> None:
    """Groups are a list of names and scope is one string: nothing is read letter by letter."""
    assert refused(verifier, make_token(**claims))


@pytest.mark.parametrize("payload", [b"", b"[]", b"null", b'"x"', b"{", b"\xff", b"[" * 5000, b"1"])
def test_t05_signed_nonsense_is_refused(
    verifier: TokenVerifier, make_token: TokenMaker, payload: bytes
) -> None:
    """T05: a good signature over no claims is an invalid token, not a crash."""
    assert refused(verifier, make_token.sign(payload))


# --- scopes ---


def test_required_scopes_are_required(verifier_for: VerifierFor, make_token: TokenMaker) -> None:
    """All of them, as whole words; the refusal names them for the challenge."""
    verifier = verifier_for(
        required_scopes=frozenset({"assets/read", "assets/write"}), accepted_use="any"
    )
    assert verifier.verify_token(make_token(scope="x assets/write assets/read"))
    lacking = [{"scope": "assets/read"}, {"scope": "assets/read assets/writer"}, {"scope": ABSENT}]
    for claims in [*lacking, {"token_use": "id"}]:
        for _ in range(2):
            with pytest.raises(MissingScope) as caught:
                verifier.verify_token(make_token(**claims))
            assert caught.value.scopes == {"assets/read", "assets/write"}


def test_a_bad_token_is_invalid_before_it_is_insufficient(
    verifier_for: VerifierFor, make_token: TokenMaker
) -> None:
    """Nobody learns about scopes from a token that is not good."""
    verifier = verifier_for(required_scopes=frozenset({"assets/read"}))
    assert refused(verifier, make_token(exp=1))


# --- T07 ---


def counted(verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens that went through a full verification from now on."""
    fresh: list[str] = []
    verify_afresh = TokenVerifier._verify_afresh

    def record(self: TokenVerifier, token: str) -> Principal:
        fresh.append(token)
        return verify_afresh(self, token)

    monkeypatch.setattr(TokenVerifier, "_verify_afresh", record)
    return fresh


def test_t07_a_verdict_is_remembered(
    verifier: TokenVerifier, make_token: TokenMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second request with the same token does no RSA and gets the same principal."""
    fresh, token = counted(verifier, monkeypatch), make_token()
    assert verifier.verify_token(token) is verifier.verify_token(token)
    assert fresh == [token]


def test_t07_a_verdict_ends_with_its_exp(
    verifier: TokenVerifier, make_token: TokenMaker, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T07: from `exp` on the token is judged anew, and after the leeway refused."""
    fresh, token = counted(verifier, monkeypatch), make_token(exp=int(clock()) + 10)
    verifier.verify_token(token)
    clock.advance(9)
    verifier.verify_token(token)
    assert len(fresh) == 1
    clock.advance(1)
    verifier.verify_token(token)
    verifier.verify_token(token)
    assert len(fresh) == 3
    clock.advance(60)
    assert refused(verifier, token)


def test_t07_a_verdict_ends_with_its_key_set(
    verifier: TokenVerifier,
    make_token: TokenMaker,
    jwks: JwksCache,
    jwks_server: JwksServer,
    clock: Clock,
) -> None:
    """T07: once the key is withdrawn, what it signed is refused, remembered or not."""
    token = make_token()
    assert verifier.verify_token(token)
    successor = TokenMaker(kid="test-key-2", key=rsa_key("second"), clock=clock)
    jwks_server.publish(successor)
    clock.advance(30)
    assert verifier.verify_token(successor())
    assert jwks.version == 2
    assert refused(verifier, token)


def test_t07_a_key_set_that_grows_keeps_good_tokens_good(
    verifier: TokenVerifier, make_token: TokenMaker, jwks_server: JwksServer, clock: Clock
) -> None:
    """T07: the verdict is renewed under the new set, not lost."""
    token = make_token()
    assert verifier.verify_token(token)
    successor = TokenMaker(kid="test-key-2", key=rsa_key("second"), clock=clock)
    jwks_server.publish(make_token, successor)
    clock.advance(30)
    assert verifier.verify_token(successor())
    assert verifier.verify_token(token)


def test_t07_a_withdrawn_key_is_noticed_by_remembered_tokens_alone(
    verifier: TokenVerifier, make_token: TokenMaker, jwks_server: JwksServer, clock: Clock
) -> None:
    """T07: with no new token in sight, the memory does not keep an old set alive."""
    token = make_token(exp=int(clock()) + DAY)
    assert verifier.verify_token(token)
    jwks_server.publish(TokenMaker(kid="test-key-2", key=rsa_key("second")))
    clock.advance(901)
    assert eventually(lambda: refused(verifier, token))


def test_t07_the_memory_is_bounded(verifier_for: VerifierFor, make_token: TokenMaker) -> None:
    """T07: the oldest verdict is forgotten first, and refusals are not remembered at all."""
    verifier = verifier_for(memory_size=3)
    tokens = [make_token(sub=f"user-{number}") for number in range(6)]
    for token in tokens:
        verifier.verify_token(token)
    last_three = [hashlib.sha256(token.encode()).digest() for token in tokens[3:]]
    assert list(verifier._memory) == last_three
    assert refused(verifier, make_token(exp=1))
    assert list(verifier._memory) == last_three


def test_a_remembered_verdict_weighs_half_a_kilobyte(
    verifier: TokenVerifier, make_token: TokenMaker
) -> None:
    """10,000 are kept: what all of them have alike (sets, the client) is kept once."""
    scopes = "openid assets/read assets/write"
    tokens = [
        make_token(sub=str(uuid.uuid4()), username=str(uuid.uuid4()), scope=scopes)
        for _ in range(101)
    ]
    verifier.verify_token(tokens.pop())  # brings the keys
    tracemalloc.start()
    try:
        for token in tokens:
            verifier.verify_token(token)
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held / len(tokens) < 700


def test_t07_threads_never_mix_principals(
    verifier_for: VerifierFor, make_token: TokenMaker
) -> None:
    """Many threads and a tiny memory: each token still yields its own sub."""
    verifier = verifier_for(memory_size=4)
    tokens = {f"user-{number}": make_token(sub=f"user-{number}") for number in range(12)}

    def ask(seed: int) -> bool:
        order = random.Random(seed)  # noqa: S311 - an order, not a secret
        subs = [order.choice(list(tokens)) for _ in range(100)]
        return all(verifier.verify_token(tokens[sub]).sub == sub for sub in subs)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(8)))
    assert len(verifier._memory) <= 4


def test_a_remembered_verdict_is_at_least_twenty_times_cheaper(
    verifier: TokenVerifier, make_token: TokenMaker
) -> None:
    """The memory pays: measured as a ratio in one run, the best of several rounds each."""
    token = make_token()
    verifier.verify_token(token)

    def best(call: Callable[[str], object], times: int) -> float:
        def once() -> float:
            started = time.perf_counter()
            for _ in range(times):
                call(token)
            return (time.perf_counter() - started) / times

        return min(once() for _ in range(7))

    assert best(verifier._verify_afresh, 50) > 20 * best(verifier.verify_token, 500)


# --- properties ---

shared = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@shared
@given(data=st.data())
def test_no_mutation_of_a_good_token_verifies(
    verifier: TokenVerifier, make_token: TokenMaker, data: st.DataObject
) -> None:
    """Any character changed, cut out, put in, or segments shuffled: turned away."""
    token = make_token()
    assert verifier.verify_token(token)
    position = data.draw(st.integers(0, len(token) - 1))
    letters = st.sampled_from("ABCXYZabcxyz0189-_.=+/ ") | st.characters()
    mutated = data.draw(
        st.one_of(
            letters.map(lambda new: token[:position] + new + token[position + 1 :]),
            letters.map(lambda new: token[:position] + new + token[position:]),
            st.just(token[:position]),
            st.integers(1, 20).map(lambda size: token[:position] + token[position + size :]),
            st.permutations(token.split(".")).map(".".join),
        )
    )
    assert mutated == token or turned_away(verifier, mutated)


@shared
@given(
    text=st.one_of(st.text(), st.text("ABCabc019-_."), st.from_regex(r"\A[\w-]*\.[\w-]*\.[\w-]*\Z"))
)
def test_no_string_raises_anything_but_invalid_token(verifier: TokenVerifier, text: str) -> None:
    """Whatever arrives in the header, the answer is a 401."""
    assert refused(verifier, text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
HEADERS = ("alg", "kid", "typ", "cty", "crit", "jwk", "jku", "x5t", "b64")
CLAIMS = ("sub", "iss", "aud", "client_id", "token_use", "exp", "nbf", "iat", "scope", "username")


@shared
@given(
    header=st.dictionaries(st.sampled_from(HEADERS), json_values, max_size=3),
    claims=st.dictionaries(st.sampled_from((*CLAIMS, "cognito:groups")), json_values, max_size=4),
)
def test_signed_oddities_are_a_principal_or_a_401(
    verifier: TokenVerifier, make_token: TokenMaker, header: Any, claims: Any
) -> None:
    """Properly signed headers and claims of any JSON type never cause another exception."""
    token = make_token(header=header, **claims)
    if not refused(verifier, token):
        principal = verifier.verify_token(token)
        said = make_token.claims(**claims)
        assert (principal.sub, principal.username) == (said["sub"], said.get("username", ""))
        assert (principal.client_id, said["iss"]) == (said["client_id"], ISSUER)


@shared
@given(payload=st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
def test_signed_bytes_of_any_kind_are_refused(
    verifier: TokenVerifier, make_token: TokenMaker, payload: bytes
) -> None:
    """A good signature over what is no set of claims is a 401, never another exception."""
    assert refused(verifier, make_token.sign(payload))
