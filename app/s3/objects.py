"""The objects of the bucket: look at, read the beginning of, write, remove."""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.assets import StoredObject
from app.domain.errors import AlreadyExists, StorageUnavailable
from app.s3 import operations
from app.s3.answers import Answer
from app.s3.client import S3Client
from app.s3.errors import (
    GONE,
    NO_METHOD,
    OUT_OF_RANGE,
    PRECONDITION_FAILED,
    UNSUPPORTED,
    Refused,
)
from app.s3.headers import copied_object, etag_of, pinned_source, size_of, stored_object


class Changed(Exception):
    """What is at the key now is not what ``if_match`` names."""


class Objects:
    """One bucket. Everything raises ``StorageError`` or ``StorageUnavailable`` besides what it
    says."""

    def __init__(self, client: S3Client) -> None:
        self._client = client

    @property
    def bucket(self) -> str:
        return self._client.bucket

    def head(self, key: str, version_id: str | None = None) -> StoredObject | None:
        """The named or else the current version of ``key``, None when there is none."""
        try:
            answer = self._client.ask(
                operations.HEAD_OBJECT,
                key,
                query=_named(version_id),
                headers={"x-amz-checksum-mode": "ENABLED"},
                # Of a version that is a deletion, S3 says that HEAD is not allowed.
                expect=GONE | NO_METHOD if version_id else GONE,
            )
        except Refused:
            return None
        return stored_object(key, answer, answer.headers.get("content-length", ""), version_id)

    def read(
        self, key: str, count: int, version_id: str | None = None
    ) -> tuple[StoredObject, bytes] | None:
        """An object and its first ``count`` bytes, by one request; None when there is none.

        ``checksum_sha256`` is None, as S3 tells it by ``head`` alone. An empty object, of which S3
        gives no range, takes a second request.
        """
        found = self._first(key, count, version_id)
        if found is None:
            return None
        answer, first = found
        if answer is not None:
            return stored_object(key, answer, str(size_of(answer)), version_id), first
        empty = self.head(key, version_id)
        if empty is not None and empty.size:
            raise StorageUnavailable("The object was replaced while it was looked at; try again")
        return None if empty is None else (empty, b"")

    def beginning(self, key: str, count: int) -> bytes | None:
        """The first ``count`` bytes of ``key``, None when there is no such object."""
        read = self._first(key, count, None)
        return None if read is None else read[1]

    def put(
        self,
        key: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        if_match: str | None = None,
        if_none_match: bool = False,
    ) -> None:
        """Write an object. ``headers`` have lower-case names, metadata with its prefix.

        ``if_match`` is the ETag of the object to replace: raises ``Changed`` when another one, or
        none, is there. ``if_none_match`` raises ``AlreadyExists`` when there is any. Some stores
        ignore the conditions. Both may also mean that an earlier attempt, whose answer was lost,
        wrote this very object.
        """
        conditions = {}
        if if_match is not None:
            conditions["if-match"] = if_match
        if if_none_match:
            conditions["if-none-match"] = "*"
        try:
            answer = self._client.ask(
                operations.PUT_OBJECT,
                key,
                headers={**headers, **conditions},
                body=body,
                expect=PRECONDITION_FAILED | GONE if conditions else frozenset(),
            )
        except Refused:
            raise AlreadyExists if if_none_match else Changed from None
        etag_of(answer)

    def copy(
        self,
        source: StoredObject,
        key: str,
        headers: Mapping[str, str],
        *,
        if_none_match: bool = False,
    ) -> StoredObject:
        """Have the store copy exactly ``source`` to ``key``, to be kept with ``headers`` alone.

        Raises ``Refused`` when the source is gone (``GONE``) or has changed, or there is something
        at ``key`` and ``if_none_match`` (both ``PRECONDITION_FAILED``), which may also be
        ``UNSUPPORTED``. https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
        """
        sent = {
            **headers,
            **pinned_source(self.bucket, source),
            "x-amz-metadata-directive": "REPLACE",
            # Copying tags needs permissions of their own, and copies in parts never do.
            "x-amz-tagging-directive": "REPLACE",
        }
        expect = GONE | PRECONDITION_FAILED
        if if_none_match:
            sent["if-none-match"] = "*"
            expect |= UNSUPPORTED
        answer = self._client.ask(operations.COPY_OBJECT, key, headers=sent, expect=expect)
        return copied_object(key, source, headers, answer)

    def delete(self, key: str) -> None:
        """Remove ``key``; where the bucket keeps versions, a delete marker hides it."""
        self.remove(key)

    def delete_version(self, found: StoredObject) -> None:
        """Remove exactly that version for good."""
        self.remove(found.key, found.version_id)

    def remove(self, key: str, version_id: str | None = None) -> None:
        """Remove a version for good, or hide ``key``. What is not there counts as removed."""
        try:
            self._client.ask(operations.DELETE_OBJECT, key, query=_named(version_id), expect=GONE)
        except Refused:
            return

    def _first(
        self, key: str, count: int, version_id: str | None
    ) -> tuple[Answer | None, bytes] | None:
        """An answer with its first ``count`` bytes; none of the former for an empty object.

        None when there is no such object.
        """
        try:
            answer = self._client.ask(
                operations.GET_OBJECT,
                key,
                query=_named(version_id),
                headers={"range": f"bytes=0-{count - 1}"},
                # As HEAD: only a version can be a deletion.
                expect=(GONE | NO_METHOD if version_id else GONE) | OUT_OF_RANGE,
                enough=count,
            )
        except Refused as refusal:
            return (None, b"") if refusal.code in OUT_OF_RANGE else None
        # A page of a proxy has none, and is no object, whatever it is read for.
        etag_of(answer)
        # Nothing may be judged, and removed, by the half that came.
        if len(answer.body) != min(count, size_of(answer)):
            raise StorageUnavailable("The storage stopped in the middle of an answer")
        return answer, answer.body


def _named(version_id: str | None) -> dict[str, str]:
    return {"versionId": version_id} if version_id else {}
