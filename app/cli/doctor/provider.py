"""Whose tokens are accepted where another provider than Cognito issues them."""

from __future__ import annotations

from collections.abc import Iterator

import urllib3

from app.cli.doctor.deployment import Deployment
from app.cli.doctor.formatting import host_of, printable
from app.cli.doctor.responses import network_error
from app.cli.doctor.results import Check, Result
from app.services.auth import key_source

FETCH_SECONDS = 5.0

PROVIDER = Check(
    "identity.provider",
    "The provider's signing keys can be fetched",
    "Without them no token can be verified.",
    "Set OIDC_ISSUER to the `issuer` that the provider's own page "
    "/.well-known/openid-configuration shows, or name its keys in OIDC_JWKS_URL.",
)


def provider_results(deployment: Deployment) -> Iterator[Result]:
    """Another provider than Cognito: its discovery document, its keys, and nothing of AWS."""
    settings = deployment.settings
    where = host_of(settings.oidc_jwks_url or settings.oidc_issuer)
    # Asked for the time alone: what it says is read by the gateway's own code below.
    deployment.fetch("GET", settings.oidc_jwks_url or settings.oidc_issuer, clock="the key server")
    try:
        keys = key_source(settings).fetch(FETCH_SECONDS)
    except (ValueError, RecursionError) as error:
        yield PROVIDER.fault(f"{where}: {printable(error)}")
    except urllib3.exceptions.HTTPError as error:
        yield PROVIDER.fault(f"{where}: {network_error(error)}")
    else:
        yield PROVIDER.ok(f"{len(keys)} from {where}; Cognito is not asked for anything")
