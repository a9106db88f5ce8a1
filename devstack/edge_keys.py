"""Key pairs for the local edge: made afresh at each start, worth nothing anywhere else."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field
from typing import Literal

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

_ID_CHARACTERS = string.ascii_uppercase + string.digits


@dataclass(frozen=True)
class KeyPair:
    """A member of a key group: the edge knows the public half, the gateway signs with the other."""

    key_pair_id: str
    public_key: str
    private_key: str = field(repr=False)

    @classmethod
    def fresh(cls, kind: Literal["ec", "rsa"] = "ec") -> KeyPair:
        """A new pair in PEM, under an id that looks like CloudFront's own."""
        key = (
            ec.generate_private_key(ec.SECP256R1())
            if kind == "ec"
            else rsa.generate_private_key(public_exponent=65537, key_size=2048)
        )
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        key_pair_id = "K" + "".join(secrets.choice(_ID_CHARACTERS) for _ in range(13))
        return cls(key_pair_id, public.decode(), private.decode())

    def gateway_environment(self, address: str) -> dict[str, str]:
        """The settings of a gateway whose links lead to the edge at ``address``."""
        return {
            "CLOUDFRONT_DOMAIN": address,
            "CLOUDFRONT_KEY_PAIR_ID": self.key_pair_id,
            "CLOUDFRONT_PRIVATE_KEY": self.private_key,
        }
