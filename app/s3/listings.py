"""Listing the bucket, the one S3 answer that is large."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote_plus
from xml.etree.ElementTree import Element

from app.domain.assets import ListedObject
from app.domain.instants import parse_instant
from app.s3.client import S3Client, namespace_of, reading

MAX_PAGE = 1000


class Page(NamedTuple):
    """Objects in key order, folders when a delimiter was given, and S3's continuation token."""

    objects: list[ListedObject]
    folders: list[str]
    next_token: str | None


class Listings:
    """ListObjectsV2 on one bucket.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
    """

    def __init__(self, exchange: S3Client) -> None:
        self._exchange = exchange

    def page(
        self, prefix: str, *, limit: int = MAX_PAGE, token: str | None = None, delimiter: str = ""
    ) -> Page:
        """One page under ``prefix``, of at most ``limit`` objects and folders.

        Raises ``StorageError`` or ``StorageUnavailable``.
        """
        query = {
            "list-type": "2",
            # Keys may hold characters that XML cannot.
            "encoding-type": "url",
            "max-keys": str(limit),
            "prefix": prefix,
        }
        if delimiter:
            query["delimiter"] = delimiter
        if token:
            query["continuation-token"] = token
        return _page_of(self._exchange.get(query))


@reading()
def _page_of(document: Element) -> Page:
    """Read a ListBucketResult, whatever XML namespace the store writes it in."""
    namespace = namespace_of(document)
    key_tag, size_tag, etag_tag, modified_tag = (
        namespace + name for name in ("Key", "Size", "ETag", "LastModified")
    )
    objects = []
    for entry in document.iterfind(namespace + "Contents"):
        field = {child.tag: child.text or "" for child in entry}
        objects.append(
            ListedObject(
                unquote_plus(field[key_tag]),
                int(field[size_tag]),
                field[etag_tag],
                parse_instant(field[modified_tag]),
            )
        )
    folders = [
        unquote_plus(entry.findtext(namespace + "Prefix", ""))
        for entry in document.iterfind(namespace + "CommonPrefixes")
    ]
    return Page(objects, folders, document.findtext(namespace + "NextContinuationToken"))
