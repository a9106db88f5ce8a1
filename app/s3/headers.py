"""Objects as headers tell of them, and name them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from app.domain.assets import StoredObject
from app.domain.errors import StorageError
from app.domain.instants import parse_instant
from app.domain.metadata import META_PREFIX
from app.s3.answers import Answer
from app.s3.errors import garbled
from app.s3.xml import reading, whole_number
from app.signing.canonical import encode_path, encode_value

# What a client can have S3 store unsigned, and a browser obeys (T28).
_OBEYED_HEADERS = ("content-encoding", "content-disposition", "content-language", "expires")
_CRC64 = re.compile(r"[A-Za-z0-9+/]{11}=")
_EXPIRY = re.compile(r'expiry-date="([^"]{1,64})"')
_RANGE = re.compile(r"bytes 0-([0-9]{1,19})/([0-9]{1,19})")


def pinned_source(bucket: str, source: StoredObject) -> dict[str, str]:
    """The headers by which a copy is of exactly ``source``, whose key is percent-encoded (T14)."""
    version = f"?versionId={encode_value(source.version_id)}" if source.version_id else ""
    return {
        "x-amz-copy-source": f"{bucket}/{encode_path(source.key)}{version}",
        "x-amz-copy-source-if-match": source.etag,
    }


def size_of(answer: Answer) -> int:
    """The size of the whole object of which ``answer`` is the beginning, or all."""
    if answer.status != 206:
        return _number(answer.headers.get("content-length", ""))
    found = _RANGE.fullmatch(answer.headers.get("content-range", ""))
    if found is None or int(found[1]) + 1 > int(found[2]):
        raise garbled()
    return int(found[2])


def stored_object(key: str, answer: Answer, size: str, version_id: str | None) -> StoredObject:
    headers = answer.headers
    return StoredObject(
        key=key,
        size=_number(size),
        content_type=headers.get("content-type", ""),
        etag=etag_of(answer),
        last_modified=_instant(headers.get("last-modified", "")),
        version_id=headers.get("x-amz-version-id", version_id),
        metadata={
            name.lower().removeprefix(META_PREFIX): text
            for name, text in headers.items()
            if name.lower().startswith(META_PREFIX)
        },
        checksum_sha256=headers.get("x-amz-checksum-sha256"),
        checksum_crc64nvme=whole_crc(headers.get("x-amz-checksum-crc64nvme")),
        obeyed_headers={name: text for name in _OBEYED_HEADERS if (text := headers.get(name))},
        expires_at=expires_at(headers.get("x-amz-expiration", "")),
    )


def copied_object(
    key: str, source: StoredObject, headers: Mapping[str, str], answer: Answer
) -> StoredObject:
    """What CopyObject made of ``source``, stored with ``headers``."""
    document = answer.document
    with reading():
        last_modified = parse_instant(document.needed("LastModified"))
    return StoredObject(
        key=key,
        size=source.size,
        content_type=headers.get("content-type", ""),
        etag=document.needed("ETag"),
        last_modified=last_modified,
        version_id=answer.headers.get("x-amz-version-id"),
        metadata={
            name.removeprefix(META_PREFIX): text
            for name, text in headers.items()
            if name.startswith(META_PREFIX)
        },
        checksum_sha256=None,
        obeyed_headers={name: text for name in _OBEYED_HEADERS if (text := headers.get(name))},
        checksum_crc64nvme=whole_crc(document.text("ChecksumCRC64NVME")),
        expires_at=expires_at(answer.headers.get("x-amz-expiration", "")),
    )


def expires_at(text: str) -> datetime | None:
    """When a lifecycle rule removes the object: S3 says so of any that one applies to.

    None for what is no such date: nothing depends on it.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    """
    found = _EXPIRY.match(text)
    if found is None:
        return None
    try:
        return _instant(found[1])
    except StorageError:
        return None


def whole_crc(text: str | None) -> str | None:
    """A CRC-64/NVME, which S3 keeps of whole objects alone; None for what is no such thing."""
    return text if text and _CRC64.fullmatch(text) else None


def etag_of(answer: Answer) -> str:
    etag = answer.headers.get("etag")
    if not etag:
        raise garbled()
    return etag


def _number(text: str) -> int:
    try:
        return whole_number(text)
    except ValueError:
        raise garbled() from None


def _instant(text: str) -> datetime:
    """An HTTP date (RFC 9110 §5.6.7) as aware UTC."""
    try:
        instant = parsedate_to_datetime(text)
        # A time zone is optional to the parser, and GMT to the RFC.
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise garbled() from None
