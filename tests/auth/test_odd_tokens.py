"""Tokens that a parser might read in two ways, or not survive."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.auth.verifier import TokenVerifier
from app.domain.errors import IdentityUnavailable, InvalidToken
from tests.auth.tokens import SUB, JwksServer, TokenMaker, b64url, sign_rs256

OTHER = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
DEEP = 1500


def outcome(verifier: TokenVerifier, token: str) -> object:
    """Whose token it is, or why it is nobody's."""
    try:
        return verifier.verify_token(token).sub
    except (InvalidToken, IdentityUnavailable) as problem:
        return type(problem)


def headed(make_token: TokenMaker, header: bytes) -> str:
    """A good signature below any header."""
    body = make_token().split(".")[1]
    signed = f"{b64url(header)}.{body}"
    return f"{signed}.{b64url(sign_rs256(make_token.key, signed.encode()))}"


def test_t02_an_encrypted_token_is_none(verifier: TokenVerifier, make_token: TokenMaker) -> None:
    """T02: five parts, be they a good token's, and what is no base64url, are no JWS."""
    good = make_token()
    head, body, signature = good.split(".")
    for token in (
        ".".join([head, body, signature, body, signature]),
        ".".join([head, "", body, signature]),
        f"{good}==",
        f"{head}.{body}\n.{signature}",
        f"{good}é",
        f" {good}",
    ):
        assert outcome(verifier, token) is InvalidToken


@pytest.mark.parametrize(
    ("header", "is_taken"),
    [
        (b'{"alg":"none","alg":"RS256","kid":"test-key-1"}', True),
        (b'{"alg":"RS256","alg":"none","kid":"test-key-1"}', False),
        (b'{"alg":"RS256","\\u0061lg":"HS256","kid":"test-key-1"}', False),
        (b'{"alg":"RS256","kid":"test-key-1","kid":"elsewhere"}', False),
        (b'{"alg":"rs256","kid":"test-key-1"}', False),
        (b'{"alg":["RS256"],"kid":"test-key-1"}', False),
        (b'\xef\xbb\xbf{"alg":"RS256","kid":"test-key-1"}', False),
        ('{"alg":"RS256","kid":"test-key-1"}'.encode("utf-16"), False),
        (b'{"alg":"RS256","kid":"test-key-1","x":1e999}', False),
        (b'{"alg":"RS256","kid":"test-key-1","x":"\\ud800"}', False),
        (b'{"alg":"RS256","kid":"test-key-1","x":' + b"[" * 100 + b"]" * 100 + b"}", True),
        (b'{"alg":"RS256","kid":"test-key-1"}{}', False),
    ],
    ids=lambda each: str(each)[:60],
)
def test_t02_a_header_has_one_meaning(
    verifier: TokenVerifier, make_token: TokenMaker, header: bytes, is_taken: bool
) -> None:
    """T02: of members that come twice the last counts, for the choice of the key and for the
    signature alike (RFC 7515 §4); escapes, encodings and depth hide none."""
    found = outcome(verifier, headed(make_token, header))
    assert found == SUB if is_taken else found in (InvalidToken, IdentityUnavailable)


def test_t06_claims_have_one_meaning(verifier: TokenVerifier, make_token: TokenMaker) -> None:
    """T06: of claims that come twice the last counts (RFC 7519 §4), whichever is looked at."""
    claims = json.dumps(make_token.claims())
    later = f'{claims[:-1]}, "sub": "{OTHER}"}}'
    assert outcome(verifier, make_token.sign(later.encode())) == OTHER
    for more in ('"exp": 1', '"token_use": "id"', '"client_id": "another"', '"iss": "x"'):
        token = make_token.sign(f"{claims[:-1]}, {more}}}".encode())
        assert outcome(verifier, token) is InvalidToken


def test_t03_deep_claims_are_refused(verifier: TokenVerifier, make_token: TokenMaker) -> None:
    """T03: what recursion would not survive."""
    deep = "[" * DEEP + "]" * DEEP
    claims = f'{json.dumps(make_token.claims())[:-1]}, "x": {deep}}}'
    for payload in (claims, deep):
        assert outcome(verifier, make_token.sign(payload.encode())) is InvalidToken


@pytest.mark.parametrize(
    "kid",
    [
        "../../../../dev/null",
        "x'OR'1'='1",
        "https://evil.example/keys.json",
        "file:///dev/null",
        "$(id)",
        "__proto__",
        "test-key-1%00",
        "TEST-KEY-1",
    ],
)
def test_t02_a_kid_is_only_a_name(
    verifier: TokenVerifier, make_token: TokenMaker, jwks_server: JwksServer, kid: str
) -> None:
    """T02, T04: looked up among the keys that were fetched, and used for nothing else."""
    assert outcome(verifier, make_token(header={"kid": kid})) is InvalidToken
    assert {*jwks_server.hits} == {"/pool/.well-known/jwks.json"}


@pytest.mark.parametrize(
    ("claims", "is_taken"),
    [
        ({"exp": 2**63}, True),
        ({"exp": 2**64 + 1}, True),
        ({"exp": 1e308}, True),
        ({"exp": -1e308}, False),
        ({"exp": -0.0}, False),
        ({"exp": -(10**400)}, False),
        ({"exp": 10**400}, False),
        ({"iat": -1e308, "nbf": -(2**70)}, True),
        ({"iat": 1e308}, False),
        ({"nbf": 10**400}, False),
    ],
    ids=str,
)
def test_t05_no_number_is_too_large(
    verifier: TokenVerifier, make_token: TokenMaker, claims: dict[str, Any], is_taken: bool
) -> None:
    """T05: no time overflows, nor its difference to now; twice, as the second is remembered."""
    token = make_token(**claims)
    for _ in range(2):
        assert outcome(verifier, token) == (SUB if is_taken else InvalidToken)
