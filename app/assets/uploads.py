"""Uploads by ``/v1``: declared, sent straight to S3, looked at, completed, given up."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import NamedTuple

from uuid_utils import uuid7

from app.assets.completion import Completion
from app.assets.lone_previews import LonePreviews
from app.assets.metrics import DECLARED
from app.assets.multipart_uploads import MultipartUploads
from app.assets.previews import Finished, Previews
from app.assets.verification import Verifier
from app.domain.declarations import Declaration, UploadRules, declare_upload
from app.domain.errors import AlreadyExists, Problem, ValidationFailed
from app.domain.expiry import expiry_days
from app.domain.limits import MAX_BATCH
from app.domain.parts import Part
from app.domain.paths import Root
from app.domain.previews import declare_preview
from app.domain.principal import Principal
from app.domain.signed import SignedParts, SignedUpload
from app.domain.uploads import ListedUpload, Method, Upload
from app.limits.quota import Quota
from app.s3.objects import Objects
from app.signing.marks import ActorMarks
from app.signing.uploads import UploadSigner

Sending = SignedUpload | SignedParts


class UploadState(NamedTuple):
    """Where an upload stands: how to send what is to be sent, which parts are there and which are
    missing (None where nobody knows what was declared)."""

    sending: Sending | None
    uploaded: list[Part]
    missing: list[int] | None


class Uploads:
    """Everybody's uploads. Raises ``StorageError`` and ``StorageUnavailable`` besides."""

    def __init__(
        self,
        objects: Objects,
        multipart: MultipartUploads,
        signer: UploadSigner,
        verifier: Verifier,
        completion: Completion,
        quota: Quota,
        rules: UploadRules,
        actors: ActorMarks,
        previews: Previews,
        lone_previews: LonePreviews,
    ) -> None:
        self._objects = objects
        self.multipart = multipart
        self._signer = signer
        self._verifier = verifier
        self._completion = completion
        self._quota = quota
        self.rules = rules
        self._actors = actors
        self.previews = previews
        self.lone_previews = lone_previews

    def declare(self, principal: Principal, declaration: Declaration) -> tuple[Upload, Sending]:
        """A new upload, and how its bytes are to be sent: one request, or the first 1,000 parts.

        Raises ``ValidationFailed``, ``UnsupportedType``, ``TooLarge``, ``QuotaExceeded``,
        ``TooManyUploads``; ``AlreadyExists`` when its place in a package is taken, or there is a
        preview already; ``NotFound`` without the asset that it is to be a preview of.
        """
        upload = self.plan(principal, declaration)
        self.previews.check(upload)
        if declaration.asset_id and self._objects.head(upload.key):
            raise AlreadyExists
        return self.start(principal, upload)

    def start(self, principal: Principal, upload: Upload) -> tuple[Upload, Sending]:
        """Reserve what is planned, and ``begin`` it. Raises ``QuotaExceeded`` and
        ``TooManyUploads``."""
        self._reserve(principal, upload)
        upload, sending = self.begin(principal, upload)
        DECLARED.inc(upload.size)
        return upload, sending

    def plan(self, principal: Principal, declaration: Declaration) -> Upload:
        """The upload that ``declaration`` asks for; nothing is reserved, signed or begun."""
        if declaration.method is Method.POST and not self.rules.post_policies:
            raise ValidationFailed.at("/method", "This store takes no form uploads; use put")
        days = expiry_days(declaration.expires_in, self.rules.expiry_days)
        root, mark = Root(principal.sub), secrets.token_urlsafe(16)
        if declaration.preview_for is not None:
            upload = declare_preview(declaration.preview_for, declaration, root, mark=mark)
        else:
            upload = declare_upload(
                declaration,
                root,
                asset_id=str(uuid7()),
                mark=mark,
                max_bytes=self.rules.max_bytes,
                part_sizes=self.rules.part_sizes,
            )
        upload = upload.expiring(days)
        return upload.marked(self._actors.sign(upload.mark, upload.key, principal.actor))

    def begin(self, principal: Principal, upload: Upload) -> tuple[Upload, Sending]:
        """Sign what is planned and reserved; multipart with S3's upload id, and its first parts.

        What was reserved is given back when nothing could be begun.
        """
        plan = upload.plan
        try:
            if plan is None:
                return upload, self._sign(upload)
            begun = self.multipart.begin(upload)
        except Problem:
            self._quota.release(principal, upload.key, mark=upload.mark)
            raise
        first = range(1, min(plan.count, MAX_BATCH) + 1)
        return begun, self._signer.sign_parts(begun, plan, first)

    def state(self, principal: Principal, upload: Upload | ListedUpload) -> UploadState:
        """Where ``upload`` stands. One by PUT or POST is signed afresh.

        Raises ``NotFound`` when it was given up, or its object is gone.
        """
        if isinstance(upload, ListedUpload):
            return UploadState(None, self.multipart.parts(upload), None)
        if plan := upload.plan:
            return UploadState(None, *self.multipart.progress(upload, plan))
        self._reserve(principal, upload)
        return UploadState(self._sign(upload), [], [])

    def sign_parts(
        self, principal: Principal, upload: Upload, numbers: Sequence[int]
    ) -> SignedParts:
        """Fresh URLs of these parts, each for exactly its size.

        Raises ``ValidationFailed`` for numbers that are not different parts of the upload, and
        ``QuotaExceeded``.
        """
        plan = upload.plan
        if plan is None:
            raise ValidationFailed("This upload goes in one request and has no parts")
        plan.check_numbers(numbers)
        self._reserve(principal, upload)
        return self._signer.sign_parts(upload, plan, numbers)

    def complete(
        self, principal: Principal, upload: Upload, checksum_crc64nvme: str | None = None
    ) -> Finished:
        """The asset, its parts put together if there are any, once it is what was declared.

        ``checksum_crc64nvme`` is what the whole file must have, if the store keeps one.

        A second call answers the same. Raises ``UploadIncomplete`` (it names the parts to send),
        ``AlreadyExists``, ``UploadRejected``, ``QuotaExceeded``; ``NotFound`` for a preview whose
        asset is gone.
        """
        plan, known = upload.plan, None
        if plan:
            known = self.multipart.assemble(principal, upload, plan)
        found = self._completion.take_in(
            principal,
            upload.key,
            lambda: self._verifier.judge_upload(upload, checksum_crc64nvme, known=known),
            mark=upload.mark,
            urls_end=plan is not None,
        )
        return self.previews.finish(upload, found)

    def give_up(self, principal: Principal, upload: Upload | ListedUpload) -> None:
        """Abort, also the second time. What was completed stays, and a request for one PUT or POST
        works until it expires."""
        if isinstance(upload, ListedUpload) or upload.plan:
            self.multipart.give_up(principal, upload)

    def _sign(self, upload: Upload) -> SignedUpload:
        self.lone_previews.expect([upload])
        return self._signer.sign(upload)

    def _reserve(self, principal: Principal, upload: Upload) -> None:
        """Hold the upload's bytes as long as the URLs that are about to be signed."""
        self._quota.reserve(
            principal,
            upload.key,
            upload.size,
            mark=upload.mark,
            multipart=upload.plan is not None,
        )
