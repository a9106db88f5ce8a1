"""From what S3 or the network answered to the problem that the caller is told.

The code that an operation means to handle (``NoSuchKey``, ``PreconditionFailed``) is handled where
the call is made; everything else comes here. Upstream's words stay out of the message: they name
buckets and ARNs.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from app.domain.errors import Problem, StorageError, StorageUnavailable

if TYPE_CHECKING:  # botocore is imported when it is first needed
    from botocore.exceptions import ClientError

# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
_PASSING = frozenset(
    {
        "InternalError",
        "OperationAborted",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "RequestLimitExceeded",
        "XMinioServerNotInitialized",
    }
)
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})
_SLOW_DOWN = frozenset({"SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded"})


#: A store's clock that differs by more explains a refusal. S3 itself allows 15 minutes.
_SKEW_SECONDS = 240


def problem_of(code: str, status: int, date: str | None = None) -> Problem:
    """The problem for an S3 error ``code`` that came with HTTP ``status``.

    ``date`` is the answer's ``Date`` header: stores refuse what a wrong clock signed by many names
    (RequestTimeTooSkewed, an AccessDenied that says "expired" or "not yet valid").
    """
    if code == "RequestTimeTooSkewed" or (status in (400, 403) and _is_far(date)):
        return StorageError("The gateway's clock is off, so the storage refuses what it signs")
    if code in _EXPIRED:
        return StorageUnavailable("The storage credentials have expired and are to be renewed")
    if code in _SLOW_DOWN:
        return StorageUnavailable("The storage asks to slow down", retry_after_seconds=10)
    if code in _PASSING or status >= 500:
        return StorageUnavailable("The storage has a fault of its own; try again")
    return StorageError("The storage refused the gateway's request")


def code_of(error: ClientError) -> str:
    """S3's name of the error that boto3 raised."""
    return error.response.get("Error", {}).get("Code", "")


def problem_of_client(error: ClientError) -> Problem:
    """``problem_of`` what boto3 raised."""
    answer = error.response.get("ResponseMetadata", {})
    date = answer.get("HTTPHeaders", {}).get("date")
    return problem_of(code_of(error), answer.get("HTTPStatusCode", 0), date)


def _is_far(date: str | None) -> bool:
    try:
        then = parsedate_to_datetime(date or "")
    except ValueError:
        return False
    # HTTP's dates are GMT (RFC 9110 §5.6.7).
    return abs((then.replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds()) > _SKEW_SECONDS
