"""Uploads by ``/s3``: declared and begun. What comes of those in parts is in ``uppy_multipart``."""

from __future__ import annotations

import secrets

from uuid_utils import uuid7

from app.assets.multipart_uploads import MultipartUploads
from app.assets.stray_uploads import StrayUploads
from app.domain.declarations import UploadRules
from app.domain.errors import Problem, QuotaExceeded, ValidationFailed
from app.domain.paths import Root
from app.domain.principal import Principal
from app.domain.signed import PresignedPost, SignedRequest, SignedUpload
from app.domain.uploads import Method, Upload
from app.domain.uppy import UppyFile, declare_for_uppy
from app.limits.quota import Quota
from app.limits.refusals import QUOTA_REFUSALS
from app.signing.marks import ActorMarks
from app.signing.tokens import SignedTokens
from app.signing.uploads import UploadSigner
from app.signing.uppy import UppySigner


class UppyUploads:
    """Everybody's uploads by Uppy. Raises ``StorageError`` and ``StorageUnavailable`` besides."""

    def __init__(
        self,
        multipart: MultipartUploads,
        signer: UppySigner,
        puts: UploadSigner,
        ids: SignedTokens,
        quota: Quota,
        rules: UploadRules,
        strays: StrayUploads,
        actors: ActorMarks,
    ) -> None:
        self._multipart = multipart
        self._signer = signer
        self._puts = puts
        self._ids = ids
        self._quota = quota
        self._rules = rules
        self._strays = strays
        self._actors = actors

    def declare(self, principal: Principal, file: UppyFile, method: Method) -> Upload:
        """A new upload for ``file``, whose size is the most that it may become.

        That much is reserved; but for parts of unknown sizes, which are counted before they are put
        together. Raises ``QuotaExceeded``, and as ``declare_for_uppy`` does.
        """
        bounded = method is not Method.MULTIPART
        left = self._quota.remaining(principal) if bounded and file.size is None else None
        if left == 0:
            QUOTA_REFUSALS.inc()
            raise QuotaExceeded("Nothing is left of the storage quota")
        upload = declare_for_uppy(
            file,
            Root(principal.sub),
            method=method,
            asset_id=str(uuid7()),
            mark=secrets.token_urlsafe(16),
            max_bytes=self._rules.max_bytes,
            most_bytes=left,
        )
        upload = upload.marked(self._actors.sign(upload.mark, upload.key, principal.actor))
        if bounded or file.size is not None:
            self._quota.reserve(
                principal, upload.key, upload.size, mark=upload.mark, multipart=not bounded
            )
        return upload

    def form(self, principal: Principal, file: UppyFile) -> PresignedPost:
        """A form whose policy bounds the size. Raises as ``declare`` does, and
        ``ValidationFailed`` where the store takes no forms."""
        if not self._rules.post_policies:
            raise ValidationFailed("This store takes no form uploads; set shouldUseMultipart: true")
        return self._signer.form(self.declare(principal, file, Method.POST))

    def single(
        self, principal: Principal, file: UppyFile
    ) -> tuple[Upload, PresignedPost | SignedUpload]:
        """One request for a whole file: a form, or a PUT where the store takes no forms.

        Raises as ``declare`` does, and ``ValidationFailed`` for a PUT of unknown size.
        """
        if self._rules.post_policies:
            upload = self.declare(principal, file, Method.POST)
            return upload, self._signer.form(upload)
        if file.size is None:
            raise ValidationFailed.at(
                "/metadata/size",
                "This store takes no form uploads; put file.size into file.meta.size",
            )
        upload = self.declare(principal, file, Method.PUT)
        return upload, self._puts.sign(upload)

    def begin(self, principal: Principal, file: UppyFile) -> tuple[str, str]:
        """Begin a multipart upload: its key, and the id that Uppy is to send back."""
        upload = self.declare(principal, file, Method.MULTIPART)
        try:
            upload = self._multipart.begin(upload)
        except Problem:
            self._quota.release(principal, upload.key, mark=upload.mark)
            raise
        return upload.key, self._ids.sign(upload.to_claims())

    def sign_creation(self, principal: Principal, file: UppyFile) -> tuple[SignedRequest, str]:
        """CreateMultipartUpload for Uppy to send, and its key; ``TooManyUploads`` (T24)."""
        upload = self.declare(principal, file, Method.MULTIPART)
        self._multipart.check_room(principal.sub)
        signed = self._signer.create(upload)
        self._strays.expect(upload.key, self._signer.url_seconds)
        return signed, upload.key
