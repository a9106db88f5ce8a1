"""What the checks get back: an HTTP response, or AWS's refusal of an API call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import ParseError, fromstring

import urllib3

from app.cli.doctor.results import Check, Result

_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"})


#: OpenSSL's words for an answer that is no TLS.
_NOT_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "record layer failure")


class AwsError(Exception):
    """An API call failed: ``code`` is AWS's, or, where AWS did not answer, the kind of error."""

    def __init__(self, code: str, *, answered: bool = True) -> None:
        super().__init__(code)
        self.code = code
        self.answered = answered

    @property
    def is_denied(self) -> bool:
        return self.code in _DENIED


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response. ``code`` is S3's or CloudFront's, or the kind of network error; empty on
    success. ``status`` is 0 without an answer."""

    status: int
    code: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


def error_code(status: int, body: bytes) -> str:
    """The error code in a body, or else the status; empty on success."""
    if 200 <= status < 300:
        return ""
    try:
        # From the store that the gateway is configured to trust.
        document = fromstring(body)  # noqa: S314
    except ParseError:
        return str(status)
    # CloudFront's and S3's documents are alike; STS and SQS nest theirs.
    return document.findtext("Code") or str(status)


def network_error(error: urllib3.exceptions.HTTPError) -> str:
    """A network error in words, without the address, which may be signed."""
    if isinstance(error, urllib3.exceptions.NameResolutionError):
        return "the name cannot be resolved"
    if isinstance(error, urllib3.exceptions.SSLError):
        if any(words in str(error) for words in _NOT_TLS):
            return "the server speaks plain HTTP"
        return "the certificate is not valid"
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return "no answer in time"
    return "no connection"


def not_permitted(item: Check, error: AwsError) -> Result:
    """The result for what could not be read."""
    if error.is_denied:
        return item.unknown(
            "not permitted to look",
            "Attach the stack's DoctorPolicyArn to your own user, then "
            "`flask doctor --profile <yours>`.",
        )
    if not error.answered:
        return item.unknown(
            f"AWS could not be asked: {error.code}",
            "From the same machine, `aws sts get-caller-identity` must answer: network, proxy, "
            "credentials. docs/settings.md, Variables of others.",
        )
    return item.unknown(f"AWS answered {error.code}")
