"""Multipart uploads as S3 has them: begin, list, put together, give up.

Part URLs are not made here: signing is ``sigv4``'s, by the thousand and offline. Numbers, sizes and
ETags are always S3's own word (ListParts), never a client's (T23).
https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html

Over 200 lines because S3's calls for one upload are in one place, each with its source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from app.domain.assets import StoredObject
from app.domain.errors import StorageError, UploadIncomplete
from app.domain.parts import Part
from app.s3 import operations
from app.s3.client import S3Client
from app.s3.errors import (
    CONFLICT,
    GONE,
    NO_UPLOAD,
    PRECONDITION_FAILED,
    UNFIT_PARTS,
    UNSUPPORTED,
    Refused,
)
from app.s3.headers import pinned_source, whole_crc
from app.s3.listings import check_below
from app.s3.objects import Objects
from app.s3.turns import Turns
from app.s3.upload_documents import (
    Marker,
    UploadsPage,
    assembly,
    parts_of,
    uploads_of,
)
from app.signing.uploads import WHOLE_SIZE

_PAGE = 1000


class Assembled(NamedTuple):
    """What the store said when it had put the parts together: the whole object's CRC-64/NVME in
    base64, where it keeps one."""

    checksum_crc64nvme: str | None


class Multipart:
    """The multipart uploads of one bucket. Keys are full keys, upload ids S3's own.

    Every call raises ``StorageError`` or ``StorageUnavailable`` besides what it says.
    """

    def __init__(self, client: S3Client, objects: Objects) -> None:
        self._client = client
        self._objects = objects
        self._conditional = True
        # JuiceFS garbles an object that two completions put together at once.
        self._turns = Turns(client.bulkhead)

    def create(self, key: str, headers: Mapping[str, str]) -> str:
        """Begin an upload whose object will have ``headers``; S3's upload id.

        ``headers`` have lower-case names, metadata with its prefix.
        """
        answer = self._client.ask(
            operations.CREATE_UPLOAD, key, query={"uploads": ""}, headers=headers
        )
        return answer.document.needed("UploadId")

    def list_parts(self, key: str, upload_id: str) -> list[Part] | None:
        """All parts that have arrived, by number; None when there is no such upload (any more).

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html
        """
        parts: list[Part] = []
        while True:
            query = {
                "uploadId": upload_id,
                "max-parts": str(_PAGE),
                "part-number-marker": str(parts[-1].number if parts else 0),
            }
            try:
                answer = self._client.ask(operations.LIST_PARTS, key, query=query, expect=NO_UPLOAD)
            except Refused:
                return None
            found = parts_of(answer.document)
            numbers = [part.number for part in (*parts[-1:], *found)]
            if numbers != sorted(set(numbers)):
                # Asking for those after the last would never end.
                raise StorageError("The storage lists parts out of order")
            parts += found
            if not answer.document.is_truncated:
                return parts
            if not found:
                raise StorageError("The storage's list ends in its middle")

    def complete(
        self, key: str, upload_id: str, parts: Iterable[Part], *, is_ours: bool = False
    ) -> Assembled | None:
        """Put ``parts`` together at a key that is free; what the store says of the object.

        None when the key is taken or the upload is gone. Both may be an earlier call's success:
        the object's mark tells. ``If-None-Match: *`` makes S3 refuse a taken key; as some stores
        ignore the condition and some refuse it, the key is looked at first, unless it ``is_ours``:
        minted for this very upload, so that nothing else can be there.

        Raises ``UploadIncomplete`` when the parts are no longer as listed, or a write to the same
        key was under way.
        """
        listed = list(parts)
        with self._turns.of(upload_id):
            if not is_ours and self._objects.head(key) is not None:
                return None
            try:
                return self._complete(key, upload_id, listed)
            except Refused as refusal:
                self._check_unfinished(key, refusal.code)
                return None

    def copy_part(
        self, key: str, upload_id: str, number: int, source: StoredObject, span: range
    ) -> str:
        """Make a part of the bytes ``span`` of exactly ``source``; its ETag.

        Raises ``Refused`` when the source is gone (``GONE``) or has changed
        (``PRECONDITION_FAILED``).
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
        """
        answer = self._client.ask(
            operations.COPY_PART,
            key,
            query={"partNumber": str(number), "uploadId": upload_id},
            headers={
                **pinned_source(self._client.bucket, source),
                "x-amz-copy-source-range": f"bytes={span.start}-{span.stop - 1}",
            },
            expect=GONE | PRECONDITION_FAILED,
        )
        return answer.document.needed("ETag")

    def replace(self, key: str, upload_id: str, parts: Iterable[Part]) -> None:
        """Put ``parts`` together at ``key``, whatever is there."""
        self._assemble(key, upload_id, list(parts))

    def abort(self, key: str, upload_id: str) -> None:
        """Give the upload up and free its parts; nothing happens when it is gone already."""
        try:
            self._client.ask(
                operations.ABORT_UPLOAD, key, query={"uploadId": upload_id}, expect=NO_UPLOAD
            )
        except Refused:
            return

    def list_uploads(
        self, prefix: str, *, limit: int = _PAGE, marker: Marker | None = None
    ) -> UploadsPage:
        """One page of the unfinished uploads under ``prefix``, at most ``limit`` (1 to 1,000).

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
        """
        query = {
            "uploads": "",
            "prefix": prefix,
            "max-uploads": str(limit),
            # Keys may hold characters that XML cannot.
            "encoding-type": "url",
        }
        if marker is not None:
            query |= {"key-marker": marker.key, "upload-id-marker": marker.upload_id}
        document = self._client.ask(operations.LIST_UPLOADS, query=query).document
        uploads = uploads_of(document)
        check_below(prefix, [upload.key for upload in uploads])
        if not document.is_truncated:
            return UploadsPage(uploads, None)
        if not uploads:
            raise StorageError("The storage's list ends in its middle")
        # The last one listed is S3's next marker, which Swift gives in another encoding.
        following = Marker(uploads[-1].key, uploads[-1].upload_id)
        if following == marker:
            raise StorageError("The storage lists the same again")
        return UploadsPage(uploads, following)

    def _complete(self, key: str, upload_id: str, parts: Sequence[Part]) -> Assembled:
        expected = NO_UPLOAD | PRECONDITION_FAILED | CONFLICT | UNFIT_PARTS
        if self._conditional:
            try:
                return self._assemble(
                    key,
                    upload_id,
                    parts,
                    headers={"if-none-match": "*"},
                    expect=expected | UNSUPPORTED,
                )
            except Refused as refusal:
                if refusal.code not in UNSUPPORTED:
                    raise
                self._conditional = False
        return self._assemble(key, upload_id, parts, expect=expected)

    def _assemble(
        self,
        key: str,
        upload_id: str,
        parts: Sequence[Part],
        *,
        headers: Mapping[str, str] | None = None,
        expect: frozenset[str] = frozenset(),
    ) -> Assembled:
        """https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html"""
        size = sum(part.size for part in parts)
        answer = self._client.ask(
            operations.COMPLETE_UPLOAD,
            key,
            query={"uploadId": upload_id},
            headers={WHOLE_SIZE: str(size), **(headers or {})},
            body=assembly(parts),
            expect=expect,
        )
        return Assembled(whole_crc(answer.document.text("ChecksumCRC64NVME")))

    def _check_unfinished(self, key: str, code: str) -> None:
        """``UploadIncomplete`` when ``code`` says that the upload is still there."""
        if code in UNFIT_PARTS:
            raise UploadIncomplete(
                "The parts changed meanwhile, or one is smaller than the storage takes"
            )
        if code in CONFLICT and self._objects.head(key) is None:
            raise UploadIncomplete("Another write to this path was under way; complete again")
