"""One token, claim by claim: what it says, what is expected, and why it is refused.

What is shown here is read before the signature is known to be good, for explanation alone; the
last line is the gateway's own verdict. The token itself is never printed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import urllib3
from joserfc.util import urlsafe_b64decode

from app.auth.act_as import HEADER as ACT_AS
from app.auth.claims import Rules
from app.auth.jwks import JwksCache
from app.auth.jws import (
    MAX_TOKEN_CHARS,
    check_length,
    checked_header,
    read_claims,
    signed_claims,
)
from app.auth.keyset import PublicKey
from app.auth.verifier import TokenVerifier
from app.cli.doctor.deployment import Deployment
from app.cli.doctor.formatting import host_of, printable
from app.cli.doctor.provider import FETCH_SECONDS
from app.cli.doctor.results import Result
from app.cli.doctor.token_checks import (
    ALGORITHM,
    FORM,
    FRONT_END,
    HEADER,
    KEY,
    LENGTH,
    PARTS,
    SIGNATURE,
    VERDICT,
    claim_check,
)
from app.cli.doctor.token_claims import shown_claims
from app.domain.errors import IdentityUnavailable, Problem
from app.services.auth import key_source, token_rules
from config import Settings


def token_results(deployment: Deployment, token: str) -> Iterator[Result]:
    """One line for whatever the gateway looks at, then the verdict of its own verifier."""
    token = token.strip()
    try:
        header = _unverified_header(token)
    except ValueError:
        problem = "two parts are missing" if "." not in token else "its parts cannot be read"
        yield FORM.fault(f"{len(token)} characters; {problem}")
        return
    try:
        claims = read_claims(token)
    except Problem as problem:
        yield FORM.fault(f"{len(token)} characters: {problem.detail}")
        yield _verdict(deployment.settings, token)
        return
    yield FORM.ok(f"{len(token)} characters")
    rules = token_rules(deployment.settings)
    yield from _header(rules, token, header)
    yield from _signature(deployment.settings, token, header)
    yield from _claims(rules, deployment.settings, claims)
    yield _verdict(deployment.settings, token)


def _unverified_header(token: str) -> dict[str, Any]:
    """The header of a token with readable parts, whoever wrote them. Raises ValueError."""
    parts = token.split(".")
    if len(parts) != 3:
        raise ValueError
    try:
        header, claims = (json.loads(urlsafe_b64decode(part.encode())) for part in parts[:2])
    except RecursionError:
        raise ValueError from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise ValueError
    return header


def _header(rules: Rules, token: str, header: Mapping[str, Any]) -> Iterator[Result]:
    try:
        check_length(token)
        yield LENGTH.ok(f"{len(token)} of {MAX_TOKEN_CHARS}")
    except Problem as problem:
        yield LENGTH.fault(f"{len(token)} characters: {problem.detail}")
    algorithm = header.get("alg")
    known = isinstance(algorithm, str) and algorithm in rules.algorithms
    accepted = " or ".join(sorted(rules.algorithms))
    yield ALGORITHM.passes_if(
        known, printable(algorithm), f"{printable(algorithm)}, not {accepted}"
    )
    if known:
        try:
            checked_header(token, rules.algorithms)
            yield HEADER.ok()
        except Problem as problem:
            yield HEADER.fault(problem.detail)


def _signature(settings: Settings, token: str, header: Mapping[str, Any]) -> Iterator[Result]:
    where = host_of(settings.oidc_jwks_url or settings.oidc_issuer or settings.cognito_jwks_url)
    try:
        keys = key_source(settings).fetch(FETCH_SECONDS)
    except (ValueError, RecursionError, urllib3.exceptions.HTTPError) as error:
        said = str(error) if isinstance(error, ValueError) else type(error).__name__
        yield KEY.unknown(f"{where} gives no keys: {printable(said)}")
        return
    kid = header.get("kid")
    key = keys.get(kid) if isinstance(kid, str) else None
    if key is None:
        yield KEY.fault(f"{printable(kid)} is none of the {len(keys)} at {where}")
        return
    yield KEY.ok(printable(kid))
    yield _signed(token, key, header.get("alg"))


def _signed(token: str, key: PublicKey, algorithm: object) -> Result:
    try:
        signed_claims(token, key, str(algorithm))
    except Problem as problem:
        return SIGNATURE.fault(problem.detail)
    return SIGNATURE.ok()


def _claims(rules: Rules, settings: Settings, claims: Mapping[str, Any]) -> Iterator[Result]:
    """Each part of the rules by itself: whatever they refuse has its line."""
    now = time.time()
    shown = shown_claims(settings, claims, now)
    for name, part in rules.parts(now).items():
        check = PARTS.get(name, claim_check(name, name, FRONT_END))
        try:
            part(claims)
        except Problem as problem:
            said = [shown[name]] if name in shown else []
            yield check.fault(": ".join([*said, problem.detail]))
        else:
            yield check.ok(shown.get(name, "yes"))


def _verdict(settings: Settings, token: str) -> Result:
    verifier = TokenVerifier(JwksCache(key_source(settings)), token_rules(settings))
    try:
        principal = verifier.verify_token(token)
    except IdentityUnavailable as problem:
        return VERDICT.unknown(problem.detail)
    except Problem as problem:
        return VERDICT.fault(problem.detail)
    who = f"{principal.sub} by {principal.client_id}"
    return VERDICT.ok(f"{who}, which names its user in {ACT_AS}" if principal.is_service else who)
