"""npm's ``oidc-provider``, a certified OpenID provider, as a process on loopback."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from app.auth.openid import OpenIdRules
from app.auth.sources import Discovery
from devstack.process import free_port
from tests.auth.providers.provider import (
    AUDIENCE,
    SERVICE,
    SERVICE_SCOPE,
    SERVICE_SECRET,
    Provider,
    ask,
    wait_for,
)

PACKAGES = Path(__file__).parents[3] / ".stores" / "npm" / "node_modules"


class NpmProvider(Provider):
    """A context manager. Keys are given to it at start, so that rotation is another start."""

    def __enter__(self) -> NpmProvider:
        self._port = free_port()
        self.issuer = f"http://127.0.0.1:{self._port}"
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)

    def _start(self) -> None:
        settings = {
            "packages": str(PACKAGES),
            "issuer": self.issuer,
            "port": self._port,
            "audience": AUDIENCE,
            "scope": SERVICE_SCOPE,
            "client": SERVICE,
            "secret": SERVICE_SECRET,
            "key": self.key.as_dict(private=True),
        }
        self._process = subprocess.Popen(
            ["node", str(Path(__file__).with_name("oidc_provider.mjs"))],
            env={**os.environ, "SETTINGS": json.dumps(settings)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(f"{self.issuer}/.well-known/openid-configuration")

    def publish(self) -> None:
        self.__exit__()
        self._start()

    def rules(self) -> OpenIdRules:
        return OpenIdRules(self.issuer, frozenset({AUDIENCE}), service_scope=SERVICE_SCOPE)

    def source(self) -> Discovery:
        return Discovery(self.issuer)

    def token(self, sub: str) -> str:
        return ask(f"{self.issuer}/token", {"grant_type": "password", "username": sub})

    def service_token(self) -> str:
        fields = {"grant_type": "client_credentials", "scope": SERVICE_SCOPE}
        return ask(f"{self.issuer}/token", fields)
