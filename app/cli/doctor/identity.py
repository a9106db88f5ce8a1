"""Whose tokens are accepted: the pool, its client, its keys, and the clocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.auth.claims import MAX_LEEWAY_SECONDS
from app.auth.jws import PUBLISHED_KIDS
from app.auth.keyset import parse_jwks
from app.cli.doctor.app_clients import CONSOLE, client_results
from app.cli.doctor.deployment import Deployment
from app.cli.doctor.formatting import host_of
from app.cli.doctor.provider import provider_results
from app.cli.doctor.responses import AwsError, not_permitted
from app.cli.doctor.results import Check, Result

_PASSWORD = ("RequireUppercase", "RequireLowercase", "RequireNumbers", "RequireSymbols")

REGION = Check(
    "identity.region",
    "AWS_REGION is the pool's region",
    "Tokens contain the pool's region in `iss`. With another one, all of them are refused.",
    "Set AWS_REGION to the part of COGNITO_USER_POOL_ID before the underscore.",
)
KEYS = Check(
    "identity.jwks",
    "Signing keys can be fetched",
    "Without the pool's public keys, no token can be verified.",
    f"{CONSOLE}: copy the pool id and region exactly; allow outgoing HTTPS to cognito-idp.",
)
POOL = Check(
    "identity.pool",
    "The user pool exists",
    "Tokens of any other pool are refused.",
    f"{CONSOLE}: set COGNITO_USER_POOL_ID and AWS_REGION to what is shown there, for the front "
    "end too (`aws cognito-idp list-user-pools --max-results 60`).",
)
PASSWORDS = Check(
    "identity.passwords",
    "Passwords must be strong",
    "A guessed password gives access to all assets of the user.",
    f"{CONSOLE} > Authentication methods > Password policy: 8 characters, upper, lower, number, "
    "symbol.",
)
EMAIL = Check(
    "identity.email",
    "Users sign in by verified e-mail",
    "Accounts without a verified address cannot be recovered.",
    f"{CONSOLE} > Sign-up: verify e-mail. (Sign-in names cannot be changed later: "
    "docs/cognito.md.)",
)
CLOCK = Check(
    "identity.clock",
    "This machine's clock is right",
    "New tokens look expired or from the future, and S3 refuses signatures.",
    "Synchronise it: `sudo timedatectl set-ntp true` (on AWS: chrony with 169.254.169.123).",
)


def identity_results(deployment: Deployment) -> Iterator[Result]:
    """Pool, keys and client."""
    settings = deployment.settings
    if settings.oidc_issuer:
        yield from provider_results(deployment)
        return
    region = settings.cognito_user_pool_id.partition("_")[0]
    # With COGNITO_ISSUER the pool may be elsewhere than the queue.
    fits = region == settings.aws_region or f".{region}." in settings.cognito_issuer
    yield REGION.passes_if(fits, region, f"{settings.aws_region}, not {region}")
    yield _keys(deployment)
    try:
        pool = deployment.call(
            "cognito-idp", "describe_user_pool", UserPoolId=settings.cognito_user_pool_id
        )["UserPool"]
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            yield not_permitted(POOL, error)
            return
        yield POOL.fault(f"{settings.cognito_user_pool_id} is not in {settings.aws_region}")
        return
    yield POOL.ok(settings.cognito_user_pool_id)
    yield from _pool(pool)
    yield from client_results(deployment)


def clock_results(deployment: Deployment) -> Iterator[Result]:
    """What the clocks of those that were asked said; last, when all have been."""
    if not deployment.clocks:
        yield CLOCK.unknown("no server with a clock was reached")
        return
    whose, seconds = max(deployment.clocks.items(), key=lambda each: abs(each[1]))
    yield CLOCK.passes_if(
        abs(seconds) <= MAX_LEEWAY_SECONDS,
        f"{abs(seconds):.0f} s from {whose}",
        f"{abs(seconds):.0f} s {'behind' if seconds > 0 else 'ahead of'} {whose}",
    )


def _keys(deployment: Deployment) -> Result:
    url = deployment.settings.cognito_jwks_url
    response = deployment.fetch("GET", url, clock="the key server")
    if response.status == 0:
        return KEYS.fault(f"{host_of(url)}: {response.code}")
    if not response.ok:
        return KEYS.fault(f"{host_of(url)} answered {response.status}: no such pool there")
    try:
        kids = parse_jwks(response.body).keys()
    except ValueError:
        return KEYS.fault(f"{host_of(url)} did not answer with keys")
    if kids <= PUBLISHED_KIDS:
        return KEYS.fault("the key is a published one, which anybody can sign with")
    return KEYS.ok(f"{len(kids)} from {host_of(url)}")


def _pool(pool: Mapping[str, Any]) -> Iterator[Result]:
    rules = pool.get("Policies", {}).get("PasswordPolicy", {})
    lacking = [name.removeprefix("Require") for name in _PASSWORD if not rules.get(name)]
    if rules.get("MinimumLength", 0) < 8:
        lacking.append("8 characters")
    yield (
        PASSWORDS.ok() if not lacking else PASSWORDS.warning(f"not required: {', '.join(lacking)}")
    )
    names = {*pool.get("UsernameAttributes", []), *pool.get("AliasAttributes", [])}
    verified = pool.get("AutoVerifiedAttributes", [])
    yield EMAIL.ok() if "email" in names and "email" in verified else EMAIL.warning("no")
