"""From what S3 or the network answered to the problem that the caller is told.

The code that an operation means to handle (``NoSuchKey``, ``PreconditionFailed``) is handled where
the call is made; everything else comes here. Upstream's words stay out of the message: they name
buckets and ARNs.
"""

from __future__ import annotations

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
_SLOW_DOWN = frozenset({"SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded"})


def problem_of(code: str, status: int) -> Problem:
    """The problem for an S3 error ``code`` that came with HTTP ``status``."""
    if code == "RequestTimeTooSkewed":
        return StorageError("The gateway's clock is off, so the storage refuses what it signs")
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
    return problem_of(code_of(error), answer.get("HTTPStatusCode", 0))
