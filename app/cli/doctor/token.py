"""One token, claim by claim: what it says, what is expected, and why it is refused.

What is shown here is read before the signature is known to be good, for explanation alone; the
last line is the gateway's own verdict. The token itself is never printed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.util import urlsafe_b64decode

from app.auth.claims import MAX_LEEWAY_SECONDS, USES
from app.auth.cognito import RS256_ONLY, CognitoVerifier
from app.auth.jwks import JwksCache
from app.auth.keyset import parse_jwks
from app.cli.doctor.deployment import Deployment, host_of
from app.cli.doctor.formatting import format_duration, format_instant, printable
from app.cli.doctor.results import Check, Result
from app.domain.errors import Problem
from app.domain.principal import is_sub

_FRONT_END = "The front end must send the access token of this pool and client, and nothing else."


def _claim(name: str, title: str, fix: str) -> Check:
    return Check(f"token.{name}", title, "The gateway answers 401 to every request with it.", fix)


FORM = _claim(
    "form",
    "It is a JWT",
    f"{_FRONT_END} Three parts with dots between; no quotes, no 'Bearer '.",
)
ALGORITHM = _claim("alg", "It is signed with RS256", _FRONT_END)
KEY = _claim(
    "kid",
    "Its key is the pool's",
    "The token is another pool's: compare `iss` below with COGNITO_USER_POOL_ID and AWS_REGION.",
)
SIGNATURE = _claim("signature", "Its signature is good", "It was changed or cut: sign in again.")
ISSUER = _claim(
    "iss",
    "Its pool is ours (iss)",
    "Set COGNITO_USER_POOL_ID and AWS_REGION, here or in the front end: both must name one pool.",
)
USE = _claim(
    "token_use",
    "It is of the right kind (token_use)",
    "Have the front end send the other token, or set COGNITO_TOKEN_USE (access, id, any).",
)
CLIENT = _claim(
    "client",
    "Its client is ours (client_id, aud)",
    "Add the front end's client to COGNITO_CLIENT_ID (comma-separated), or correct the front end.",
)
EXPIRY = _claim(
    "exp",
    "It has not expired (exp)",
    "The front end must renew it with the refresh token before its end; check this machine's "
    "clock too (`date -u`).",
)
ISSUED = _claim(
    "iat",
    "It is not from the future (iat, nbf)",
    "This machine's clock is behind: `sudo timedatectl set-ntp true`.",
)
SUBJECT = _claim("sub", "Its user can be named (sub)", _FRONT_END)
SCOPES = _claim(
    "scope",
    "It has the scopes that are required",
    "Allow the scopes to the app client (Cognito > App clients > Login pages), ask for them at "
    "sign-in, or change COGNITO_REQUIRED_SCOPES.",
)
VERDICT = _claim("verdict", "The gateway accepts it", "Mend the lines above.")


def token_results(deployment: Deployment, token: str) -> Iterator[Result]:
    """One line a claim, then the verdict of the verifier that the gateway uses."""
    token = token.strip()
    try:
        unverified_header, unverified = _unverified(token)
    except ValueError:
        problem = "two parts are missing" if "." not in token else "its parts cannot be read"
        yield FORM.fault(f"{len(token)} characters; {problem}")
        return
    yield FORM.ok(f"{len(token)} characters")
    algorithm = str(unverified_header.get("alg"))
    yield ALGORITHM.passes_if(algorithm == "RS256", "RS256", printable(algorithm))
    yield from _signature(deployment, token, unverified_header)
    yield from _claims(deployment, unverified)
    yield _verdict(deployment, token)


def _unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, whoever wrote them. Raises ValueError."""
    parts = token.split(".")
    if len(parts) != 3:
        raise ValueError
    header, claims = (json.loads(urlsafe_b64decode(part.encode())) for part in parts[:2])
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise ValueError
    return header, claims


def _signature(deployment: Deployment, token: str, header: Mapping[str, Any]) -> Iterator[Result]:
    url = deployment.settings.cognito_jwks_url
    response = deployment.fetch("GET", url, clock="the key server")
    try:
        keys = parse_jwks(response.body)
    except ValueError:
        yield KEY.unknown(f"{host_of(url)} gives no keys: {response.code or response.status}")
        return
    kid = header.get("kid")
    key = keys.get(kid) if isinstance(kid, str) else None
    if key is None:
        yield KEY.fault(f"{printable(kid)} is none of the {len(keys)} at {host_of(url)}")
        return
    yield KEY.ok(printable(kid))
    try:
        jwt.decode(token, key, registry=RS256_ONLY)
    except (JoseError, ValueError):
        yield SIGNATURE.fault("it does not fit the token")
    else:
        yield SIGNATURE.ok()


def _claims(deployment: Deployment, claims: Mapping[str, Any]) -> Iterator[Result]:
    settings = deployment.settings
    expected = settings.cognito_issuer
    issuer = printable(claims.get("iss"))
    yield ISSUER.passes_if(issuer == expected, issuer, f"{issuer}, not {expected}")
    use = printable(claims.get("token_use"))
    accepted = USES[settings.cognito_token_use]
    yield USE.passes_if(use in accepted, use, f"{use}, not {' or '.join(accepted)}")
    # Cognito's ID tokens name the client in aud, its access tokens in client_id.
    client = printable(claims.get("aud" if use == "id" else "client_id"))
    ours = ", ".join(settings.cognito_client_id)
    yield CLIENT.passes_if(client in settings.cognito_client_id, client, f"{client}, not {ours}")
    yield from _times(claims)
    subject = claims.get("sub")
    usable = isinstance(subject, str) and is_sub(subject)
    yield SUBJECT.passes_if(
        usable, printable(subject), f"{printable(subject)} cannot be a folder's name"
    )
    required = {*settings.cognito_required_scopes.split()}
    lacking = required - {*str(claims.get("scope", "")).split()}
    if required:
        yield SCOPES.passes_if(not lacking, "all", f"without {', '.join(sorted(lacking))}")


def _times(claims: Mapping[str, Any]) -> Iterator[Result]:
    now, expires = time.time(), claims.get("exp")
    if type(expires) is not int:
        yield EXPIRY.fault("it does not say when it ends")
    elif expires <= now - MAX_LEEWAY_SECONDS:
        yield EXPIRY.fault(
            f"it ended {format_duration(now - expires)} ago, at {format_instant(expires)}"
        )
    else:
        yield EXPIRY.ok(f"{format_duration(expires - now)} left")
    future = [
        name
        for name in ("iat", "nbf")
        if name in claims
        and (type(claims[name]) is not int or claims[name] > now + MAX_LEEWAY_SECONDS)
    ]
    yield ISSUED.passes_if(not future, "yes", f"{', '.join(future)} by this machine's clock")


def _verdict(deployment: Deployment, token: str) -> Result:
    settings = deployment.settings
    verifier = CognitoVerifier(
        JwksCache(settings.cognito_jwks_url),
        issuer=settings.cognito_issuer,
        client_ids=frozenset(settings.cognito_client_id),
        token_use=settings.cognito_token_use,
        required_scopes=frozenset(settings.cognito_required_scopes.split()),
    )
    try:
        principal = verifier.verify_token(token)
    except Problem as problem:
        return VERDICT.fault(problem.detail)
    return VERDICT.ok(f"{principal.sub} by {principal.client_id}")
