"""A Cognito pool, as its documents describe tokens: no package has Cognito itself."""

from __future__ import annotations

from typing import Any

from app.auth.cognito import CognitoRules, pool_issuers
from app.auth.sources import PublishedKeys
from tests.auth.providers.provider import SERVICE, SERVICE_SCOPE, Provider
from tests.auth.tokens import CLIENT_ID, ISSUER, JwksServer, TokenMaker

POOL_ID = ISSUER.rpartition("/")[2]


class CognitoPool(Provider):
    """A context manager."""

    def __enter__(self) -> CognitoPool:
        self.issuer = ISSUER
        self._server = JwksServer().__enter__()
        self.publish()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()

    def publish(self) -> None:
        self._server.answer_json(self.public_set())

    def settings(self) -> dict[str, str]:
        return {
            "COGNITO_USER_POOL_ID": POOL_ID,
            "COGNITO_CLIENT_ID": f"{CLIENT_ID},{SERVICE}",
            "COGNITO_JWKS_URL": self._server.url,
        }

    def rules(self) -> CognitoRules:
        return CognitoRules(
            pool_issuers(POOL_ID, ["eu-central-1"]),
            frozenset({CLIENT_ID, SERVICE}),
            service_scope=SERVICE_SCOPE,
        )

    def source(self) -> PublishedKeys:
        return PublishedKeys(self._server.url)

    def token(self, sub: str) -> str:
        return self._maker()(sub=sub)

    def service_token(self) -> str:
        claims: dict[str, Any] = {"sub": SERVICE, "client_id": SERVICE, "scope": SERVICE_SCOPE}
        token = self._maker()(**claims)
        return token

    def groups(self, value: Any) -> dict[str, Any]:
        return {"cognito:groups": value}

    def others(self) -> list[dict[str, Any]]:
        """Of a pool beside ours, of another region and partition, of another client, an ID token,
        and one for a resource of somebody else's."""
        hosts = (
            "cognito-idp.eu-central-1.amazonaws.com",
            "issuer-cognito-idp.eu-central-1.amazonaws.com",
        )
        elsewhere = (
            "cognito-idp.eu-west-1.amazonaws.com",
            "cognito-idp.eu-central-1.amazonaws.com.cn",
            "cognito-idp-fips.eu-central-1.amazonaws.com",
            "auth.example.com",
        )
        return [
            *({"iss": f"https://{host}/eu-central-1_another"} for host in hosts),
            *({"iss": f"https://{host}/{POOL_ID}"} for host in elsewhere),
            {"client_id": "another"},
            {"token_use": "id", "aud": CLIENT_ID},
            {"aud": "https://else.example"},
        ]

    def _maker(self) -> TokenMaker:
        return TokenMaker(kid=self.key.kid, key=self.key.private_key)  # type: ignore[arg-type]
