"""A JWK set, from the wire to keys that are bound to their algorithm (RFC 7517 §5, RFC 8725 §3.1).

Cognito's: docs.aws.amazon.com/cognito, "Verifying JSON web tokens". Others': OpenID Connect Core,
section 10.1.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import urllib3
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.util import base64_to_int

from app.http_clients import deadline

MAX_BODY_BYTES = 65_536
MIN_MODULUS_BITS = 2048


class PublicKey(NamedTuple):
    """A key, and the names of the one algorithm that it verifies."""

    algorithms: frozenset[str]
    key: RSAKey | ECKey | OKPKey


class _Family(NamedTuple):
    """Keys of one type and curve: their algorithm's names, and the members that make one."""

    algorithms: frozenset[str]
    members: tuple[str, ...]
    key_type: type[RSAKey | ECKey | OKPKey]


_RSA = _Family(frozenset({"RS256"}), ("n", "e"), RSAKey)
#: By `kty` and `crv`. RFC 9864 renames EdDSA on this curve.
_FAMILIES: Mapping[tuple[str, str | None], _Family] = MappingProxyType(
    {
        ("RSA", None): _RSA,
        ("EC", "P-256"): _Family(frozenset({"ES256"}), ("crv", "x", "y"), ECKey),
        ("OKP", "Ed25519"): _Family(frozenset({"EdDSA", "Ed25519"}), ("crv", "x"), OKPKey),
    }
)
#: What Cognito signs with, and what any OpenID Connect provider may sign with.
RS256 = _RSA.algorithms
ASYMMETRIC = frozenset[str]().union(*(family.algorithms for family in _FAMILIES.values()))


def fetch_body(http: urllib3.PoolManager, url: str, timeout_seconds: float) -> bytes:
    """The body of a plain 200 at ``url`` and nowhere else.

    :raises ValueError: another status, a redirect included, or more than ``MAX_BODY_BYTES``.
    :raises urllib3.exceptions.HTTPError: the connection failed, or not all of it came in time.
    """
    with deadline(timeout_seconds):
        response = http.request(
            "GET",
            url,
            # A pooled connection would be shared by workers forked later, and fetches are rare.
            headers={"accept": "application/json", "connection": "close"},
            timeout=urllib3.Timeout(total=timeout_seconds),
            redirect=False,
            preload_content=False,
            decode_content=False,
        )
        try:
            if response.status != 200:
                raise ValueError(f"status {response.status}")
            body = response.read(MAX_BODY_BYTES + 1)
            if len(body) > MAX_BODY_BYTES:
                raise ValueError("larger than any key set")
            return body
        finally:
            response.close()


def parse_jwks(body: bytes, algorithms: Collection[str] = RS256) -> dict[str, PublicKey]:
    """The keys of a JWK set that may verify one of ``algorithms``, by ``kid``; never none.

    Keys of another type, use or algorithm are passed over, as RFC 7517 §5 asks, and so are short
    and broken ones. Only the public part is taken.

    :raises ValueError: not a key set, or no usable key in it.
    """
    document = json.loads(body)
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError("not a JWK set")
    keys: dict[str, PublicKey] = {}
    for entry in entries:
        if isinstance(entry, dict) and isinstance(entry.get("kid"), str):
            key = _import_public(entry)
            if key is not None and not key.algorithms.isdisjoint(algorithms):
                keys.setdefault(entry["kid"], key)
    if not keys:
        raise ValueError("no usable key")
    return keys


def _import_public(entry: Mapping[str, Any]) -> PublicKey | None:
    family = _family_of(entry)
    if family is None:
        return None
    try:
        if family is _RSA and base64_to_int(entry["n"]).bit_length() < MIN_MODULUS_BITS:
            return None
        public = {name: entry[name] for name in ("kty", *family.members)}
        key = family.key_type.import_key(public)
        key.public_key  # noqa: B018 - read here, so that a point off its curve is found here
    except (JoseError, ValueError):
        return None
    return PublicKey(family.algorithms, key)


def _family_of(entry: Mapping[str, Any]) -> _Family | None:
    """What a JWK is for; None for what verifies no signature of ours."""
    kind, curve = entry.get("kty"), entry.get("crv")
    if not isinstance(kind, str) or not (curve is None or isinstance(curve, str)):
        return None
    family = _FAMILIES.get((kind, curve))
    if (
        family is None
        or not all(isinstance(entry.get(name), str) for name in family.members)
        or entry.get("use", "sig") != "sig"
    ):
        return None
    # A JWK may leave its algorithm out, but not name another, or none.
    return family if "alg" not in entry or entry["alg"] in [*family.algorithms] else None
