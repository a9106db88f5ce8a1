"""Uppy's uploads: declared, found again by what Uppy sends back, put together."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from uuid_utils import uuid7

from app.api.context import caller_root, services
from app.auth.bearer import current_principal
from app.domain.assets import StoredObject
from app.domain.errors import (
    AlreadyExists,
    NotFound,
    QuotaExceeded,
    TooLarge,
    UploadRejected,
)
from app.domain.parts import Part
from app.domain.paths import AssetPath
from app.domain.uploads import Method, Upload
from app.domain.uppy import UppyFile, check_parts, declare_for_uppy
from app.limits.quota import QUOTA_REFUSALS
from app.operations.audit import concerns

# The shape of our own upload ids: payload.time.mac, as itsdangerous writes them. S3's have another.
_SEALED = re.compile(r"\.?[\w-]{24,}\.[\w-]{4,8}\.[\w-]{40,44}", re.ASCII)
#: No store writes blanks, controls or letters beyond ASCII, and some refuse such a request whole.
_STORES_OWN = re.compile(r"[!-~]+")


class Target(NamedTuple):
    """A multipart upload of the caller's. ``upload`` is known when the gateway began it."""

    path: AssetPath
    key: str
    s3_upload_id: str
    upload: Upload | None

    @property
    def mark(self) -> str:
        """What the quota knows it by."""
        return self.upload.mark if self.upload else f"s3 {self.s3_upload_id}"

    @property
    def most_bytes(self) -> int:
        return self.upload.size if self.upload else services.max_bytes[self.path.kind]


def declare(file: UppyFile, method: Method) -> Upload:
    """A new upload for ``file``, whose size is the most that it may become.

    That much is reserved; but for parts of unknown sizes, which are counted before they are put
    together. Raises ``QuotaExceeded``, and as ``declare_for_uppy`` does.
    """
    bounded = method is not Method.MULTIPART
    left = services.quota.remaining(current_principal) if bounded and file.size is None else None
    if left == 0:
        QUOTA_REFUSALS.inc()
        raise QuotaExceeded("Nothing is left of the storage quota")
    upload = declare_for_uppy(
        file,
        caller_root(),
        method=method,
        asset_id=str(uuid7()),
        mark=secrets.token_urlsafe(16),
        max_bytes=services.max_bytes,
        most_bytes=left,
    )
    concerns(upload.path.text)
    if bounded or file.size is not None:
        services.quota.reserve(current_principal, upload.mark, upload.size, multipart=not bounded)
    return upload


def open_target(upload_id: str, key: str) -> Target:
    """The upload that Uppy means; the key decides whose it is (T13).

    ``upload_id`` is ours, sealed, or S3's own, which a browser has that created the upload itself.
    Raises ``NotFound`` for another user's key or seal, ``ValidationFailed`` off the grammar.
    """
    root = caller_root()
    path = root.path_of(key)
    if not _SEALED.fullmatch(upload_id):
        if not _STORES_OWN.fullmatch(upload_id):
            raise NotFound
        return Target(path, key, upload_id, None)
    upload = Upload.from_claims(services.uppy_ids.verify(upload_id), sub=root.sub)
    if upload.path != path:
        raise NotFound
    return Target(path, key, upload.s3_upload_id or "", upload)


def arrived_parts(target: Target, named: Sequence[int] | None = None) -> list[Part] | None:
    """What makes the object, checked and reserved; None when the upload is over.

    Raises ``UploadIncomplete``, ``QuotaExceeded``; ``TooLarge``, after giving the upload up.
    """
    stored = services.multipart.list_parts(target.key, target.s3_upload_id)
    if stored is None:
        return None
    try:
        parts = check_parts(stored, target.most_bytes, named=named)
    except TooLarge:
        give_up(target)
        raise
    size = sum(part.size for part in parts)
    services.quota.reserve(current_principal, target.mark, size, multipart=True)
    return parts


def give_up(target: Target) -> None:
    """Abort, also the second time. What was completed stays."""
    services.multipart.abort(target.key, target.s3_upload_id)
    services.quota.release(current_principal, target.mark)


def finish(target: Target, named: Sequence[int]) -> None:
    """Put the parts together and judge the object; a second time, judge it again.

    Raises ``UploadIncomplete``, ``TooLarge``, ``AlreadyExists``, ``UploadRejected``.
    """
    parts = arrived_parts(target, named)
    completed = parts is not None and services.multipart.complete(
        target.key, target.s3_upload_id, parts
    )
    try:
        found = _verify(target)
    except UploadRejected:
        services.quota.release(current_principal, target.mark)
        raise
    # Swift lists parts after completion, too. Without a mark to tell, the size does.
    total = sum(part.size for part in parts or ())
    if not (target.upload or parts is None or completed or found.size == total):
        raise AlreadyExists
    services.quota.settle(
        current_principal,
        target.mark,
        found.size,
        found.last_modified,
        remove=lambda: services.store.delete_version(found),
    )


def _verify(target: Target) -> StoredObject:
    if target.upload is None:
        return services.verifier.verify_object(caller_root(), target.path)
    # The size was never declared, only bounded.
    found = services.store.head(target.key)
    most = target.upload.size
    size = min(found.size, most) if found else most
    return services.verifier.verify_upload(replace(target.upload, size=size))
