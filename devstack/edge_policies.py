"""What a signed URL or signed cookies allow, judged as CloudFront judges it.

Written from the developer guide and ``cryptography`` alone, so that it can find the gateway's own
signer at fault:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-custom-policy.html
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

SIGNING_NAMES = ("Expires", "Policy", "Signature", "Key-Pair-Id", "Hash-Algorithm")
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


class Refused(Exception):
    """Not allowed: CloudFront's error code and sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


DENIED = ("AccessDenied", "Access denied")
_MALFORMED = ("MalformedPolicy", "Malformed Policy")


def key_group(pems: Mapping[str, str]) -> dict[str, PublicKey]:
    """Public keys by key pair id. Raises ValueError for a key that CloudFront would not take."""
    group: dict[str, PublicKey] = {}
    for key_pair_id, pem in pems.items():
        key = load_pem_public_key(pem.encode())
        if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            raise ValueError(f"{key_pair_id} is neither RSA nor EC")
        group[key_pair_id] = key
    return group


@dataclass(frozen=True)
class Policy:
    """One statement; instants in Unix seconds. ``resource`` may hold ``*`` and ``?``."""

    resource: str
    before: int
    after: int | None = None
    source: str | None = None

    @classmethod
    def parse(cls, document: bytes) -> Policy:
        """Read a custom policy. Raises Refused for what CloudFront does not understand."""
        try:
            [statement] = json.loads(document)["Statement"]
            resource, condition = statement.get("Resource", "*"), statement["Condition"]
            policy = cls(
                resource,
                condition["DateLessThan"]["AWS:EpochTime"],
                condition.get("DateGreaterThan", {}).get("AWS:EpochTime"),
                condition.get("IpAddress", {}).get("AWS:SourceIp"),
            )
            unknown = {*condition} - {"DateLessThan", "DateGreaterThan", "IpAddress"}
            instants = [policy.before] if policy.after is None else [policy.before, policy.after]
            if unknown or any(type(instant) is not int for instant in instants):
                raise ValueError
            re.compile(resource)
            if policy.source is not None:
                ip_network(policy.source)
        except (ValueError, TypeError, KeyError, AttributeError, re.error):
            raise Refused(*_MALFORMED) from None
        return policy

    def check(self, url: str, address: str, now: float) -> None:
        """Raises Refused unless the policy covers this URL, this client and this moment."""
        within = self.before > now and (self.after is None or now >= self.after)
        from_there = self.source is None or ip_address(address) in ip_network(self.source)
        if not (within and from_there and covers(self.resource, url)):
            raise Refused(*DENIED)


def covers(resource: str, url: str) -> bool:
    """Whether ``resource`` is ``url``; ``*`` is any run of characters, ``?`` any single one."""
    pattern = "".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in resource)
    return re.fullmatch(pattern, url, re.DOTALL) is not None


def verify(signed: Mapping[str, str], url: str, keys: Mapping[str, PublicKey]) -> Policy:
    """The policy that ``signed`` (by the names of ``SIGNING_NAMES``) carries, its signature sound.

    A canned policy is written here from ``url`` and the expiry, as CloudFront does. Raises Refused.
    """
    for name in ("Key-Pair-Id", "Signature"):
        if name not in signed:
            code = name.replace("-Pair-Id", "")
            raise Refused(f"Missing{code}", f"Missing {name} query parameter or cookie value")
    if ("Policy" in signed) == ("Expires" in signed):
        raise Refused("MissingPolicy", "Exactly one of Policy and Expires is needed")
    key = keys.get(signed["Key-Pair-Id"])
    if key is None:
        raise Refused("InvalidKey", "Unknown Key")
    if "Policy" in signed:
        document = _decoded(signed["Policy"], _MALFORMED)
    else:
        document = _canned(url, signed["Expires"])
    signature = _decoded(
        signed["Signature"], ("MalformedSignature", "Could not unencode Signature")
    )
    _check_signature(key, signature, document, signed.get("Hash-Algorithm", "SHA1"))
    return Policy.parse(document)


def _canned(url: str, expires: str) -> bytes:
    if not (expires.isascii() and expires.isdigit()):
        raise Refused(*_MALFORMED)
    statement: dict[str, Any] = {
        "Resource": url,
        "Condition": {"DateLessThan": {"AWS:EpochTime": int(expires)}},
    }
    return json.dumps({"Statement": [statement]}, separators=(",", ":")).encode()


def _decoded(text: str, fault: tuple[str, str]) -> bytes:
    try:
        standard = text.translate(str.maketrans("-_~", "+=/"))
        return base64.b64decode(standard, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(*fault) from None


def _check_signature(key: PublicKey, signature: bytes, document: bytes, algorithm: str) -> None:
    digests = {"SHA1": hashes.SHA1(), "SHA256": hashes.SHA256()}  # noqa: S303 - CloudFront's own
    if algorithm not in digests:
        raise Refused("InvalidHashAlgorithm", "Unknown Hash-Algorithm")
    digest = digests[algorithm]
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, document, padding.PKCS1v15(), digest)
        else:
            key.verify(signature, document, ec.ECDSA(digest))
    except InvalidSignature:
        raise Refused(*DENIED) from None
