"""The access keys that the store knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from devstack.errors import S3Error

DEMO_ACCESS_KEY_ID = "AKIADEVSTACKDEMO0001"
DEMO_SECRET_ACCESS_KEY = "devstack-demo-secret-not-for-any-real-account"


@dataclass(frozen=True)
class Credential:
    """One key pair; ``token`` and ``expires_at`` are there for temporary ones."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Keyring:
    """Long-lived keys from the environment, and temporary ones that moto's STS gave out."""

    keys: Mapping[str, Credential]

    @classmethod
    def parse(cls, text: str) -> Keyring:
        """Read ``ID:SECRET,ID:SECRET``. Raises ValueError."""
        keys = {}
        for pair in filter(None, (part.strip() for part in text.split(","))):
            access_key_id, colon, secret = pair.partition(":")
            if not (access_key_id and colon and secret):
                raise ValueError("credentials are written ID:SECRET, separated by commas")
            keys[access_key_id] = Credential(access_key_id, secret)
        return cls(keys)

    def find(self, access_key_id: str, token: str | None) -> Credential:
        """The credential that a request names, its session token checked.

        Raises S3Error ``InvalidAccessKeyId``, ``InvalidToken`` or ``ExpiredToken``.
        """
        credential = self.keys.get(access_key_id) or _assumed(access_key_id)
        if credential is None:
            raise S3Error(
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.",
                AWSAccessKeyId=access_key_id,
            )
        if credential.token != token:
            raise S3Error("InvalidToken", "The provided token is malformed or otherwise invalid.")
        if credential.expires_at is not None and credential.expires_at <= datetime.now(UTC):
            raise S3Error("ExpiredToken", "The provided token has expired.")
        return credential


def _assumed(access_key_id: str) -> Credential | None:
    from moto.sts.models import sts_backends

    backends: list[Any] = [
        backend for account in sts_backends.values() for backend in account.values()
    ]
    for backend in backends:
        for role in backend.assumed_roles:
            if role.access_key_id == access_key_id:
                expires_at = role.expiration
                if expires_at.tzinfo is None:
                    expires_at = expires_at.replace(tzinfo=UTC)
                return Credential(
                    access_key_id, role.secret_access_key, role.session_token, expires_at
                )
    return None
