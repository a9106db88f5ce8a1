"""Multipart uploads of the callers: begun within a limit, looked at, finished, given up."""

from __future__ import annotations

from dataclasses import replace

from app.domain.errors import NotFound, TooManyUploads, UploadIncomplete
from app.domain.parts import Part, PartPlan, Progress
from app.domain.paths import Root
from app.domain.uploads import ListedUpload, Upload
from app.s3.multipart import Marker, Multipart, UnfinishedUpload
from app.s3.objects import Store
from app.signing.uploads import stored_headers


class LargeUploads:
    """What multipart adds to an upload. Judging the object that comes out is the verifier's."""

    def __init__(self, store: Store, multipart: Multipart, *, max_live: int) -> None:
        """``max_live``: unfinished uploads that one user may have."""
        self._store = store
        self._multipart = multipart
        self._max_live = max_live

    def begin(self, upload: Upload) -> Upload:
        """``upload`` with S3's upload id; ``TooManyUploads`` over the limit (T24).

        Counted after the upload exists: of any number that begin at once, each sees all that
        began before it, so that no more than the limit ever stay.
        """
        root = Root(upload.sub)
        key = root.key(upload.path)
        upload_id = self._multipart.create(key, stored_headers(upload))
        live = self._multipart.list_uploads(root.prefix, limit=self._max_live + 1).uploads
        if len(live) > self._max_live:
            self._multipart.abort(key, upload_id)
            raise TooManyUploads(
                f"There are {self._max_live} unfinished uploads; complete some or give them up"
            )
        return replace(upload, s3_upload_id=upload_id)

    def progress(self, upload: Upload, plan: PartPlan) -> Progress:
        """Where ``upload`` stands; everything is there once it was completed.

        Raises ``NotFound`` when it was given up, or its object is gone.
        """
        parts = self._multipart.list_parts(*_names(upload))
        if parts is not None:
            return plan.progress(parts)
        found = self._store.head(_names(upload)[0])
        if found is None or found.mark != upload.mark:
            raise NotFound
        return Progress(
            [Part(number, plan.size_of(number), "") for number in range(1, plan.count + 1)], []
        )

    def parts(self, upload: ListedUpload) -> list[Part]:
        """What has arrived of an upload whose plan is not known; ``NotFound`` when it is over."""
        parts = self._multipart.list_parts(*_names(upload))
        if parts is None:
            raise NotFound
        return parts

    def unfinished(
        self, root: Root, *, limit: int, token: str | None
    ) -> tuple[list[UnfinishedUpload], str | None]:
        """A page of what is unfinished under ``root``, and the token of the next one."""
        marker = None
        if token is not None:
            upload_id, _, key = token.partition(" ")
            marker = Marker(key, upload_id)
        page = self._multipart.list_uploads(root.prefix, limit=limit, marker=marker)
        after = page.next_marker
        return page.uploads, f"{after.upload_id} {after.key}" if after else None

    def finish(self, upload: Upload, plan: PartPlan) -> None:
        """Put the parts together, so that the verifier finds something to judge.

        An object that is at the path already is left to it too: its mark says whether an earlier
        call finished this very upload. Raises ``UploadIncomplete``, naming the parts to send.
        """
        key, upload_id = _names(upload)
        stored = self._multipart.list_parts(key, upload_id)
        if stored is not None and self._multipart.complete(
            key, upload_id, plan.check_complete(stored)
        ):
            return
        if self._store.head(key) is None:
            raise UploadIncomplete(
                "The upload was given up, or what it brought was removed; start a new one"
            )

    def give_up(self, upload: Upload | ListedUpload) -> None:
        """Abort. What was completed before stays."""
        self._multipart.abort(*_names(upload))


def _names(upload: Upload | ListedUpload) -> tuple[str, str]:
    """S3's own names of an upload: key and upload id."""
    return Root(upload.sub).key(upload.path), upload.s3_upload_id or ""
