"""Key pairs for CloudFront links: made here, so that the private half never travels.

EC P-256: CloudFront takes it since September 2025, it signs ten times as fast as RSA-2048, and its
links are half as long.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-trusted-signers.html
"""

from __future__ import annotations

from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)


class KeyPair(NamedTuple):
    """Both halves in PEM: PKCS #8 and SubjectPublicKeyInfo."""

    private_pem: str
    public_pem: str

    def __repr__(self) -> str:
        return f"KeyPair(public_pem={self.public_pem!r})"


def make_key_pair() -> KeyPair:
    """A fresh EC key on P-256."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return KeyPair(private, public_half(private))


def public_half(private_pem: str) -> str:
    """The public key of a private one in PEM, whose line breaks may be spelt ``\\n``.

    Raises ValueError for anything else, without any of it in the message.
    """
    try:
        key = load_pem_private_key(private_pem.replace("\\n", "\n").encode(), password=None)
    except (ValueError, TypeError):
        raise ValueError("not an unencrypted private key in PEM") from None
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return public.decode()
