"""Uploads in parts: begun, found again, put together."""

from __future__ import annotations

from dataclasses import replace

from app.domain.errors import NotFound, TooManyUploads, UploadIncomplete
from app.domain.parts import Part, PartPlan, Progress
from app.domain.paths import Root
from app.domain.principal import Principal
from app.domain.uploads import ListedUpload, Upload
from app.limits.quota import Quota
from app.s3.multipart import Multipart
from app.s3.objects import Objects
from app.s3.upload_documents import Marker
from app.signing.uploads import stored_headers


class MultipartUploads:
    """Everybody's uploads in parts. Raises ``StorageError`` and ``StorageUnavailable`` besides."""

    def __init__(
        self, objects: Objects, multipart: Multipart, quota: Quota, *, max_live: int
    ) -> None:
        """``max_live``: unfinished uploads that one user may have."""
        self._objects = objects
        self._multipart = multipart
        self._quota = quota
        self._max_live = max_live

    def begin(self, upload: Upload) -> Upload:
        """``upload`` with S3's upload id; ``TooManyUploads`` over the limit (T24).

        Counted after the upload exists: of any number that begin at once, each sees all that began
        before it, so that no more than the limit ever stay.
        """
        upload_id = self._multipart.create(upload.key, stored_headers(upload))
        try:
            self._check_live(upload.sub, most=self._max_live)
        except TooManyUploads:
            self._multipart.abort(upload.key, upload_id)
            raise
        return replace(upload, s3_upload_id=upload_id)

    def check_room(self, sub: str) -> None:
        """``TooManyUploads`` for somebody who may not begin one more (T24)."""
        self._check_live(sub, most=self._max_live - 1)

    def parts(self, upload: ListedUpload) -> list[Part]:
        """What has arrived; ``NotFound`` when the upload is over."""
        parts = self._multipart.list_parts(upload.key, upload.s3_upload_id)
        if parts is None:
            raise NotFound
        return parts

    def progress(self, upload: Upload, plan: PartPlan) -> Progress:
        """Where an upload stands; everything is there once it was completed. ``NotFound`` when it
        was given up, or its object is gone."""
        parts = self._multipart.list_parts(upload.key, upload.s3_upload_id or "")
        if parts is not None:
            return plan.progress(parts)
        found = self._objects.head(upload.key)
        if found is None or found.mark != upload.mark:
            raise NotFound
        numbers = range(1, plan.count + 1)
        return Progress([Part(number, plan.size_of(number), "") for number in numbers], [])

    def assemble(self, principal: Principal, upload: Upload, plan: PartPlan) -> str | None:
        """Put the parts together, so that there is something to judge; their CRC-64/NVME, where the
        store tells it. Raises ``UploadIncomplete`` and ``QuotaExceeded``.

        An object that is at the path already is left to the verifier: its mark says whether an
        earlier call finished this very upload.
        """
        upload_id = upload.s3_upload_id or ""
        stored = self._multipart.list_parts(upload.key, upload_id)
        if stored is not None:
            parts = plan.check_complete(stored)
            # The parts may be older than what was reserved for them.
            self._quota.reserve(
                principal, upload.key, upload.size, mark=upload.mark, completing=True
            )
            done = self._multipart.complete(
                upload.key, upload_id, parts, is_ours=not upload.in_package
            )
            if done:
                return done.checksum_crc64nvme
        if self._objects.head(upload.key) is None:
            raise UploadIncomplete(
                "The upload was given up, or what it brought was removed; start a new one"
            )
        return None

    def give_up(self, principal: Principal, upload: Upload | ListedUpload) -> None:
        """Abort, also the second time. What was completed stays.

        What the upload held of the quota is free at once, unless it was found by listing: the
        listing does not know what was declared.
        """
        self._multipart.abort(upload.key, upload.s3_upload_id or "")
        if isinstance(upload, Upload):
            self._quota.release(principal, upload.key, mark=upload.mark)

    def unfinished(
        self, principal: Principal, *, limit: int, token: str | None
    ) -> tuple[list[ListedUpload], str | None]:
        """A page of the caller's unfinished uploads, and the token of the next one. What the API
        cannot address is left out."""
        root = Root(principal.sub)
        marker = None
        if token is not None:
            upload_id, _, key = token.partition(" ")
            marker = Marker(key, upload_id)
        page = self._multipart.list_uploads(root.prefix, limit=limit, marker=marker)
        listed = [
            ListedUpload(root.sub, path, found.upload_id, found.initiated_at)
            for found in page.uploads
            if (path := root.try_path_of(found.key))
        ]
        after = page.next_marker
        return listed, f"{after.upload_id} {after.key}" if after else None

    def _check_live(self, sub: str, *, most: int) -> None:
        live = self._multipart.list_uploads(Root(sub).prefix, limit=most + 1).uploads
        if len(live) > most:
            raise TooManyUploads(
                f"You have {most} unfinished uploads; complete some or give them up first"
            )
