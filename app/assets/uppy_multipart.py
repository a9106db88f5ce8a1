"""Uploads in parts by ``/s3``: found again by what Uppy sends back, put together.

Uppy cuts files as it likes and tells no sizes, so what the parts are together is held against the
limit before they become an object (T50). From there on an upload is completed as any other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from app.assets.completion import Completion
from app.assets.stray_uploads import StrayUploads
from app.assets.verification import Verdict, Verifier
from app.domain import signed_tokens
from app.domain.errors import AlreadyExists, NotFound, TooLarge
from app.domain.kinds import Kind
from app.domain.parts import Part
from app.domain.paths import AssetPath, Root
from app.domain.principal import Principal
from app.domain.signed import SignedRequest
from app.domain.uploads import Upload
from app.domain.uppy import check_parts
from app.limits.quota import Quota
from app.s3.multipart import Multipart
from app.s3.objects import Objects
from app.signing.sigv4 import Presigned
from app.signing.tokens import SignedTokens
from app.signing.uppy import UppySigner

_SIGNED = re.compile(signed_tokens.SHAPE, re.ASCII)
#: No store writes blanks, controls or letters beyond ASCII, and some refuse such a request whole.
_STORES_OWN = re.compile(r"[!-~]+")


class Target(NamedTuple):
    """A multipart upload of the caller's. ``upload`` is known when the gateway began it."""

    path: AssetPath
    key: str
    s3_upload_id: str
    upload: Upload | None
    most_bytes: int

    @property
    def mark(self) -> str:
        """What the quota knows it by."""
        return self.upload.mark if self.upload else f"s3 {self.s3_upload_id}"


class UppyMultipart:
    """Everybody's uploads in parts by Uppy. Raises ``StorageError`` and ``StorageUnavailable``
    besides."""

    def __init__(
        self,
        objects: Objects,
        multipart: Multipart,
        signer: UppySigner,
        ids: SignedTokens,
        verifier: Verifier,
        completion: Completion,
        quota: Quota,
        max_bytes: Mapping[Kind, int],
        strays: StrayUploads,
    ) -> None:
        self._objects = objects
        self._multipart = multipart
        self._signer = signer
        self._ids = ids
        self._verifier = verifier
        self._completion = completion
        self._quota = quota
        self._max_bytes = max_bytes
        self._strays = strays

    def find(self, principal: Principal, upload_id: str, key: str) -> Target:
        """The upload that Uppy means; the key decides whose it is (T13).

        ``upload_id`` is ours, signed, or S3's own, which a browser has that created the upload
        itself. Raises ``NotFound`` for another user's key or id, ``ValidationFailed`` off the
        grammar.
        """
        root = Root(principal.sub)
        path = root.path_of(key)
        if not _SIGNED.fullmatch(upload_id):
            if not _STORES_OWN.fullmatch(upload_id):
                raise NotFound
            return Target(path, key, upload_id, None, self._max_bytes[path.kind])
        upload = Upload.from_claims(self._ids.verify(upload_id), sub=root.sub)
        if upload.path != path:
            raise NotFound
        return Target(path, key, upload.s3_upload_id or "", upload, upload.size)

    def parts(self, target: Target) -> list[Part]:
        """All parts that have arrived; ``NotFound`` when the upload is over."""
        parts = self._multipart.list_parts(target.key, target.s3_upload_id)
        if parts is None:
            raise NotFound
        return parts

    def sign_parts(
        self, principal: Principal, target: Target, numbers: Sequence[int]
    ) -> list[Presigned]:
        """UploadPart for each of ``numbers``, in order.

        Parts have no size that anybody knows before, so that what has arrived is held against the
        quota each time. Raises ``QuotaExceeded``.
        """
        if target.upload is None:
            self._strays.leave_only(target.key, target.s3_upload_id)
        if self._quota.limit(principal) is not None:
            arrived = sum(part.size for part in self.parts(target))
            self._quota.reserve(principal, target.key, arrived, mark=target.mark, multipart=True)
        return self._signer.parts(target.key, target.s3_upload_id, numbers)

    def sign_completion(self, principal: Principal, target: Target) -> SignedRequest:
        """CompleteMultipartUpload for Uppy to send: of what has arrived, onto a free key (T50)."""
        parts = self._arrived(principal, target)
        if parts is None:
            raise NotFound
        # Not every store heeds the condition that is signed.
        if self._objects.head(target.key) is not None:
            raise AlreadyExists
        return self._signer.complete(target.key, target.s3_upload_id, parts)

    def complete(self, principal: Principal, target: Target, named: Sequence[int]) -> None:
        """Put the parts together and judge the object; a second time, judge it again.

        Raises ``UploadIncomplete``, ``TooLarge``, ``AlreadyExists``, ``UploadRejected``,
        ``QuotaExceeded``.
        """
        parts = self._arrived(principal, target, named)
        completed = parts is not None and self._multipart.complete(
            target.key, target.s3_upload_id, parts, is_ours=target.upload is not None
        )

        def judge() -> Verdict:
            verdict = self._judge(principal, target)
            # Swift lists parts after completion, too. Without a mark to tell, the size does.
            total = sum(part.size for part in parts or ())
            if not (target.upload or parts is None or completed or verdict.found.size == total):
                raise AlreadyExists
            return verdict

        self._completion.take_in(principal, target.key, judge, mark=target.mark, urls_end=True)

    def give_up(self, principal: Principal, target: Target) -> None:
        """Abort, also the second time. What was completed stays."""
        self._multipart.abort(target.key, target.s3_upload_id)
        self._quota.release(principal, target.key, mark=target.mark)

    def _arrived(
        self, principal: Principal, target: Target, named: Sequence[int] | None = None
    ) -> list[Part] | None:
        """What makes the object, checked and reserved; None when the upload is over.

        Raises ``UploadIncomplete``, ``QuotaExceeded``; ``TooLarge``, after giving the upload up.
        """
        stored = self._multipart.list_parts(target.key, target.s3_upload_id)
        if stored is None:
            return None
        try:
            parts = check_parts(stored, target.most_bytes, named=named)
        except TooLarge:
            self.give_up(principal, target)
            raise
        size = sum(part.size for part in parts)
        self._quota.reserve(principal, target.key, size, mark=target.mark, completing=True)
        return parts

    def _judge(self, principal: Principal, target: Target) -> Verdict:
        if target.upload is None:
            return self._completion.judge(principal, target.path)
        # The size was never declared, only bounded.
        found = self._objects.head(target.key)
        most = target.upload.size
        size = min(found.size, most) if found else most
        return self._verifier.judge_upload(replace(target.upload, size=size))
