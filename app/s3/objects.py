"""The objects of the bucket: look at, read the beginning of, remove.

boto3 does the talking, as these calls are made one at a time. What is made by the thousand is
elsewhere: URLs in ``sigv4``, listings in ``listing``.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from app.aws.clients import LazyClient
from app.domain.assets import StoredObject
from app.domain.errors import StorageUnavailable
from app.s3.bulkhead import Bulkhead
from app.s3.errors import code_of, problem_of_client

_MISSING = frozenset({"404", "NoSuchKey", "NoSuchVersion", "NotFound"})
_GONE_OR_CHANGED = _MISSING | {"412", "PreconditionFailed"}
_EMPTY = frozenset({"416", "InvalidRange"})
# What a client can have S3 store unsigned, and a browser obeys (T28).
_HEADERS_A_BROWSER_OBEYS = {
    "ContentEncoding": "content-encoding",
    "ContentDisposition": "content-disposition",
    "ContentLanguage": "content-language",
    "ExpiresString": "expires",
}


class Refused(Exception):
    """S3 answered with one of the codes that the caller of ``Store.call`` expects."""


class Objects:
    """One bucket."""

    def __init__(self, client: LazyClient, bucket: str, bulkhead: Bulkhead | None = None) -> None:
        self._client = client
        self.bucket = bucket
        self.bulkhead = bulkhead or Bulkhead()

    def call(
        self, operation: str, /, *, expect: frozenset[str] = frozenset(), **params: Any
    ) -> Mapping[str, Any]:
        """One S3 operation on the bucket, by boto3's name.

        Raises ``Refused`` for the error codes in ``expect``, else ``StorageError`` or
        ``StorageUnavailable``.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            with self.bulkhead:
                answer: Mapping[str, Any] = getattr(self._client.get(), operation)(
                    Bucket=self.bucket, **params
                )
        except ClientError as error:
            if (code := code_of(error)) in expect:
                raise Refused(code) from None
            raise problem_of_client(error) from error
        except BotoCoreError as error:
            raise StorageUnavailable from error
        return answer

    def head(self, key: str, version_id: str | None = None) -> StoredObject | None:
        """The named or else the current version of ``key``, None when there is none."""
        pinned: dict[str, Any] = {"VersionId": version_id} if version_id else {}
        try:
            found = self.call(
                "head_object", expect=_MISSING, Key=key, ChecksumMode="ENABLED", **pinned
            )
        except Refused:
            return None
        return StoredObject(
            key=key,
            size=found["ContentLength"],
            content_type=found.get("ContentType", ""),
            etag=found.get("ETag", ""),
            last_modified=found["LastModified"],
            version_id=found.get("VersionId", version_id),
            metadata=found.get("Metadata", {}),
            checksum_sha256=found.get("ChecksumSHA256"),
            obeyed_headers={
                name: found[field]
                for field, name in _HEADERS_A_BROWSER_OBEYS.items()
                if found.get(field)
            },
        )

    def first_bytes(self, found: StoredObject, count: int) -> bytes | None:
        """The first ``count`` bytes of exactly that version, None when it is no longer there."""
        pinned: dict[str, Any] = {"VersionId": found.version_id} if found.version_id else {}
        return self.beginning(found.key, count, IfMatch=found.etag, **pinned)

    def put(self, key: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Write a small object of our own."""
        self.call(
            "put_object",
            Key=key,
            Body=body,
            ContentType=headers["content-type"],
            CacheControl=headers["cache-control"],
        )

    def beginning(self, key: str, count: int, **pinned: Any) -> bytes | None:
        """The first ``count`` bytes of ``key``, None when there is no such object.

        ``pinned`` are parameters of boto3's ``get_object`` that say which.
        """
        from botocore.exceptions import BotoCoreError

        # The bytes come after the call: they are waited for in the same place.
        with self.bulkhead:
            try:
                answer = self.call(
                    "get_object",
                    expect=_GONE_OR_CHANGED | _EMPTY,
                    Key=key,
                    Range=f"bytes=0-{count - 1}",
                    **pinned,
                )
                # Entered, it would be urllib3's own stream, which raises its own errors.
                with closing(answer["Body"]) as body:
                    first = bytes(body.read(count))
            except Refused as refusal:
                return b"" if refusal.args[0] in _EMPTY else None
            except BotoCoreError as error:
                raise StorageUnavailable from error
        # A connection that is closed in the middle is no error to botocore. Nothing may be judged,
        # and removed, by the half that came.
        if len(first) < min(count, answer["ContentLength"]):
            raise StorageUnavailable("The storage stopped in the middle of an answer")
        return first

    def delete(self, key: str) -> None:
        """Remove ``key``; where the bucket keeps versions, a delete marker hides it."""
        self.call("delete_object", Key=key)

    def delete_version(self, found: StoredObject) -> None:
        """Remove exactly that version for good."""
        pinned: dict[str, Any] = {"VersionId": found.version_id} if found.version_id else {}
        self.call("delete_object", Key=found.key, **pinned)
