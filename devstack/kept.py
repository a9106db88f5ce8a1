"""What stays the same from start to start, so that a front end of one's own need not be told anew.

Made at the first start and kept in one file, for its owner alone; every stack of this clone has the
same. Pool id and client id are not in it: moto makes them from the pool's settings. The demo user's
``sub`` is the same as well, so that an access token of an earlier start is good until it expires.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import tempfile
from base64 import b64encode
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from devstack.edge_keys import KeyPair
from devstack.identity import fresh_key

#: What makes moto give the same ids to the same pool and client.
SAME_IDS = {
    "MOTO_COGNITO_IDP_USER_POOL_ID_STRATEGY": "HASH",
    "MOTO_COGNITO_IDP_USER_POOL_CLIENT_ID_STRATEGY": "HASH",
}


@dataclass(frozen=True)
class Kept:
    """``signing_key`` is the private JWK of the pool's tokens, ``edge`` the key pair of links."""

    password: str = field(repr=False)
    signing_key: dict[str, Any] = field(repr=False)
    edge: KeyPair
    secret_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)

    @property
    def demo_sub(self) -> str:
        """The demo user's ``sub``; it follows from the secret, so older files have one, too."""
        digest = hashlib.sha256(f"demo sub {self.secret_key}".encode()).digest()
        return str(UUID(bytes=digest[:16], version=4))

    @property
    def back_end_id(self) -> str:
        """The client that asks for tokens of its own; it follows from the secret as well."""
        return f"backend{self._derived('back end')[:19]}"

    @property
    def back_end_secret(self) -> str:
        """What that client proves itself with."""
        return self._derived("back end's secret")

    def _derived(self, what: str) -> str:
        return hashlib.sha256(f"{what} {self.secret_key}".encode()).hexdigest()

    @classmethod
    def fresh(cls) -> Kept:
        """New secrets, worth nothing anywhere else."""
        # Brings boto3 along, for which not every start should wait.
        from devstack.bootstrap import strong_password

        return cls(
            password=strong_password(),
            signing_key=fresh_key(),
            edge=KeyPair.fresh(),
            secret_key=secrets.token_urlsafe(48),
            webhook_secret=f"whsec_{b64encode(secrets.token_bytes(32)).decode()}",
        )

    @classmethod
    def read(cls, path: Path) -> Kept:
        """What ``path`` holds. Raises ValueError that says what to do where it cannot be read."""
        try:
            found = json.loads(path.read_text())
            return cls(**{**found, "edge": KeyPair(**found["edge"])})
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise ValueError(
                f"{path} cannot be read; remove it, and all it keeps is made anew"
            ) from error

    @classmethod
    def at(cls, path: Path) -> Kept:
        """What ``path`` holds, made first where there is nothing; two starts at once agree."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=path.parent) as file:
                json.dump(asdict(cls.fresh()), file)
                file.flush()
                with suppress(FileExistsError):
                    os.link(file.name, path)
        return cls.read(path)
