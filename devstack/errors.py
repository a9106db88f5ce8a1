"""What S3 says when it refuses, in S3's words.

Codes, statuses and messages are those of
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html and of the live service.
"""

from __future__ import annotations

from http import HTTPStatus
from xml.sax.saxutils import escape

_STATUS = {
    "AccessDenied": 403,
    "AccessForbidden": 403,
    "AuthorizationHeaderMalformed": 400,
    "AuthorizationQueryParametersError": 400,
    "BadDigest": 400,
    "BadRequest": 400,
    "EntityTooLarge": 400,
    "EntityTooSmall": 400,
    "ExpiredToken": 400,
    "IncompleteBody": 400,
    "InternalError": 500,
    "InvalidAccessKeyId": 403,
    "InvalidArgument": 400,
    "InvalidDigest": 400,
    "InvalidPartOrder": 400,
    "InvalidPolicyDocument": 400,
    "InvalidRange": 416,
    "InvalidRequest": 400,
    "InvalidToken": 400,
    "InvalidURI": 400,
    "MalformedPOSTRequest": 400,
    "MalformedXML": 400,
    "MaxPostPreDataLengthExceeded": 400,
    "MethodNotAllowed": 405,
    "MissingContentLength": 411,
    "NoSuchBucket": 404,
    "NoSuchKey": 404,
    "NoSuchUpload": 404,
    "NoSuchVersion": 404,
    "NotImplemented": 501,
    "PreconditionFailed": 412,
    "RequestTimeTooSkewed": 403,
    "SignatureDoesNotMatch": 403,
    "XAmzContentSHA256Mismatch": 400,
}


class S3Error(Exception):
    """A refusal as S3 words it.

    ``details`` become elements of the XML document beside Code and Message; ``headers`` go with
    the response.
    """

    def __init__(
        self, code: str, message: str, *, headers: dict[str, str] | None = None, **details: object
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.details = details
        self.headers = headers or {}

    @property
    def status(self) -> str:
        """The status line, such as ``403 Forbidden``."""
        number = HTTPStatus(_STATUS[self.code])
        return f"{number.value} {number.phrase}"

    def document(self, resource: str, request_id: str) -> bytes:
        """The XML body that S3 clients parse."""
        elements = {
            "Code": self.code,
            "Message": self.message,
            **self.details,
            "Resource": resource,
            "RequestId": request_id,
            "HostId": "devstack",
        }
        inner = "".join(f"<{k}>{escape(str(v))}</{k}>" for k, v in elements.items())
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'.encode()
