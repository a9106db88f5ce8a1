"""Who is asking: tokens, their keys, the accounts behind them."""

from __future__ import annotations

from dataclasses import dataclass

from app.auth.accounts import Accounts
from app.auth.cognito import CognitoVerifier
from app.auth.jwks import JwksCache
from config import Settings


@dataclass(frozen=True, slots=True)
class Auth:
    """``admin_group``: whose members may act for others; empty for nobody."""

    jwks: JwksCache
    tokens: CognitoVerifier
    accounts: Accounts
    admin_group: str


def build_auth(settings: Settings) -> Auth:
    jwks = JwksCache(settings.cognito_jwks_url)
    tokens = CognitoVerifier(
        jwks,
        issuer=settings.cognito_issuer,
        client_ids=frozenset(settings.cognito_client_id),
        token_use=settings.cognito_token_use,
        required_scopes=frozenset(settings.cognito_required_scopes.split()),
    )
    accounts = Accounts(settings.aws_region, settings.cognito_endpoint)
    return Auth(jwks, tokens, accounts, settings.admin_group)
