"""From one bucket to another, by S3 itself, and out of deletion: with the operator's credentials.

``aws s3 sync`` loses what is stored with objects that it copies in parts, and takes an object of
the same size for the same object. Here each copy is held against its original.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/copy-object.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple
from urllib.parse import quote, urlencode

#: S3 copies up to 5 GiB by one request; in parts it is done sooner, and by several at once.
PART_BYTES = 512 * 1024**2
_COPIES_AT_ONCE = 8
#: What is stored with an object besides its bytes, as boto3 names it.
_STORED = (
    "ContentType",
    "Metadata",
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
)
_CHECKSUMS = ("ChecksumCRC64NVME", "ChecksumSHA256", "ChecksumCRC32", "ChecksumCRC32C")

Outcome = Literal["copied", "there", "conflict", "gone", "failed"]


class Copied(NamedTuple):
    """What became, or in a dry run would become, of one object. ``size`` in bytes."""

    key: str
    size: int
    outcome: Outcome
    why: str = ""


@dataclass(frozen=True, slots=True)
class BucketCopy:
    """From ``source`` to ``target``; each client is of its bucket's region."""

    source_client: Any
    source: str
    target_client: Any
    target: str
    part_bytes: int = PART_BYTES

    def run(self, prefix: str, *, dry_run: bool) -> Iterator[Copied]:
        """Copy all objects below ``prefix`` that are not there yet; overwrites nothing.

        Raises botocore's errors when the source cannot be listed.
        """
        pages = self.source_client.get_paginator("list_objects_v2")
        with ThreadPoolExecutor(_COPIES_AT_ONCE) as workers:
            for page in pages.paginate(Bucket=self.source, Prefix=prefix):
                keys = [found["Key"] for found in page.get("Contents", [])]
                yield from workers.map(lambda key: self._copy(key, dry_run), keys)

    def _copy(self, key: str, dry_run: bool) -> Copied:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return self._copy_unless_there(key, dry_run)
        except (BotoCoreError, ClientError) as error:
            return Copied(key, 0, "failed", str(error))

    def _copy_unless_there(self, key: str, dry_run: bool) -> Copied:
        original = _head(self.source_client, self.source, key)
        if original is None:
            return Copied(key, 0, "gone")
        size = original["ContentLength"]
        there = _head(self.target_client, self.target, key)
        if there is not None:
            why = difference(original, there)
            return Copied(key, size, "conflict" if why else "there", why)
        if dry_run:
            return Copied(key, size, "copied")
        if size > self.part_bytes:
            self._copy_in_parts(key, original)
        else:
            self.target_client.copy_object(
                Bucket=self.target,
                Key=key,
                CopySource={"Bucket": self.source, "Key": key},
                CopySourceIfMatch=original["ETag"],
                IfNoneMatch="*",
            )
        made = _head(self.target_client, self.target, key)
        why = "it is not there" if made is None else difference(original, made)
        return Copied(key, size, "failed" if why else "copied", why)

    def _copy_in_parts(self, key: str, original: Mapping[str, Any]) -> None:
        client, where = self.target_client, {"Bucket": self.target, "Key": key}
        # Nothing is taken over by itself, other than by a copy in one.
        tags = self.source_client.get_object_tagging(Bucket=self.source, Key=key)["TagSet"]
        stored = _stored(original) | ({"Tagging": _query(tags)} if tags else {})
        upload = client.create_multipart_upload(**where, **stored)["UploadId"]
        try:
            size, parts = original["ContentLength"], []
            step = max(self.part_bytes, -(-size // 10_000))
            for number, first in enumerate(range(0, size, step), 1):
                last = min(first + step, size) - 1
                done = client.upload_part_copy(
                    **where,
                    UploadId=upload,
                    PartNumber=number,
                    CopySource={"Bucket": self.source, "Key": key},
                    CopySourceIfMatch=original["ETag"],
                    CopySourceRange=f"bytes={first}-{last}",
                )
                parts.append({"PartNumber": number, "ETag": done["CopyPartResult"]["ETag"]})
            client.complete_multipart_upload(
                **where, UploadId=upload, MultipartUpload={"Parts": parts}, IfNoneMatch="*"
            )
        except BaseException:
            client.abort_multipart_upload(**where, UploadId=upload)
            raise


def undelete(
    client: Any, bucket: str, prefix: str, since: datetime, *, dry_run: bool
) -> Iterator[str]:
    """Have what was deleted below ``prefix`` from ``since`` on be there again; its keys.

    By removing the deletions: older versions and what was written after are not touched.
    """
    pages = client.get_paginator("list_object_versions")
    for page in pages.paginate(Bucket=bucket, Prefix=prefix):
        for marker in page.get("DeleteMarkers", []):
            if marker["IsLatest"] and marker["LastModified"] >= since:
                if not dry_run:
                    client.delete_object(
                        Bucket=bucket, Key=marker["Key"], VersionId=marker["VersionId"]
                    )
                yield marker["Key"]


def difference(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """How two objects differ, by their heads; empty when they do not."""
    if one["ContentLength"] != other["ContentLength"]:
        return "its size differs"
    etags = one["ETag"], other["ETag"]
    # With a dash it depends on the parts, and a copy may have others.
    if not any("-" in etag for etag in etags) and etags[0] != etags[1]:
        return "its contents differ"
    for name in _CHECKSUMS:
        sums = one.get(name), other.get(name)
        if all(sums) and not any("-" in str(each) for each in sums) and sums[0] != sums[1]:
            return "its contents differ"
    for name in _STORED:
        if (one.get(name) or None) != (other.get(name) or None):
            return f"its {name} differs"
    return ""


def _stored(head: Mapping[str, Any]) -> dict[str, Any]:
    return {name: head[name] for name in _STORED if head.get(name)}


def _query(tags: Iterable[Mapping[str, str]]) -> str:
    """Tags as S3 takes them in a header. By one of them temporary files are removed."""
    return urlencode([(tag["Key"], tag["Value"]) for tag in tags], quote_via=quote)


def _head(client: Any, bucket: str, key: str) -> Any:
    from botocore.exceptions import ClientError

    try:
        return client.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return None
        raise
