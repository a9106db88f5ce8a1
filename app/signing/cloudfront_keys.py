"""The private key behind CloudFront links: read once, its kind found from the key itself.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-trusted-signers.html
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

HashName = Literal["sha256", "sha1"]
Sign = Callable[[bytes], bytes]

RSA_BITS = 2048
#: CloudFront's base64: what a URL or a cookie would mistake is replaced.
_URL_SAFE = bytes.maketrans(b"+=/", b"-_~")


def load_signing_key(pem: str, hash_name: HashName) -> Sign:
    """What signs a policy with the key in ``pem``; an RSA and an ECDSA signature both repeat.

    A PEM on one line, with ``\\n`` spelt out as deployment forms keep it, is read as well.
    Raises ValueError, in words for whoever set the key and without any of it, unless it is an
    unencrypted RSA key of 2,048 bits or an EC key on P-256: CloudFront takes no other.
    """
    try:
        key = load_pem_private_key(pem.replace("\\n", "\n").encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # TypeError: the key is encrypted. The library's own words may quote what it read.
        raise ValueError("must be an unencrypted private key in PEM") from None
    # SHA-1 is what CloudFront assumed before it could be told the hash, not a choice for secrecy.
    digest = hashes.SHA256() if hash_name == "sha256" else hashes.SHA1()  # noqa: S303
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size == RSA_BITS:
        pkcs1 = padding.PKCS1v15()
        return lambda message: key.sign(message, pkcs1, digest)
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        # RFC 6979: the same policy gives the same URL, on every replica.
        repeatable = ec.ECDSA(digest, deterministic_signing=True)
        return lambda message: key.sign(message, repeatable)
    raise ValueError("must be an RSA key of 2,048 bits or an EC key on P-256")


def url_safe(data: bytes) -> str:
    """base64 with ``+=/`` as ``-_~``, as CloudFront's query parameters and cookies carry it."""
    return b64encode(data).translate(_URL_SAFE).decode()
