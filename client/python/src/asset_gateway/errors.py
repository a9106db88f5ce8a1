"""What can go wrong: problem documents as exceptions (RFC 9457), and transfers that do not end.

::

    GatewayError
    ├── ProblemError         the gateway said no: status, slug, detail, errors
    │   ├── InvalidToken     401
    │   ├── Forbidden        403
    │   ├── NotFound         404
    │   ├── AlreadyExists    409 already-exists
    │   ├── QuotaExceeded    413 quota-exceeded
    │   ├── ValidationFailed 422 validation-error
    │   ├── UploadRejected   422 upload-rejected
    │   ├── RateLimited      429
    │   └── Unavailable      502, 503, 504
    └── TransferError        the store or the network, after all attempts; has ``upload_id``
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class GatewayError(Exception):
    """Base of all."""


class ProblemError(GatewayError):
    """An answer that is not a success.

    ``slug`` names the kind (``quota-exceeded``), ``detail`` is a sentence for people, ``errors``
    are the faults of a request as ``{"pointer", "detail"}``, ``request_id`` finds it in the log.
    ``filename`` is the file at fault, of several that were sent together.
    """

    def __init__(
        self,
        status: int,
        document: Mapping[str, Any] | None = None,
        *,
        request_id: str = "",
        retry_after: float | None = None,
        filename: str = "",
    ) -> None:
        document = document or {}
        self.status = status
        self.slug = str(document.get("type", "")).rpartition("/")[2]
        self.title = str(document.get("title", ""))
        self.detail = str(document.get("detail") or self.title or f"status {status}")
        self.errors: list[dict[str, str]] = list(document.get("errors") or [])
        self.document = dict(document)
        self.request_id = request_id
        self.retry_after = retry_after
        self.filename = filename
        where = "; ".join(f"{e.get('pointer')}: {e.get('detail')}" for e in self.errors)
        said = f"{status} {self.slug}: {self.detail}" + (f" ({where})" if where else "")
        super().__init__(f"{filename}: {said}" if filename else said)


class InvalidToken(ProblemError):
    """401."""


class Forbidden(ProblemError):
    """403: the token lacks a scope or group, or a back end named no user."""


class NotFound(ProblemError):
    """404: unknown, or somebody else's."""


class AlreadyExists(ProblemError):
    """409: there is an asset with this path."""


class QuotaExceeded(ProblemError):
    """413: the user may not store so much."""


class ValidationFailed(ProblemError):
    """422: ``errors`` says what."""


class UploadRejected(ProblemError):
    """422: the bytes are not what was declared, and were removed."""


class RateLimited(ProblemError):
    """429, after all attempts."""


class Unavailable(ProblemError):
    """502, 503 or 504, after all attempts."""


class TransferError(GatewayError):
    """Bytes could not be moved, after all attempts. ``upload(…, resume=upload_id)`` goes on."""

    def __init__(self, message: str, upload_id: str | None = None) -> None:
        super().__init__(message)
        self.upload_id = upload_id


_BY_SLUG: Mapping[str, type[ProblemError]] = {
    "already-exists": AlreadyExists,
    "quota-exceeded": QuotaExceeded,
    "upload-rejected": UploadRejected,
    "validation-error": ValidationFailed,
}
_BY_STATUS: Mapping[int, type[ProblemError]] = {
    401: InvalidToken,
    403: Forbidden,
    404: NotFound,
    422: ValidationFailed,
    429: RateLimited,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


def problem(
    status: int,
    document: Any,
    *,
    request_id: str = "",
    retry_after: float | None = None,
    filename: str = "",
) -> ProblemError:
    """The exception for an answer, or for an item of a batch, of ``filename``."""
    known = document if isinstance(document, Mapping) else {}
    slug = str(known.get("type", "")).rpartition("/")[2]
    kind = _BY_SLUG.get(slug) or _BY_STATUS.get(status, ProblemError)
    return kind(status, known, request_id=request_id, retry_after=retry_after, filename=filename)
