"""A signing key of our own for moto's Cognito.

moto's key is part of its package, the same for everybody, under the kid ``dummy``: a token signed
with it proves nothing. Each store has a key of its own, published at the pool's JWKS address.
"""

from __future__ import annotations

import json
import secrets
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey


class _Signer:
    """Stands where moto's model module refers to ``joserfc.jwt``."""

    def __init__(self, key: RSAKey) -> None:
        self._key = key

    def encode(self, header: dict[str, Any], claims: dict[str, Any], key: object) -> str:
        del key
        return jwt.encode({**header, "kid": self._key.kid}, claims, self._key)


def fresh_key() -> dict[str, Any]:
    """A new private key for a pool's tokens, as a JWK."""
    kid = secrets.token_urlsafe(16)
    key = RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})
    return dict(key.as_dict(private=True))


def install_key(jwk: dict[str, Any]) -> None:
    """Replace the key that moto signs tokens with, and the JWKS it serves."""
    from moto.cognitoidp import models, responses

    key = RSAKey.import_key(jwk)
    public = {"keys": [key.as_dict(private=False)]}
    vars(models)["jwt"] = _Signer(key)
    responses.CognitoIdpJsonWebKeyResponse.json_web_key = json.dumps(public).encode()


def install_sub(email: str, sub: str) -> None:
    """Give whoever is created with ``email`` this ``sub``, which moto would draw.

    Cognito's user names are the ``sub`` where people sign in by email.
    """
    from moto.cognitoidp.models import CognitoIdpUser

    born = CognitoIdpUser.__init__

    def __init__(self: CognitoIdpUser, *args: Any, **kwargs: Any) -> None:
        born(self, *args, **kwargs)
        if self.attribute_lookup.get("email") == email:
            if self.username == self.id:
                self.username = sub
            self.id = sub
            self.update_attributes([{"Name": "sub", "Value": sub}])

    CognitoIdpUser.__init__ = __init__  # type: ignore[method-assign]


def install_revocation() -> None:
    """Give moto the RevokeToken that it lacks: a revoked refresh token renews nothing."""
    from moto.cognitoidp.models import cognitoidp_backends
    from moto.cognitoidp.responses import CognitoIdpResponse
    from moto.core.responses import EmptyResult

    def revoke_token(self: CognitoIdpResponse) -> EmptyResult:
        token = self._get_param("Token")
        backends = [b for account in cognitoidp_backends.values() for b in account.values()]
        for pool in (pool for backend in backends for pool in backend.user_pools.values()):
            if token in pool.refresh_tokens:
                pool.refresh_tokens[token] = None
        return EmptyResult()

    CognitoIdpResponse.revoke_token = revoke_token  # type: ignore[attr-defined]


def install_deletion() -> None:
    """Give moto the DeleteUser that it lacks: users end their account by their access token."""
    from moto.cognitoidp.exceptions import NotAuthorizedError
    from moto.cognitoidp.models import cognitoidp_backends
    from moto.cognitoidp.responses import CognitoIdpResponse
    from moto.core.responses import EmptyResult

    def delete_user(self: CognitoIdpResponse) -> EmptyResult:
        token = self._get_param("AccessToken")
        backends = [b for account in cognitoidp_backends.values() for b in account.values()]
        for backend in backends:
            for pool in backend.user_pools.values():
                if token in pool.access_tokens:
                    _, username = pool.access_tokens[token]
                    pool.sign_out(username)
                    backend.admin_delete_user(pool.id, username)
                    return EmptyResult()
        raise NotAuthorizedError(message="Invalid token")

    CognitoIdpResponse.delete_user = delete_user  # type: ignore[attr-defined]


def install_renewal() -> None:
    """Give moto the GetTokensFromRefreshToken that it lacks, by which Amplify renews tokens.

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetTokensFromRefreshToken.html
    """
    from moto.cognitoidp.responses import CognitoIdpResponse
    from moto.core.responses import ActionResult

    def get_tokens_from_refresh_token(self: CognitoIdpResponse) -> ActionResult:
        answer = self._get_region_agnostic_backend().initiate_auth(
            self._get_param("ClientId"),
            "REFRESH_TOKEN_AUTH",
            {"REFRESH_TOKEN": self._get_param("RefreshToken")},
        )
        return ActionResult(answer)

    CognitoIdpResponse.get_tokens_from_refresh_token = (  # type: ignore[attr-defined]
        get_tokens_from_refresh_token
    )
