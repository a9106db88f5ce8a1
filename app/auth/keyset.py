"""A JWK set, from the wire to RSA keys (RFC 7517 §5).

Cognito's: docs.aws.amazon.com/cognito, "Verifying JSON web tokens".
"""

from __future__ import annotations

import json

import urllib3
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.util import base64_to_int

from app.http_clients import deadline

MAX_BODY_BYTES = 65_536
MIN_MODULUS_BITS = 2048


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


def parse_jwks(body: bytes) -> dict[str, RSAKey]:
    """The keys of a JWK set that may verify RS256, by ``kid``; never none.

    Keys of another type, use or algorithm are passed over, as RFC 7517 §5 asks, and so are short
    and broken ones. Only the public part is taken.

    :raises ValueError: not a key set, or no usable key in it.
    """
    document = json.loads(body)
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError("not a JWK set")
    keys: dict[str, RSAKey] = {}
    for entry in entries:
        if _is_for_rs256(entry):
            key = _import_public(entry)
            if key is not None:
                keys.setdefault(entry["kid"], key)
    if not keys:
        raise ValueError("no usable key")
    return keys


def _is_for_rs256(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and all(isinstance(entry.get(name), str) for name in ("kid", "n", "e"))
        and entry.get("kty") == "RSA"
        and entry.get("use", "sig") == "sig"
        and entry.get("alg", "RS256") == "RS256"
    )


def _import_public(entry: dict[str, str]) -> RSAKey | None:
    try:
        if base64_to_int(entry["n"]).bit_length() < MIN_MODULUS_BITS:
            return None
        return RSAKey.import_key({"kty": "RSA", "n": entry["n"], "e": entry["e"]})
    except (JoseError, ValueError):
        return None
