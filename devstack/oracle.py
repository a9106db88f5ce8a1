"""The verdict on a signature, by botocore's own signer."""

from __future__ import annotations

import hmac

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

from devstack.credentials import Credential
from devstack.errors import S3Error
from devstack.requests import Request
from devstack.scopes import Scope


class _Oracle(S3SigV4Auth):
    """botocore's signer, told which headers were signed instead of choosing them."""

    def __init__(self, credential: Credential, region: str, signed: HTTPHeaders) -> None:
        keys = Credentials(credential.access_key_id, credential.secret_access_key)
        super().__init__(keys, "s3", region)
        self._signed = signed

    def headers_to_sign(self, request: AWSRequest) -> HTTPHeaders:
        return self._signed


def sign_text(credential: Credential, scope: Scope, text: str) -> str:
    """The signature botocore puts under ``text``: a string to sign, or a POST policy."""
    request = AWSRequest()
    request.context["timestamp"] = f"{scope.date}T000000Z"
    oracle = _Oracle(credential, scope.region, HTTPHeaders())
    return str(oracle.signature(text, request))


def check_signature(
    request: Request,
    credential: Credential,
    scope: Scope,
    *,
    signed: list[str],
    timestamp: str,
    payload: str,
    provided: str,
) -> None:
    """Check a signature over the headers that it says it signs.

    Raises S3Error ``AccessDenied`` when an ``x-amz-*`` header or the host is not among them,
    ``SignatureDoesNotMatch`` (with the strings that were expected) for every difference.
    """
    unsigned = sorted(
        name for name in request.headers if name.startswith("x-amz-") and name not in signed
    )
    if "host" not in signed:
        unsigned.append("host")
    if unsigned:
        raise S3Error(
            "AccessDenied",
            "There were headers present in the request which were not signed",
            HeadersNotSigned=", ".join(unsigned),
        )
    headers = HTTPHeaders()
    for name in signed:
        headers[name] = request.headers.get(name, "")
    query = request.canonical_query(without="X-Amz-Signature")
    aws = AWSRequest(
        request.method,
        f"http://host{request.canonical_path()}?{query}",
        headers={"X-Amz-Content-SHA256": payload},
    )
    aws.context["timestamp"] = timestamp
    oracle = _Oracle(credential, scope.region, headers)
    canonical = oracle.canonical_request(aws)
    text = oracle.string_to_sign(aws, canonical)
    absent = [name for name in signed if name not in request.headers]
    if absent or not hmac.compare_digest(oracle.signature(text, aws), provided):
        raise S3Error(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
            AWSAccessKeyId=credential.access_key_id,
            StringToSign=text,
            SignatureProvided=provided,
            CanonicalRequest=canonical,
        )
