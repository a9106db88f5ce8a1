"""S3's error codes, each in one place with what it means here, and what the caller is told.

The codes that an operation means to handle are handled where it is asked, by the sets below;
everything else becomes a ``Problem``. Upstream's words stay out of its message: they name buckets
and ARNs. Answers without a document (HEAD has none) get the code of their status.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from app.domain.errors import Problem, StorageError, StorageUnavailable

GONE = frozenset({"NoSuchKey", "NoSuchVersion", "NotFound"})
"""There is no such object or version. A bucket that is not there is a fault (``NoSuchBucket``)."""
NO_UPLOAD = GONE | {"NoSuchUpload"}
"""The multipart upload is over or unknown. Swift says NoSuchKey once it was completed."""
PRECONDITION_FAILED = frozenset({"PreconditionFailed"})
"""``If-Match`` found another object, or ``If-None-Match: *`` found one."""
CONFLICT = frozenset({"ConditionalRequestConflict"})
"""Another write to the key was under way: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html"""
UNSUPPORTED = frozenset({"NotImplemented"})
"""The store does not know a header or an operation."""
NO_METHOD = frozenset({"MethodNotAllowed"})
"""The store does not have the operation; of HEAD and GET, the version is a delete marker."""
OUT_OF_RANGE = frozenset({"InvalidRange"})
"""No byte of the range exists: the object is empty."""
UNFIT_PARTS = frozenset({"EntityTooSmall", "InvalidPart", "InvalidPartOrder", "InvalidRequest"})
"""Parts changed since they were listed, or are smaller than the store takes."""
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})
"""The gateway's own temporary credentials are over."""
SLOW_DOWN = frozenset({"SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded"})
"""More requests than the store wants to answer."""
PASSING = (
    SLOW_DOWN
    | CONFLICT
    | {
        "InternalError",
        "OperationAborted",
        "RequestTimeout",
        "ServiceUnavailable",
        "XMinioServerNotInitialized",
    }
)
"""Faults of the moment: the same request may succeed."""
SKEWED = frozenset({"RequestTimeTooSkewed"})
"""The gateway's clock and the store's differ by more than the store allows."""

_BY_STATUS = {
    404: "NotFound",
    405: "MethodNotAllowed",
    409: "ConditionalRequestConflict",
    412: "PreconditionFailed",
    416: "InvalidRange",
    501: "NotImplemented",
}
#: A store's clock that differs by more explains a refusal. S3 itself allows 15 minutes.
_SKEW_SECONDS = 240


class Refused(Exception):
    """S3 answered with one of the error codes that were expected: ``code``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def code_of_status(status: int) -> str:
    """What an answer without a document says by its status."""
    return _BY_STATUS.get(status, "")


def garbled() -> StorageError:
    """For an answer that is not what was asked for, or cannot be read."""
    return StorageError("The storage's answer is not what it should be")


def problem_of(code: str, status: int, date: str | None = None) -> Problem:
    """The problem for an S3 error ``code`` that came with HTTP ``status``.

    ``date`` is the answer's ``Date`` header: stores refuse what a wrong clock signed by many names
    (RequestTimeTooSkewed, an AccessDenied that says "expired" or "not yet valid").
    """
    if code in SKEWED or (status in (400, 403) and _is_far(date)):
        return StorageError("The gateway's clock is off, so the storage refuses what it signs")
    if code in EXPIRED:
        return StorageUnavailable("The storage credentials have expired and are to be renewed")
    if code in SLOW_DOWN:
        return StorageUnavailable("The storage asks to slow down", retry_after_seconds=10)
    if code in UNSUPPORTED or status == 501:
        return StorageError("The storage does not support this")
    if code in PASSING or status >= 500:
        return StorageUnavailable("The storage has a fault of its own; try again")
    if 300 <= status < 400:
        return StorageError("The storage redirects: its region or endpoint is set wrongly")
    return StorageError("The storage refused the gateway's request")


def _is_far(date: str | None) -> bool:
    try:
        then = parsedate_to_datetime(date or "")
    except (ValueError, OverflowError):
        return False
    # HTTP's dates are GMT (RFC 9110 §5.6.7).
    return abs((then.replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds()) > _SKEW_SECONDS
