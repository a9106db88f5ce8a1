"""A thousand CloudFront links: with an EC key, with an RSA key, and asked for again."""

from __future__ import annotations

import uuid

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from app.signing.cloudfront import CloudFrontSigner
from benchmarks.results import Results
from benchmarks.turns import Contender, Prepare, medians, ratio, take_turns

CASE = "one CloudFront link, CPU µs"
EC, RSA, AGAIN = "EC P-256", "RSA 2048", "EC, the same link again"
LINKS = 200
EXPIRES = 1_900_000_000
QUERY = "response-content-disposition=inline%3B%20filename%3D%22clip.mp4%22"


def _signer(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> CloudFrontSigner:
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return CloudFrontSigner("d111111abcdef8.cloudfront.net", "K2JCJMDEHXQW5F", pem.decode())


def measure_all(results: Results, rounds: int) -> None:
    """Adds the case, and the target for EC against RSA."""
    signers = {
        EC: _signer(ec.generate_private_key(ec.SECP256R1())),
        RSA: _signer(rsa.generate_private_key(65537, 2048)),
    }

    def new(signer: CloudFrontSigner) -> Prepare:
        def prepare() -> Contender:
            keys = [f"users/{uuid.uuid4()}/video/{uuid.uuid4()}/clip.mp4" for _ in range(LINKS)]
            return lambda: len([signer.sign_url(key, QUERY, EXPIRES) for key in keys])

        return prepare

    known = f"users/{uuid.uuid4()}/video/{uuid.uuid4()}/clip.mp4"

    def again() -> Contender:
        return lambda: len([signers[EC].sign_url(known, QUERY, EXPIRES) for _ in range(2000)])

    contenders: dict[str, Prepare] = {name: new(signer) for name, signer in signers.items()}
    figures = take_turns(contenders | {AGAIN: again}, rounds * 2)
    results.add(CASE, medians(figures))
    results.target("EC CloudFront links, of RSA's", ratio(figures[EC], figures[RSA]), at_most=0.15)
