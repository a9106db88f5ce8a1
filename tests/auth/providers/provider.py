"""What all providers have in common: keys, their rotation, and tokens."""

from __future__ import annotations

import base64
import json
import time
from abc import ABC, abstractmethod
from typing import Any
from urllib.parse import quote, urlencode

import urllib3
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, utils
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from app.auth.claims import Rules
from app.auth.sources import KeySource
from tests.auth.tokens import ABSENT, b64url, sign_rs256

AUDIENCE = "https://assets.example.com"
#: With what RFC 6749, section 2.3.1, has encoded.
SERVICE, SERVICE_SECRET = "render-farm", "a secret+of%25a-client:long&enough=for/one"
SERVICE_SCOPE = "assets/act"
Key = RSAKey | ECKey | OKPKey


def fresh_key(algorithm: str, kid: str) -> Key:
    """A private key that signs ``algorithm``."""
    parameters = {"kid": kid, "use": "sig", "alg": algorithm}
    if algorithm == "RS256":
        return RSAKey.generate_key(2048, parameters)
    if algorithm == "ES256":
        return ECKey.generate_key("P-256", parameters)
    return OKPKey.generate_key("Ed25519", parameters)


def raw_signature(key: Key, message: bytes) -> bytes:
    """A JWS signature, by ``cryptography`` alone (RFC 7518 §3.4, RFC 8037 §3.1)."""
    private = key.private_key
    if isinstance(private, rsa.RSAPrivateKey):
        return sign_rs256(private, message)
    if isinstance(private, ec.EllipticCurvePrivateKey):
        r, s = utils.decode_dss_signature(private.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    assert isinstance(private, ed25519.Ed25519PrivateKey)
    return private.sign(message)


class Provider(ABC):
    """A provider that signs with ``algorithm``; ``has_users``: it signs people in as well."""

    def __init__(self, algorithm: str) -> None:
        self.algorithm = algorithm
        self.key = fresh_key(algorithm, "key-1")
        self.issuer = ""
        #: What to change in a client's own token so that a user might be behind it.
        self.grant: dict[str, Any] = {"sub": "0f8fad5b-d9cb-469f-a165-70867728950e"}
        #: And so that it has not the scope of back ends.
        self.lesser: dict[str, Any] = {"scope": "openid"}

    @abstractmethod
    def rules(self) -> Rules: ...

    @abstractmethod
    def source(self) -> KeySource: ...

    @abstractmethod
    def token(self, sub: str) -> str:
        """An access token for a user, as the provider itself makes it."""

    @abstractmethod
    def service_token(self) -> str | None:
        """One of the client-credentials grant; None where the provider has none."""

    def groups(self, value: Any) -> dict[str, Any]:
        """The claims that say which groups a user is in."""
        return {"groups": value}

    def others(self) -> list[dict[str, Any]]:
        """Claims of tokens of the same provider that are somebody else's."""
        return [{"iss": f"{self.issuer}/another"}]

    @abstractmethod
    def publish(self) -> None:
        """Sign with ``key`` from now on, and publish it alone."""

    def settings(self) -> dict[str, str]:
        """The gateway's environment."""
        return {
            "COGNITO_USER_POOL_ID": "",
            "COGNITO_CLIENT_ID": "",
            "COGNITO_JWKS_URL": "",
            "OIDC_ISSUER": self.issuer,
            "OIDC_AUDIENCE": AUDIENCE,
        }

    def rotate(self) -> None:
        self.key = fresh_key(self.algorithm, "key-2")
        self.publish()

    def public_set(self) -> dict[str, Any]:
        return KeySet([self.key]).as_dict(private=False)

    def forge(self, token: str, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """``token`` with other claims or another header, under the provider's own signature."""
        old_header, old_claims = (
            json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2]
        )
        parts = [
            {name: value for name, value in {**old, **new}.items() if value is not ABSENT}
            for old, new in ((old_header, header or {}), (old_claims, claims))
        ]
        message = ".".join(b64url(json.dumps(part).encode()) for part in parts)
        return f"{message}.{b64url(raw_signature(self.key, message.encode()))}"


def ask(url: str, fields: dict[str, str]) -> str:
    """The access token that a token endpoint answers with."""
    headers = urllib3.make_headers(basic_auth=f"{SERVICE}:{quote(SERVICE_SECRET, safe='')}")
    headers["content-type"] = "application/x-www-form-urlencoded"
    body = urlencode(fields).encode()
    answer = urllib3.request("POST", url, body=body, headers=headers, retries=False)
    assert answer.status == 200, answer.data
    return str(answer.json()["access_token"])


def wait_for(url: str) -> None:
    """Until a server answers there. A start takes as long as it takes, up to 20 s."""
    ends_at = time.monotonic() + 20
    while True:
        try:
            if urllib3.request("GET", url, retries=False, timeout=2).status == 200:
                return
        except urllib3.exceptions.HTTPError:
            pass
        assert time.monotonic() < ends_at, f"nothing answers at {url}"
        time.sleep(0.05)
