"""Multipart uploads as S3 has them: begin, list, put together, give up.

Part URLs are not made here: signing is ``sigv4``'s, by the thousand and offline. Numbers, sizes and
ETags are always S3's own word (ListParts), never a client's (T23).
https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from app.domain.errors import UploadIncomplete
from app.domain.parts import Part
from app.s3.objects import Objects, Refused
from app.s3.part_listings import PartListing

_PAGE = 1000
_STRIPES = 64
# Swift says NoSuchKey of an upload that was completed.
_GONE = frozenset({"NoSuchUpload", "NoSuchKey", "404", "NotFound"})
_TAKEN = frozenset({"PreconditionFailed", "412"})
_CONFLICT = frozenset({"ConditionalRequestConflict", "409"})
_UNCONDITIONAL = frozenset({"NotImplemented", "501"})
# The parts changed since they were listed, or are smaller than the store takes.
_UNFIT = frozenset({"EntityTooSmall", "InvalidPart", "InvalidPartOrder", "InvalidRequest"})
_META = "x-amz-meta-"
#: boto3's names of headers that are stored, but for metadata.
PARAMETERS = {
    "content-type": "ContentType",
    "cache-control": "CacheControl",
    "content-disposition": "ContentDisposition",
    "content-encoding": "ContentEncoding",
    "content-language": "ContentLanguage",
}


class Marker(NamedTuple):
    """Where a listing of uploads goes on: S3's key marker and upload id marker."""

    key: str
    upload_id: str


class UnfinishedUpload(NamedTuple):
    """One line of S3's listing of unfinished uploads."""

    key: str
    upload_id: str
    initiated_at: datetime


class UploadsPage(NamedTuple):
    """Unfinished uploads in key order, and where the next page begins."""

    uploads: list[UnfinishedUpload]
    next_marker: Marker | None


class Multipart:
    """The multipart uploads of one bucket. Keys are full keys, upload ids S3's own.

    Every call raises ``StorageError`` or ``StorageUnavailable`` besides what it says.
    """

    def __init__(self, store: Objects, listing: PartListing) -> None:
        self._store = store
        self._listing = listing
        self._conditional = True
        # JuiceFS garbles an object that two completions put together at once.
        self._turns = [threading.Lock() for _ in range(_STRIPES)]

    def create(self, key: str, headers: Mapping[str, str]) -> str:
        """Begin an upload whose object will have ``headers``; S3's upload id.

        ``headers`` as ``uploads.stored_headers`` gives them: content type, cache control,
        disposition, and metadata with its prefix. Raises ValueError for any other.
        """
        params: dict[str, Any] = {"Metadata": {}}
        for name, value in headers.items():
            if name.startswith(_META):
                params["Metadata"][name.removeprefix(_META)] = value
            elif name in PARAMETERS:
                params[PARAMETERS[name]] = value
            else:
                raise ValueError(f"{name} is not a header that is stored here")
        answer = self._store.call("create_multipart_upload", Key=key, **params)
        return str(answer["UploadId"])

    def list_parts(self, key: str, upload_id: str) -> list[Part] | None:
        """All parts that have arrived, by number; None when there is no such upload (any more)."""
        return self._listing.parts(key, upload_id)

    def complete(self, key: str, upload_id: str, parts: Iterable[Part]) -> bool:
        """Put ``parts`` together at a key that is free; whether this call did it.

        False when the key is taken or the upload is gone. Both may be an earlier call's success:
        the object's mark tells. ``If-None-Match: *`` makes S3 refuse a taken key; as some stores
        ignore the condition and some refuse it, the key is looked at first in any case.

        Raises ``UploadIncomplete`` when the parts are no longer as listed, or a write to the same
        key was under way.
        """
        listed = list(parts)
        params: dict[str, Any] = {
            "Key": key,
            "UploadId": upload_id,
            "MpuObjectSize": sum(part.size for part in listed),
            "MultipartUpload": {
                "Parts": [{"PartNumber": part.number, "ETag": part.etag} for part in listed]
            },
        }
        # The place first: whoever waits for a turn holds a thread as well.
        with self._store.bulkhead, self._turns[hash(upload_id) % _STRIPES]:
            if self._store.head(key) is not None:
                return False
            try:
                self._complete(params)
            except Refused as refusal:
                return self._not_completed(key, refusal.args[0])
        return True

    def _complete(self, params: Mapping[str, Any]) -> None:
        expected = _GONE | _TAKEN | _CONFLICT | _UNFIT
        if self._conditional:
            try:
                self._store.call(
                    "complete_multipart_upload",
                    expect=expected | _UNCONDITIONAL,
                    IfNoneMatch="*",
                    **params,
                )
                return
            except Refused as refusal:
                if refusal.args[0] not in _UNCONDITIONAL:
                    raise
                self._conditional = False
        self._store.call("complete_multipart_upload", expect=expected, **params)

    def _not_completed(self, key: str, code: str) -> bool:
        if code in _UNFIT:
            raise UploadIncomplete(
                "The parts changed meanwhile, or one is smaller than the storage takes"
            )
        if code in _CONFLICT and self._store.head(key) is None:
            raise UploadIncomplete("Another write to this path was under way; complete again")
        return False

    def abort(self, key: str, upload_id: str) -> None:
        """Give the upload up and free its parts; nothing happens when it is gone already."""
        try:
            self._store.call("abort_multipart_upload", expect=_GONE, Key=key, UploadId=upload_id)
        except Refused:
            return

    def list_uploads(
        self, prefix: str, *, limit: int = _PAGE, marker: Marker | None = None
    ) -> UploadsPage:
        """One page of the unfinished uploads under ``prefix``, at most ``limit`` (1 to 1,000)."""
        after: dict[str, Any] = {}
        if marker is not None:
            after = {"KeyMarker": marker.key, "UploadIdMarker": marker.upload_id}
        page = self._store.call(
            "list_multipart_uploads",
            Prefix=prefix,
            MaxUploads=limit,
            # Keys may hold characters that XML cannot.
            EncodingType="url",
            **after,
        )
        decode = unquote_plus if page.get("EncodingType") == "url" else str
        uploads = [
            UnfinishedUpload(decode(each["Key"]), each["UploadId"], each["Initiated"])
            for each in page.get("Uploads", [])
        ]
        if not page.get("IsTruncated") or not uploads:
            return UploadsPage(uploads, None)
        # The last one listed is S3's next marker, which Swift gives in another encoding.
        return UploadsPage(uploads, Marker(uploads[-1].key, uploads[-1].upload_id))
