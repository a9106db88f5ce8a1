"""Tokens: a Principal that the signed claims name, or a refusal."""

from __future__ import annotations

import base64
import json
from typing import Any

from app.auth.cognito import CognitoRules
from app.auth.jwks import SigningKey
from app.auth.keyset import parse_jwks
from app.auth.verifier import TokenVerifier
from app.domain.errors import InsufficientScope, InvalidToken
from app.domain.principal import Principal, is_sub
from tests.auth.tokens import CLIENT_ID, ISSUER, Clock, TokenMaker

CLOCK = Clock()
POOL = TokenMaker(clock=CLOCK)


class OneKey:
    """The pool's key, without a server to fetch it from."""

    version = 1

    def __init__(self) -> None:
        keys = parse_jwks(json.dumps(POOL.jwks()).encode())
        self._keys = {kid: SigningKey(kid, key, 1) for kid, key in keys.items()}

    def key_for(self, kid: str) -> SigningKey:
        try:
            return self._keys[kid]
        except KeyError:
            raise InvalidToken("The token is signed with an unknown key") from None


def verifier() -> TokenVerifier:
    rules = CognitoRules(frozenset({ISSUER}), frozenset({CLIENT_ID}), accepted_use="any")
    return TokenVerifier(OneKey(), rules, clock=CLOCK, memory_size=100)


VERIFIER = verifier()
TOKEN = POOL()

#: One letter says what the rest is: a token, an edit of a good one, or a header and claims to sign.
SEEDS = [
    b"t" + TOKEN.encode(),
    b"t" + POOL.sign(b"{}", {"alg": "none"}).encode(),
    b"e\x00\x05\x01A",
    b"e\x01\x80\x00.",
    b"s{}\n" + json.dumps(POOL.claims()).encode(),
    b"s{}\n" + json.dumps(POOL.claims(token_use="id")).encode(),
    b's{"alg":"HS256"}\n' + json.dumps(POOL.claims(**{"cognito:groups": ["a"]})).encode(),
    b's{"crit":["exp"],"jku":"http://x"}\n' + json.dumps(POOL.claims(scope="a b")).encode(),
    b's{"typ":"JWT"}\n{"sub":"..","exp":1e400,"exp":[1]}',
]


def check(data: bytes) -> None:
    kind, rest = data[:1], data[1:]
    if kind == b"e":
        check_edit(rest)
    elif kind == b"s":
        header, _, claims = rest.partition(b"\n")
        check_signed(header, claims)
    else:
        token = rest.decode("latin-1")
        assert verdict(token) is None or token == TOKEN


def verdict(token: str) -> Principal | None:
    try:
        principal = VERIFIER.verify_token(token)
    except (InvalidToken, InsufficientScope):
        return None
    assert isinstance(principal, Principal)
    return principal


def check_edit(data: bytes) -> None:
    """Some characters of a good token replaced: never another token that is good."""
    at, removed, put = int.from_bytes(data[:2]), data[2:3], data[3:]
    at %= len(TOKEN) + 1
    edited = TOKEN[:at] + put.decode("latin-1") + TOKEN[at + (removed[0] if removed else 0) :]
    assert edited == TOKEN or verdict(edited) is None


def check_signed(header: bytes, claims: bytes) -> None:
    """Any header, any claims, with the pool's own signature."""
    try:
        members = json.loads(header)
    except (ValueError, RecursionError):
        members = None
    token = POOL.sign(claims, members if isinstance(members, dict) else None)
    principal = verdict(token)
    if principal is not None:
        check_principal(principal, read(token.split(".")[0]), read(token.split(".")[1]))


def check_principal(principal: Principal, header: dict[str, Any], claims: dict[str, Any]) -> None:
    assert header["alg"] == "RS256"
    assert not {"crit", "jku", "jwk", "x5u", "x5c", "b64"} & header.keys()
    assert claims["sub"] == principal.sub
    assert is_sub(principal.sub)
    assert claims["iss"] == ISSUER
    use = claims["token_use"]
    assert use in ("access", "id")
    assert claims["client_id" if use == "access" else "aud"] == CLIENT_ID
    assert claims["exp"] > CLOCK.now - 60
    assert principal.groups == frozenset(claims.get("cognito:groups", ()))
    assert principal.scopes == frozenset(claims.get("scope", "").split())


def read(segment: str) -> dict[str, Any]:
    document = json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    assert isinstance(document, dict)
    return document
