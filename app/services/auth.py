"""Who is asking: tokens, their keys, the accounts behind them."""

from __future__ import annotations

from dataclasses import dataclass

from app.auth.accounts import Accounts
from app.auth.claims import Rules
from app.auth.cognito import CognitoRules, pool_issuers
from app.auth.jwks import JwksCache
from app.auth.keyset import ASYMMETRIC
from app.auth.openid import OpenIdRules
from app.auth.sources import Discovery, KeySource, PublishedKeys
from app.auth.verifier import TokenVerifier
from config import Settings


@dataclass(frozen=True, slots=True)
class Auth:
    """``accounts``: None where another provider than Cognito keeps them. ``admin_group``: whose
    members may act for others; empty for nobody."""

    jwks: JwksCache
    tokens: TokenVerifier
    accounts: Accounts | None
    admin_group: str


def build_auth(settings: Settings) -> Auth:
    jwks = JwksCache(key_source(settings))
    accounts = None
    if not settings.oidc_issuer:
        accounts = Accounts(settings.aws_region, settings.cognito_endpoint)
    return Auth(jwks, TokenVerifier(jwks, token_rules(settings)), accounts, settings.admin_group)


def key_source(settings: Settings) -> KeySource:
    """Where the configured provider publishes its keys."""
    if not settings.oidc_issuer:
        return PublishedKeys(settings.cognito_jwks_url)
    if settings.oidc_jwks_url:
        return PublishedKeys(settings.oidc_jwks_url, ASYMMETRIC)
    return Discovery(settings.oidc_issuer)


def token_rules(settings: Settings) -> Rules:
    """What the configured provider's tokens must say."""
    if settings.oidc_issuer:
        return OpenIdRules(
            issuer=settings.oidc_issuer,
            audience=frozenset(settings.oidc_audience),
            groups_claim=settings.oidc_groups_claim,
            client_claim=settings.oidc_client_claim,
            service_scope=settings.service_scope,
        )
    regions = (settings.aws_region, *settings.cognito_replica_regions)
    pool = settings.cognito_user_pool_id
    return CognitoRules(
        issuers=pool_issuers(pool, regions, settings.cognito_issuer),
        client_ids=frozenset(settings.cognito_client_id),
        accepted_use=settings.cognito_token_use,
        required_scopes=frozenset(settings.cognito_required_scopes.split()),
        audience=frozenset(settings.cognito_audience),
        service_scope=settings.service_scope,
    )
