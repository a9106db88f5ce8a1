"""One token, claim by claim: what it says, what is expected, and why it is refused.

What is shown here is read before the signature is known to be good, for explanation alone; the
last line is the gateway's own verdict. The token itself is never printed.

Longer than other modules: one check, with its fix, for each claim.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

import urllib3
from joserfc.util import urlsafe_b64decode

from app.auth.act_as import HEADER as ACT_AS
from app.auth.claims import Claims, Rules, Seconds, is_instant
from app.auth.jwks import JwksCache
from app.auth.keyset import PublicKey
from app.auth.verifier import (
    MAX_TOKEN_CHARS,
    TokenVerifier,
    check_length,
    checked_header,
    read_claims,
    signed_claims,
)
from app.cli.doctor.deployment import Deployment, host_of
from app.cli.doctor.formatting import format_instant, printable
from app.cli.doctor.provider import FETCH_SECONDS
from app.cli.doctor.results import Check, Result
from app.domain.errors import IdentityUnavailable, Problem
from app.domain.instants import duration_text
from app.services.auth import key_source, token_rules
from config import Settings

#: Beyond it, times are no numbers that can be reckoned with.
_LAST_INSTANT = 2**53
_FRONT_END = "The front end must send the access token of this pool and client, and nothing else."


def _claim(name: str, title: str, fix: str) -> Check:
    return Check(
        f"token.{name}", title, "The gateway answers 401 to every request with this token.", fix
    )


FORM = _claim(
    "form",
    "It is a JWT",
    f"{_FRONT_END} Three parts with dots between; no quotes, no 'Bearer '.",
)
LENGTH = _claim(
    "length",
    "It is short enough",
    "Take the user out of some groups, or keep large claims out of the token: a token goes with "
    "every request.",
)
ALGORITHM = _claim("alg", "It is signed with an accepted algorithm", _FRONT_END)
HEADER = _claim("header", "Its header has nothing that is refused", _FRONT_END)
KEY = _claim(
    "kid",
    "Its key is the provider's",
    "The token is another issuer's: compare `iss` below with COGNITO_USER_POOL_ID and AWS_REGION, "
    "or OIDC_ISSUER.",
)
SIGNATURE = _claim("signature", "Its signature is good", "It was changed or cut: sign in again.")
#: By the names of ``Rules.parts``; what is not here has a line of its own all the same.
PARTS = {
    "exp": _claim(
        "exp",
        "It has not expired (exp)",
        "The front end must renew it with the refresh token before its end; check this machine's "
        "clock too (`date -u`).",
    ),
    "iat": _claim(
        "iat",
        "It is not from the future (iat, nbf)",
        "This machine's clock is behind: `sudo timedatectl set-ntp true`.",
    ),
    "iss": _claim(
        "iss",
        "Its issuer is ours (iss)",
        "Set COGNITO_USER_POOL_ID and AWS_REGION, here or in the front end: both must name one "
        "pool. For a pool that is replicated name its regions in COGNITO_REPLICA_REGIONS; for an "
        "issuer that is not AWS's set COGNITO_ISSUER, for another provider OIDC_ISSUER.",
    ),
    "token_use": _claim(
        "token_use",
        "It is of the right kind (token_use)",
        "Have the front end send the other token, or set COGNITO_TOKEN_USE (access, id, any).",
    ),
    "client": _claim(
        "client",
        "Its client is ours (client_id, aud)",
        "Add the front end's client to COGNITO_CLIENT_ID (comma-separated), or correct the front "
        "end.",
    ),
    "aud": _claim(
        "aud",
        "It is meant for us (aud)",
        "Set COGNITO_AUDIENCE (OIDC_AUDIENCE for another provider) to the identifier that the "
        "front end asks for as its resource or audience.",
    ),
    "sub": _claim("sub", "Its user can be named (sub)", _FRONT_END),
    "groups": _claim(
        "groups",
        "Its groups are a list of names",
        "Have the trigger or rule that writes them write a list; OIDC_GROUPS_CLAIM says which "
        "claim they are in.",
    ),
    "username": _claim(
        "username",
        "Its user name is text",
        "Have the trigger or rule that writes it write text.",
    ),
    "scope": _claim(
        "scope",
        "It has the scopes that are required",
        "Allow the scopes to the app client (Cognito > App clients > Login pages), ask for them "
        "at sign-in, or change COGNITO_REQUIRED_SCOPES. They are text, with blanks between them.",
    ),
}
VERDICT = _claim("verdict", "The gateway accepts it", "Mend the lines above.")


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
    shown = _said(settings, claims, now)
    for name, part in rules.parts(now).items():
        check = PARTS.get(name, _claim(name, name, _FRONT_END))
        try:
            part(claims)
        except Problem as problem:
            said = [shown[name]] if name in shown else []
            yield check.fault(": ".join([*said, problem.detail]))
        else:
            yield check.ok(shown.get(name, "yes"))


def _said(settings: Settings, claims: Mapping[str, Any], now: float) -> dict[str, str]:
    """What the token says, by the names of the rules' parts; the gateway's value where it helps."""
    is_id_token = claims.get("token_use") == "id"
    client = settings.oidc_client_claim if settings.oidc_issuer else "client_id"
    ours = settings.oidc_issuer or settings.cognito_issuer
    values = {
        "iss": claims.get("iss"),
        "token_use": claims.get("token_use"),
        "client": claims.get("aud" if is_id_token else client),
        "aud": claims.get("aud", "none"),
        "sub": claims.get("sub"),
        "groups": claims.get("cognito:groups", "none"),
        "username": claims.get("cognito:username" if is_id_token else "username", "none"),
        "scope": claims.get("scope", "none"),
    }
    shown = {name: printable(value) for name, value in values.items()}
    if settings.oidc_issuer:
        del shown["groups"], shown["username"]
    if claims.get("iss") != ours:
        shown["iss"] += f" (ours is {ours})"
    issued = claims.get("iat")
    beginning = format_instant(issued) if _is_reckonable(issued) else "it does not say since when"
    return shown | {"exp": _ending(claims, now), "iat": beginning}


def _ending(claims: Claims, now: float) -> str:
    """How long it is good for, and was from its beginning: a clock that is ahead shows in both."""
    expires, issued = claims.get("exp"), claims.get("iat")
    if not _is_reckonable(expires):
        return "it does not say when it ends"
    whole = ""
    if _is_reckonable(issued) and issued < expires:
        whole = f", of {duration_text(expires - issued)} in all"
    if expires <= now:
        ago = duration_text(now - expires)
        return f"it ended {ago} ago, at {format_instant(expires)}{whole}"
    return f"{duration_text(expires - now)} left{whole}"


def _is_reckonable(instant: object) -> TypeGuard[Seconds]:
    return is_instant(instant) and abs(instant) <= _LAST_INSTANT  # type: ignore[arg-type]


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
