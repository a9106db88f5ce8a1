"""POST policies: what a form may contain, signed in advance.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from devstack.credentials import Keyring
from devstack.errors import S3Error
from devstack.forms import Form
from devstack.oracle import sign_text
from devstack.scopes import Scope, parse_instant
from devstack.signatures import ALGORITHM, MAX_LIFE, MAX_SKEW

_SIGNATURE_FIELDS = ("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature")
_UNCOVERED = {"policy", "x-amz-signature", "file"}


@dataclass(frozen=True)
class Policy:
    """A decoded policy document."""

    expiration: datetime
    conditions: list[Any]

    @classmethod
    def parse(cls, text: str) -> Policy:
        """Decode the ``policy`` field. Raises S3Error ``InvalidPolicyDocument``."""
        try:
            document = json.loads(base64.b64decode(text, validate=True))
            expiration = datetime.fromisoformat(document["expiration"])
            conditions = document["conditions"]
        except (binascii.Error, ValueError, KeyError, TypeError) as error:
            raise _invalid("Invalid Policy: Invalid JSON.") from error
        if expiration.tzinfo is None or not isinstance(conditions, list):
            raise _invalid("Invalid Policy: Invalid 'expiration' or 'conditions'.")
        return cls(expiration, conditions)

    def check(self, form: Form, bucket: str) -> None:
        """Check every condition but the file's size, and that every field has one.

        Raises S3Error ``AccessDenied`` that names the condition, or the field without one.
        """
        values = {**form.fields, "key": form.key, "bucket": bucket}
        covered = set(_UNCOVERED)
        for operator, name, operand in self._rules():
            covered.add(name)
            if not _holds(operator, values.get(name, ""), operand, name):
                shown = json.dumps([operator, f"${name}", operand])
                raise _denied(f"Policy Condition failed: {shown}")
        extra = [f for f in form.fields if f not in covered and not f.startswith("x-ignore-")]
        if extra:
            raise _denied(f"Extra input fields: {', '.join(extra)}")

    def bounded(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """The file's blocks, as long as their sum keeps to ``content-length-range``.

        Raises S3Error ``EntityTooLarge`` or ``EntityTooSmall``.
        """
        ranges = list(self._ranges())
        least = max((low for low, _ in ranges), default=0)
        most = min((high for _, high in ranges), default=5 * 1024**3)
        size = 0
        for block in blocks:
            size += len(block)
            if size > most:
                raise S3Error(
                    "EntityTooLarge",
                    "Your proposed upload exceeds the maximum allowed size",
                    ProposedSize=size,
                    MaxSizeAllowed=most,
                )
            yield block
        if size < least:
            raise S3Error(
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed size",
                ProposedSize=size,
                MinSizeAllowed=least,
            )

    def _rules(self) -> Iterator[tuple[str, str, str]]:
        for condition in self.conditions:
            if isinstance(condition, dict):
                for name, operand in condition.items():
                    yield "eq", name.lower(), str(operand)
            elif not isinstance(condition, list) or len(condition) != 3:
                raise _invalid(f"Invalid Policy: Invalid condition {json.dumps(condition)}")
            elif str(condition[0]).lower() != "content-length-range":
                operator, name, operand = (str(part) for part in condition)
                if operator.lower() not in ("eq", "starts-with") or not name.startswith("$"):
                    raise _invalid(f"Invalid Policy: Invalid condition {json.dumps(condition)}")
                yield operator.lower(), name[1:].lower(), operand

    def _ranges(self) -> Iterator[tuple[int, int]]:
        for condition in self.conditions:
            if isinstance(condition, list) and str(condition[0]).lower() == "content-length-range":
                try:
                    yield int(condition[1]), int(condition[2])
                except (ValueError, TypeError) as error:
                    raise _invalid("Invalid Policy: Invalid content-length-range") from error


def verify_policy(fields: Mapping[str, str], keyring: Keyring, region: str | None) -> Policy:
    """Verify the signature under a form's policy, and that it still holds.

    Raises S3Error for forms without a policy (anonymous), SigV2 forms, wrong signatures and
    expired policies.
    """
    if "awsaccesskeyid" in fields or "signature" in fields:
        raise S3Error(
            "InvalidRequest",
            "The authorization mechanism you have provided is not supported. "
            "Please use AWS4-HMAC-SHA256.",
        )
    if "policy" not in fields:
        raise S3Error("AccessDenied", "Access Denied")
    for name in _SIGNATURE_FIELDS:
        if name not in fields:
            raise S3Error(
                "InvalidArgument",
                f"Bucket POST must contain a field named '{name}'. If it is specified, please "
                "check the order of the fields.",
                ArgumentName=name,
            )
    if fields["x-amz-algorithm"] != ALGORITHM:
        raise S3Error("InvalidArgument", f'X-Amz-Algorithm only supports "{ALGORITHM}"')
    signed_at = parse_instant(fields["x-amz-date"], "InvalidArgument")
    scope = Scope.parse(
        fields["x-amz-credential"],
        date=fields["x-amz-date"],
        region=region,
        fault="InvalidArgument",
    )
    credential = keyring.find(scope.access_key_id, fields.get("x-amz-security-token"))
    expected = sign_text(credential, scope, fields["policy"])
    if not hmac.compare_digest(expected, fields["x-amz-signature"]):
        raise S3Error(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
            AWSAccessKeyId=credential.access_key_id,
            StringToSign=fields["policy"],
            SignatureProvided=fields["x-amz-signature"],
        )
    policy = Policy.parse(fields["policy"])
    now = datetime.now(UTC)
    if now >= policy.expiration or now >= signed_at + MAX_LIFE:
        raise _denied("Policy expired.")
    if signed_at > now + MAX_SKEW:
        raise S3Error("AccessDenied", "Request is not yet valid")
    return policy


def _holds(operator: str, value: str, operand: str, name: str) -> bool:
    if operator == "eq":
        return value == operand
    if name == "content-type":
        return all(part.strip().startswith(operand) for part in value.split(","))
    return value.startswith(operand)


def _denied(why: str) -> S3Error:
    return S3Error("AccessDenied", f"Invalid according to Policy: {why}")


def _invalid(message: str) -> S3Error:
    return S3Error("InvalidPolicyDocument", message)
