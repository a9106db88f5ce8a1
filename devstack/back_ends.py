"""A back end's own token: the client-credentials grant (RFC 6749, section 4.4).

On AWS a pool's domain answers it; moto has none. There is one client in the pool, whose id and
secret stay from start to start, with one scope. The claims are Cognito's:
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
"""

from __future__ import annotations

import hmac
import json
import time
import uuid
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.wrappers import Request

from devstack.kept import Kept

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

    from devstack.account import Stack

PATH = "/oauth2/token"
SCOPE = "assets/act"
LIFE_SECONDS = 3600
_NAME = "service"


def make_client(stack: Stack) -> str:
    """The scope and the client that may ask for it, as the template makes them; the client's id."""
    cognito = stack.client("cognito-idp")
    server, _, scope = SCOPE.partition("/")
    cognito.create_resource_server(
        UserPoolId=stack.user_pool_id,
        Identifier=server,
        Name=server,
        Scopes=[{"ScopeName": scope, "ScopeDescription": "Act for users"}],
    )
    made = cognito.create_user_pool_client(
        UserPoolId=stack.user_pool_id,
        ClientName=_NAME,
        GenerateSecret=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthScopes=[SCOPE],
    )
    return str(made["UserPoolClient"]["ClientId"])


def install_client(kept: Kept) -> None:
    """Give that client the kept id and secret, which moto would draw."""
    from moto.cognitoidp.models import CognitoIdpUserPoolClient

    born = CognitoIdpUserPoolClient.__init__

    def __init__(self: CognitoIdpUserPoolClient, *args: Any, **kwargs: Any) -> None:
        born(self, *args, **kwargs)
        if self.extended_config.get("ClientName") == _NAME:
            self.id, self.secret = kept.back_end_id, kept.back_end_secret

    CognitoIdpUserPoolClient.__init__ = __init__  # type: ignore[method-assign]


class TokenEndpoint:
    """The WSGI application behind ``PATH``; ``kept`` has the client and the pool's key."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._key = RSAKey.import_key(kept.signing_key)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        status, answer = self._answer(Request(environ))
        body = json.dumps(answer).encode()
        head = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
        start_response(
            f"{status.value} {status.phrase}", [*head, ("Content-Length", f"{len(body)}")]
        )
        return [body]

    def _answer(self, request: Request) -> tuple[HTTPStatus, dict[str, object]]:
        fields, basic = request.form, request.authorization
        named = basic.username if basic else fields.get("client_id")
        secret = basic.password if basic else fields.get("client_secret")
        ours = f"{self._kept.back_end_id}:{self._kept.back_end_secret}"
        if not hmac.compare_digest(f"{named}:{secret}".encode(), ours.encode()):
            return HTTPStatus.UNAUTHORIZED, {"error": "invalid_client"}
        if fields.get("grant_type") != "client_credentials":
            return HTTPStatus.BAD_REQUEST, {"error": "unsupported_grant_type"}
        if fields.get("scope", SCOPE) != SCOPE:
            return HTTPStatus.BAD_REQUEST, {"error": "invalid_scope"}
        return HTTPStatus.OK, {
            "access_token": self._token(),
            "token_type": "Bearer",
            "expires_in": LIFE_SECONDS,
        }

    def _token(self) -> str:
        now = int(time.time())
        claims = {
            "iss": _issuer(),
            "sub": self._kept.back_end_id,
            "client_id": self._kept.back_end_id,
            "token_use": "access",
            "scope": SCOPE,
            "auth_time": now,
            "iat": now,
            "exp": now + LIFE_SECONDS,
            "version": 2,
            "jti": str(uuid.uuid4()),
        }
        return jwt.encode({"alg": "RS256", "kid": self._key.kid}, claims, self._key)


def _issuer() -> str:
    """Of the one pool that ``bootstrap`` has made by the time anybody knows of this endpoint."""
    from moto.cognitoidp.models import cognitoidp_backends

    backends = [b for account in cognitoidp_backends.values() for b in account.values()]
    [pool] = [pool for backend in backends for pool in backend.user_pools.values()]
    return f"https://cognito-idp.{pool.region}.amazonaws.com/{pool.id}"
