"""Listing the bucket, the one S3 answer that is large."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from app.domain.assets import ListedObject
from app.domain.errors import StorageError
from app.domain.instants import parse_instant
from app.s3 import operations
from app.s3.client import S3Client
from app.s3.xml import Document, reading, whole_number

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

    def __init__(self, client: S3Client) -> None:
        self._client = client

    def all(self, prefix: str) -> Iterator[ListedObject]:
        """Every object below ``prefix``, page by page. Raises as ``page`` does."""
        page = self.page(prefix)
        while True:
            yield from page.objects
            if page.next_token is None:
                return
            page = self.page(prefix, token=page.next_token)

    def page(
        self,
        prefix: str,
        *,
        limit: int = MAX_PAGE,
        token: str | None = None,
        delimiter: str = "",
        start_after: str = "",
    ) -> Page:
        """One page under ``prefix``, of at most ``limit`` objects and folders.

        ``token`` goes on with an earlier page, ``start_after`` begins behind a key. Raises
        ``StorageError`` or ``StorageUnavailable``.
        """
        query = {
            "list-type": "2",
            # Keys may hold characters that XML cannot.
            "encoding-type": "url",
            "max-keys": str(limit),
            "prefix": prefix,
            "delimiter": delimiter,
            "continuation-token": token or "",
            "start-after": start_after,
        }
        given = {name: text for name, text in query.items() if text or name == "prefix"}
        page = _page_of(self._client.ask(operations.LIST_OBJECTS, query=given).document, prefix)
        # Whoever follows a list that does not go on would never end, and count the same again.
        first = page.objects[0].key if page.objects else None
        if (token and page.next_token == token) or (first and start_after and first <= start_after):
            raise StorageError("The storage lists the same again")
        return page


@reading()
def _page_of(document: Document, prefix: str) -> Page:
    decode = document.decode
    objects, folders = [], []
    for name, field in document.each("Contents", "CommonPrefixes"):
        if name == "CommonPrefixes":
            folders.append(decode(field["Prefix"]))
            continue
        objects.append(
            ListedObject(
                decode(field["Key"]),
                whole_number(field["Size"]),
                field["ETag"],
                parse_instant(field["LastModified"]),
            )
        )
    check_below(prefix, [*(found.key for found in objects), *folders])
    next_token = document.text("NextContinuationToken") or None
    if document.is_truncated and next_token is None:
        raise StorageError("The storage's list ends in its middle")
    return Page(objects, folders, next_token)


def check_below(prefix: str, keys: list[str]) -> None:
    """Raise ``StorageError`` unless all ``keys`` are what was asked for. By a list of other keys
    somebody else's objects would go, or nothing would seem to be left."""
    if not all(key.startswith(prefix) for key in keys):
        raise StorageError("The storage lists what was not asked for")
