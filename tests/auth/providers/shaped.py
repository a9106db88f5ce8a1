"""Tokens in the shapes that the documents of well-known providers show, under keys of our own.

None of them can be started here: what is tried is that the gateway's settings fit what they issue
(docs/providers.md), and what it makes of forgeries of just that.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.auth.claims import Rules
from app.auth.sources import KeySource
from app.services.auth import key_source, token_rules
from config import Settings
from tests.auth.providers.provider import (
    AUDIENCE,
    SERVICE,
    SERVICE_SCOPE,
    Provider,
    raw_signature,
)
from tests.auth.tokens import ABSENT, JwksServer, b64url
from tests.gateway import NOWHERE, gateway_environment

CLIENT = "front-end"
Claims = Mapping[str, Any]


@dataclass(frozen=True)
class Shape:
    """One provider. ``issuer`` is its path; ``{issuer}`` and ``{host}`` stand for whole addresses.

    ``service`` is what else a client's own token says, None where there are none; ``grant`` is
    what to change in it so that nothing tells a client from a user any more, ``lesser`` so that it
    has other scopes. ``forged`` are good tokens of the same provider that are not for us.
    """

    issuer: str
    user: Claims
    forged: Sequence[Claims]
    header: Claims = field(default_factory=lambda: {"typ": "JWT"})
    algorithm: str = "RS256"
    audience: str = AUDIENCE
    groups_claim: str = "groups"
    client_claim: str = "azp"
    slash: str = ""
    service: Claims | None = None
    grant: Claims = field(default_factory=dict)
    lesser: Claims = field(default_factory=lambda: {"scope": "openid"})


_GROUPS_URL = "https://app.example.com/groups"
SHAPES: Mapping[str, Shape] = {
    # https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles
    "auth0": Shape(
        issuer="",
        slash="/",
        groups_claim=_GROUPS_URL,
        user={
            "aud": [AUDIENCE, "{issuer}/userinfo"],
            "azp": CLIENT,
            "scope": "openid profile email",
            _GROUPS_URL: ["admins"],
        },
        service={"sub": f"{SERVICE}@clients", "gty": "client-credentials", "azp": SERVICE},
        grant={"gty": ABSENT},
        forged=[
            {"aud": "{issuer}/userinfo"},
            {"aud": CLIENT},  # its ID token
            {"iss": "https://another.eu.auth0.com/"},
        ],
    ),
    # https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/#access-token
    "okta": Shape(
        issuer="/oauth2/default",
        header={},
        audience="api://default",
        client_claim="cid",
        user={
            "ver": 1,
            "aud": "api://default",
            "cid": CLIENT,
            "uid": "00uid4BxXw6I6TV4m0g3",
            "scp": ["openid", "profile"],
            "groups": ["admins", "Everyone"],
        },
        service={
            "sub": SERVICE,
            "cid": SERVICE,
            "scp": [SERVICE_SCOPE],
            "scope": ABSENT,
            "uid": ABSENT,
        },
        grant={"sub": "alice@example.com"},
        lesser={"scp": ["openid"]},
        forged=[
            {"iss": "{host}", "aud": "{host}"},  # of the organisation's own server
            {"iss": "{host}/oauth2/aus9d9bdtbdOs3mkM5d7"},
            {"aud": CLIENT},
        ],
    ),
    # https://www.keycloak.org/docs/latest/server_admin/#_protocol-mappers
    "keycloak": Shape(
        issuer="/realms/main",
        groups_claim="realm_access.roles",
        user={
            "aud": [AUDIENCE, "account"],
            "typ": "Bearer",
            "azp": CLIENT,
            "sid": "b4b3a4b4",
            "acr": "1",
            "realm_access": {"roles": ["admins", "offline_access"]},
            "resource_access": {"account": {"roles": ["view-profile"]}},
            "scope": "openid email profile",
            "preferred_username": "alice",
        },
        service={
            "azp": SERVICE,
            "client_id": SERVICE,
            "gty": "client-credentials",
            "preferred_username": f"service-account-{SERVICE}",
        },
        grant={"gty": ABSENT},
        forged=[
            {"aud": "account"},
            {"iss": "{host}/realms/other"},
            {"iss": "{host}/realms/master"},
            {"iss": "{host}/auth/realms/main"},
        ],
    ),
    # https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference
    "entra": Shape(
        issuer="/9122040d-6c67-4c5b-b112-36a304b66dad/v2.0",
        audience="6e74172b-be56-4843-9ff4-e66a39bb12e3",
        header={"typ": "JWT", "x5t": "nOo3ZDrODXEK1jKWhXslHR_KXEg"},
        user={
            "aud": "6e74172b-be56-4843-9ff4-e66a39bb12e3",
            "azp": CLIENT,
            "azpacr": "0",
            "oid": "690222be-ff1a-4d56-abd1-7e4f7d38e474",
            "scp": "access_as_user",
            "groups": ["8b1f5b7e-5b2c-4b3e-9a45-0e5d4b1a6c3f"],
            "tid": "9122040d-6c67-4c5b-b112-36a304b66dad",
            "ver": "2.0",
            "preferred_username": "alice@example.com",
        },
        service={
            "azp": SERVICE,
            "azpacr": "1",
            "idtyp": "app",
            "roles": [SERVICE_SCOPE],
            "scp": ABSENT,
            "scope": ABSENT,
        },
        grant={"idtyp": ABSENT},
        lesser={"roles": ["other"]},
        forged=[
            {"iss": "{host}/f8cdef31-a31e-4b4a-93e4-5f571e91255a/v2.0"},  # another tenant's
            {"iss": "https://sts.windows.net/9122040d-6c67-4c5b-b112-36a304b66dad/", "ver": "1.0"},
            {"iss": "{host}/common/v2.0"},
            {"iss": "{host}/{tenantid}/v2.0"},
            {"aud": "00000003-0000-0000-c000-000000000000"},  # for Microsoft Graph
            {"aud": "api://6e74172b-be56-4843-9ff4-e66a39bb12e3"},
        ],
    ),
    # https://clerk.com/docs/guides/sessions/session-tokens
    "clerk": Shape(
        issuer="",
        header={"typ": "JWT", "cat": "cl_B7d4PD111AAA"},
        user={
            "aud": AUDIENCE,
            "azp": "https://app.example.com",
            "sid": "sess_2GbDB4enHdCa5vS1zpC3Xzg9tK9",
            "fva": [12, -1],
            "v": 2,
        },
        forged=[{"aud": ABSENT}, {"iss": "https://happy-hen-1.clerk.accounts.dev"}],
    ),
    # https://supabase.com/docs/guides/auth/jwt-fields
    "supabase": Shape(
        issuer="/auth/v1",
        algorithm="ES256",
        audience="authenticated",
        user={
            "aud": "authenticated",
            "role": "authenticated",
            "aal": "aal1",
            "email": "alice@example.com",
            "session_id": "0b6f8b8e",
            "is_anonymous": False,
            "app_metadata": {"provider": "email"},
        },
        forged=[
            {"iss": "supabase", "role": "anon", "aud": ABSENT},  # the project's public key
            {"aud": "anon"},
            {"iss": "{host}"},
        ],
    ),
}


class ShapedProvider(Provider):
    """A context manager: the gateway is set up as its environment would have it."""

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape.algorithm)
        self.shape = shape
        self.grant = dict(shape.grant)
        self.lesser = dict(shape.lesser)

    def __enter__(self) -> ShapedProvider:
        self._server = JwksServer().__enter__()
        self._host = self._server.url.partition("/pool/")[0]
        self.issuer = self._host + self.shape.issuer
        self.publish()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()

    def publish(self) -> None:
        """The discovery document and the key set, in one answer for every address."""
        found = {"issuer": self.issuer + self.shape.slash, "jwks_uri": f"{self.issuer}/keys"}
        self._server.answer_json(found | self.public_set())

    def settings(self) -> dict[str, str]:
        return super().settings() | {
            "OIDC_AUDIENCE": self.shape.audience,
            "OIDC_GROUPS_CLAIM": self.shape.groups_claim,
            "OIDC_CLIENT_CLAIM": self.shape.client_claim,
            "SERVICE_SCOPE": SERVICE_SCOPE,
        }

    def rules(self) -> Rules:
        return token_rules(self._settings())

    def source(self) -> KeySource:
        return key_source(self._settings())

    def _settings(self) -> Settings:
        return Settings.from_env(gateway_environment(NOWHERE, "bucket-one") | self.settings())

    def token(self, sub: str) -> str:
        return self._sign({"sub": sub, **self.shape.user})

    def service_token(self) -> str | None:
        if self.shape.service is None:
            return None
        scope = {"sub": "5ca1ab1e", "scope": SERVICE_SCOPE}
        return self._sign({**self.shape.user, **scope, **self.shape.service})

    def groups(self, value: Any) -> dict[str, Any]:
        name, _, inner = self.shape.groups_claim.partition(".")
        if name.startswith("https:"):
            return {self.shape.groups_claim: value}
        return {name: {inner: value} if inner else value}

    def others(self) -> list[dict[str, Any]]:
        """Claims of tokens of the same provider that are somebody else's."""
        return [
            {name: self._told(value) for name, value in each.items()} for each in self.shape.forged
        ]

    def _sign(self, claims: Claims) -> str:
        now = int(time.time())
        whole = {
            "iss": self.issuer + self.shape.slash,
            "iat": now,
            "exp": now + 3600,
            "jti": f"jti-{time.monotonic_ns()}",
            **claims,
        }
        header = {"alg": self.algorithm, "kid": self.key.kid, **self.shape.header}
        parts = (
            {name: self._told(value) for name, value in part.items() if value is not ABSENT}
            for part in (header, whole)
        )
        message = ".".join(b64url(json.dumps(part).encode()) for part in parts)
        return f"{message}.{b64url(raw_signature(self.key, message.encode()))}"

    def _told(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._told(each) for each in value]
        if not isinstance(value, str):
            return value
        return value.replace("{issuer}", self.issuer).replace("{host}", self._host)
