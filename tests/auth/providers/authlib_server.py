"""Authlib's own authorization server, on loopback: RFC 9068 access tokens."""

from __future__ import annotations

import os
import threading
from typing import Any
from unittest import mock

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, grants
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from flask import Flask, Response, jsonify
from joserfc.jwk import KeySet
from werkzeug.serving import WSGIRequestHandler, make_server

from app.auth.openid import OpenIdRules
from app.auth.sources import Discovery
from tests.auth.providers.provider import (
    AUDIENCE,
    SERVICE,
    SERVICE_SCOPE,
    SERVICE_SECRET,
    Provider,
    ask,
)


class Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        pass


class Client(ClientMixin):  # type: ignore[misc]
    def get_client_id(self) -> str:
        return SERVICE

    def get_default_redirect_uri(self) -> str:
        return ""

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == SERVICE_SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_grant_type(self, grant_type: str) -> bool:
        return True


class User:
    def __init__(self, sub: str) -> None:
        self.sub = sub

    def get_user_id(self) -> str:
        return self.sub


class PasswordGrant(grants.ResourceOwnerPasswordCredentialsGrant):  # type: ignore[misc]
    """Anybody is who they say: it is tokens that are tested."""

    def authenticate_user(self, username: str, password: str) -> User:
        return User(username)


class AuthlibProvider(Provider):
    """A context manager."""

    def __enter__(self) -> AuthlibProvider:
        app = Flask("authlib-provider")
        self._insecure = mock.patch.dict(os.environ, {"AUTHLIB_INSECURE_TRANSPORT": "1"})
        self._insecure.start()
        self._httpd = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
        self.issuer = f"http://127.0.0.1:{self._httpd.server_port}"
        self._serve(app)
        self._thread = threading.Thread(target=self._httpd.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._httpd.shutdown()
        self._thread.join()
        self._httpd.server_close()
        self._insecure.stop()

    def _serve(self, app: Flask) -> None:
        provider = self

        class Generator(JWTBearerTokenGenerator):  # type: ignore[misc]
            def get_jwks(self) -> Any:
                return KeySet([provider.key])

            def get_audiences(self, client: Any, user: Any, scope: Any) -> list[str]:
                return [AUDIENCE, "https://else.example.com"]

        server = AuthorizationServer(
            app, query_client=lambda _: Client(), save_token=lambda *_: None
        )
        server.register_token_generator("default", Generator(self.issuer, alg=self.algorithm))
        server.register_grant(PasswordGrant)
        server.register_grant(grants.ClientCredentialsGrant)

        @app.post("/token")
        def token() -> Any:
            return server.create_token_response()

        @app.get("/.well-known/openid-configuration")
        def discovery() -> Response:
            return jsonify(issuer=provider.issuer, jwks_uri=f"{provider.issuer}/jwks")

        @app.get("/jwks")
        def jwks() -> Response:
            return jsonify(provider.public_set())

    def publish(self) -> None:
        """Nothing is to be done: the key is read for each token."""

    def rules(self) -> OpenIdRules:
        return OpenIdRules(self.issuer, frozenset({AUDIENCE}), service_scope=SERVICE_SCOPE)

    def source(self) -> Discovery:
        return Discovery(self.issuer)

    def token(self, sub: str) -> str:
        fields = {"grant_type": "password", "username": sub, "password": "x", "scope": "openid"}
        return ask(f"{self.issuer}/token", fields)

    def service_token(self) -> str:
        fields = {"grant_type": "client_credentials", "scope": SERVICE_SCOPE}
        return ask(f"{self.issuer}/token", fields)
