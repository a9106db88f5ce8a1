"""The problems this service answers with, as exceptions that carry their data.

Each class is one row of the table in docs/api.md (RFC 9457 problem details)::

    Problem
    ├── InvalidToken         401  invalid-token          RFC 6750 §3.1
    ├── InsufficientScope    403  insufficient-scope     RFC 6750 §3.1
    ├── NotFound             404  not-found              unknown and foreign look the same
    ├── AlreadyExists        409  already-exists
    ├── UploadIncomplete     409  upload-incomplete
    ├── InProgress           409  in-progress            somebody else is at it
    ├── NotVersioned         409  not-versioned
    ├── CdnNotConfigured     409  cdn-not-configured
    ├── TooLarge             413  too-large
    ├── QuotaExceeded        413  quota-exceeded
    ├── UnsupportedType      415  unsupported-type
    ├── ValidationFailed     422  validation-error       names the faults by JSON pointer
    ├── UploadRejected       422  upload-rejected
    ├── RateLimited          429  rate-limited
    ├── TooManyUploads       429  too-many-uploads
    ├── StorageError         502  storage-error
    ├── StorageUnavailable   503  storage-unavailable
    └── IdentityUnavailable  503  identity-unavailable

Messages are for the caller: they say what to change, and never quote an upstream answer, a
bucket, an ARN or a credential. ``app/api/problems.py`` is the only place that renders them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the input: an RFC 6901 JSON pointer and a sentence."""

    pointer: str
    detail: str


class Problem(Exception):
    """Base of every answer that is not a success."""

    status = 500
    slug = "internal-error"
    title = "Something went wrong on our side"
    retry_after_seconds: int | None = None

    def __init__(
        self,
        detail: str = "",
        *,
        errors: Sequence[Fault] = (),
        retry_after_seconds: int | None = None,
        extensions: Mapping[str, str] | None = None,
    ) -> None:
        """``extensions``: further members of the document (RFC 9457, section 3.2)."""
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = tuple(errors)
        self.extensions = dict(extensions or {})
        if retry_after_seconds is not None:
            self.retry_after_seconds = retry_after_seconds


class InvalidToken(Problem):
    status = 401
    slug = "invalid-token"
    title = "The access token is missing or not valid"


class InsufficientScope(Problem):
    status = 403
    slug = "insufficient-scope"
    title = "The token does not permit this"


class NotFound(Problem):
    status = 404
    slug = "not-found"
    title = "There is nothing of yours here"


class AlreadyExists(Problem):
    status = 409
    slug = "already-exists"
    title = "An asset with this path exists already"


class UploadIncomplete(Problem):
    status = 409
    slug = "upload-incomplete"
    title = "The upload has not arrived in full"


class InProgress(Problem):
    status = 409
    slug = "in-progress"
    title = "Another request is moving this asset; try again"
    retry_after_seconds = 1


class NotVersioned(Problem):
    status = 409
    slug = "not-versioned"
    title = "The bucket keeps no versions"


class RequestFull(Problem):
    status = 409
    slug = "request-full"
    title = "This upload request takes no more files"


class CdnNotConfigured(Problem):
    status = 409
    slug = "cdn-not-configured"
    title = "CloudFront is not set up for this service"


class TooLarge(Problem):
    status = 413
    slug = "too-large"
    title = "This is larger than allowed"


class QuotaExceeded(Problem):
    status = 413
    slug = "quota-exceeded"
    title = "The storage quota would be exceeded"


class UnsupportedType(Problem):
    status = 415
    slug = "unsupported-type"
    title = "This content type is not allowed here"


class ValidationFailed(Problem):
    status = 422
    slug = "validation-error"
    title = "The request has faults"

    @classmethod
    def at(cls, pointer: str, detail: str) -> ValidationFailed:
        """A single fault at an RFC 6901 pointer, such as ``/size``."""
        return cls(detail, errors=[Fault(pointer, detail)])


class UploadRejected(Problem):
    status = 422
    slug = "upload-rejected"
    title = "The uploaded object was refused"


class RateLimited(Problem):
    status = 429
    slug = "rate-limited"
    title = "Too many requests"
    retry_after_seconds = 1


class TooManyUploads(Problem):
    status = 429
    slug = "too-many-uploads"
    title = "Too many unfinished uploads"
    retry_after_seconds = 60


class StorageError(Problem):
    status = 502
    slug = "storage-error"
    title = "The storage refused or garbled a request"
    retry_after_seconds = 5


class StorageUnavailable(Problem):
    status = 503
    slug = "storage-unavailable"
    title = "The storage cannot be reached"
    retry_after_seconds = 5


class IdentityUnavailable(Problem):
    status = 503
    slug = "identity-unavailable"
    title = "The token's signing keys cannot be had right now"
    retry_after_seconds = 5
