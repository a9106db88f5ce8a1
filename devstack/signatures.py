"""Signature Version 4, verified as S3 verifies it, with botocore as the oracle.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from devstack.credentials import Keyring
from devstack.errors import S3Error
from devstack.oracle import check_signature
from devstack.requests import Request
from devstack.scopes import Scope, parse_instant

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
MAX_SKEW = timedelta(minutes=15)
MAX_LIFE = timedelta(days=7)

_AUTHORIZATION = re.compile(
    rf"{ALGORITHM} +Credential=(?P<credential>[^, ]+), *"
    r"SignedHeaders=(?P<signed>[^, ]+), *Signature=(?P<signature>[0-9a-f]+)"
)
_QUERY = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-Date",
    "X-Amz-SignedHeaders",
    "X-Amz-Expires",
)
_SIGV2_REFUSED = (
    "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
)


@dataclass(frozen=True)
class Verdict:
    """Who signed, and what the signature says about the body: a hash or UNSIGNED-PAYLOAD."""

    access_key_id: str
    payload: str


def verify_request(request: Request, keyring: Keyring, region: str | None) -> Verdict:
    """Verify a signed request; ``region`` is the one that its bucket lives in, if known.

    Raises S3Error for anonymous requests, SigV2, and everything that S3 refuses.
    """
    authorization = request.headers.get("authorization")
    by_query = request.has("X-Amz-Algorithm") or request.has("X-Amz-Signature")
    sigv2 = request.has("AWSAccessKeyId") or request.has("Signature")
    if sum([authorization is not None, by_query, sigv2]) > 1:
        raise S3Error(
            "InvalidArgument",
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, "
            "Signature query string parameter or the Authorization header should be specified",
        )
    if sigv2 or (authorization or "").startswith("AWS "):
        raise S3Error("InvalidRequest", _SIGV2_REFUSED)
    if by_query:
        return _verify_query(request, keyring, region)
    if authorization is not None:
        return _verify_header(request, authorization, keyring, region)
    if any(name.startswith("response-") for name, _ in request.query):
        raise S3Error(
            "InvalidRequest",
            "Request specific response headers cannot be used for anonymous GET requests.",
        )
    raise S3Error("AccessDenied", "Access Denied")


def _verify_query(request: Request, keyring: Keyring, region: str | None) -> Verdict:
    fault = "AuthorizationQueryParametersError"
    names = [name for name, _ in request.query]
    if any(names.count(name) != 1 for name in _QUERY):
        raise S3Error(
            fault,
            "Query-string authentication version 4 requires the X-Amz-Algorithm, "
            "X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and "
            "X-Amz-Expires parameters.",
        )
    auth = {name: value for name, value in request.query if name in _QUERY}
    if auth["X-Amz-Algorithm"] != ALGORITHM:
        raise S3Error(fault, f'X-Amz-Algorithm only supports "{ALGORITHM}"')
    signed_at = parse_instant(auth["X-Amz-Date"], fault)
    scope = Scope.parse(
        auth["X-Amz-Credential"], date=auth["X-Amz-Date"], region=region, fault=fault
    )
    _check_life(signed_at, auth["X-Amz-Expires"])
    credential = keyring.find(scope.access_key_id, request.param("X-Amz-Security-Token"))
    signed = auth["X-Amz-SignedHeaders"].split(";")
    payload = UNSIGNED_PAYLOAD
    if "x-amz-content-sha256" in signed:
        payload = request.headers.get("x-amz-content-sha256", payload)
    check_signature(
        request,
        credential,
        scope,
        signed=signed,
        timestamp=auth["X-Amz-Date"],
        payload=payload,
        provided=auth["X-Amz-Signature"],
    )
    return Verdict(scope.access_key_id, payload)


def _check_life(signed_at: datetime, expires: str) -> None:
    fault = "AuthorizationQueryParametersError"
    if not expires.isascii() or not expires.removeprefix("-").isdigit():
        raise S3Error(fault, "X-Amz-Expires should be a number")
    life = int(expires)
    if life < 1:
        raise S3Error(fault, "X-Amz-Expires must be non-negative")
    if life > MAX_LIFE.total_seconds():
        raise S3Error(
            fault,
            "X-Amz-Expires must be less than a week (in seconds); that is, the given "
            "X-Amz-Expires must be less than 604800 seconds",
        )
    now = datetime.now(UTC)
    if signed_at > now + MAX_SKEW:
        raise S3Error("AccessDenied", "Request is not yet valid")
    ends = signed_at + timedelta(seconds=life)
    if now >= ends:
        details: dict[str, Any] = {
            "X-Amz-Expires": life,
            "Expires": ends.isoformat(),
            "ServerTime": now.isoformat(),
        }
        raise S3Error(
            "AccessDenied",
            "Request has expired",
            **details,
        )


def _verify_header(
    request: Request, authorization: str, keyring: Keyring, region: str | None
) -> Verdict:
    fault = "AuthorizationHeaderMalformed"
    found = _AUTHORIZATION.fullmatch(authorization.strip())
    if found is None:
        raise S3Error(fault, "The authorization header that you provided is not valid.")
    date = request.headers.get("x-amz-date")
    if date is None:
        raise S3Error(
            "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header"
        )
    signed_at = parse_instant(date, "AccessDenied")
    if abs(datetime.now(UTC) - signed_at) > MAX_SKEW:
        raise S3Error(
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
            RequestTime=date,
            MaxAllowedSkewMilliseconds=900_000,
        )
    scope = Scope.parse(found["credential"], date=date, region=region, fault=fault)
    credential = keyring.find(scope.access_key_id, request.headers.get("x-amz-security-token"))
    payload = request.headers.get("x-amz-content-sha256")
    if payload is None:
        raise S3Error(
            "InvalidRequest", "Missing required header for this request: x-amz-content-sha256"
        )
    check_signature(
        request,
        credential,
        scope,
        signed=found["signed"].split(";"),
        timestamp=date,
        payload=payload,
        provided=found["signature"],
    )
    return Verdict(scope.access_key_id, payload)
