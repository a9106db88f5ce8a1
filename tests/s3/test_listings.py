"""Keys in listings are what the store says they are: encoded only if it says so (C30)."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from xml.sax.saxutils import escape, unescape

import pytest
import urllib3

from tests.s3.canned import Bucket, bucket_over

FOLDER = "users/alice/video/1/"
KEYS = [f"{FOLDER}a+b.mp4", f"{FOLDER}50%25.mp4", f"{FOLDER}c d.mp4", f"{FOLDER}\u00fc.mp4"]


class PlainStore:
    """A store in memory that is asked to encode keys. It does so and says so, or does neither."""

    def __init__(self, *keys: str, encodes: bool) -> None:
        self.keys = [*keys]
        self._write = quote if encodes else escape
        self._said = "<EncodingType>url</EncodingType>" if encodes else ""

    def urlopen(self, method: str, url: str, **options: Any) -> urllib3.HTTPResponse:
        query = parse_qs(urlsplit(url).query, keep_blank_values=True)
        if "delete" in query:
            for key in re.findall("<Key>(.*?)</Key>", options["body"].decode()):
                self.keys.remove(unescape(key))
            return answer("<DeleteResult/>")
        [prefix] = query["prefix"]
        found = [key for key in self.keys if key.startswith(prefix)]
        if "uploads" in query:
            return answer("<ListMultipartUploadsResult/>")
        if "versions" in query:
            entries = "".join(self._version(key) for key in found)
            return answer(f"<ListVersionsResult>{self._said}{entries}</ListVersionsResult>")
        entries = "".join(f"<Contents>{self._facts(key)}</Contents>" for key in found)
        folder = f"<CommonPrefixes><Prefix>{self._write(FOLDER)}</Prefix></CommonPrefixes>"
        return answer(f"<ListBucketResult>{self._said}{entries}{folder}</ListBucketResult>")

    def _facts(self, key: str) -> str:
        return (
            f"<Key>{self._write(key)}</Key><LastModified>2026-11-22T12:00:00Z</LastModified>"
            "<ETag>e</ETag><Size>1</Size>"
        )

    def _version(self, key: str) -> str:
        version = "<VersionId>null</VersionId><IsLatest>true</IsLatest>"
        return f"<Version>{self._facts(key)}{version}</Version>"


def answer(document: str) -> urllib3.HTTPResponse:
    return urllib3.HTTPResponse(
        body=io.BytesIO(document.encode()), status=200, preload_content=False
    )


@pytest.mark.parametrize("encodes", [False, True])
def test_c30_keys_are_decoded_only_if_they_were_encoded(encodes: bool) -> None:
    """C30: a key with a plus or a percent sign is that key, whatever the store does."""
    bucket = bucket_over(PlainStore(*KEYS, encodes=encodes))
    page = bucket.listings.page(FOLDER)
    assert [found.key for found in page.objects] == KEYS
    assert page.folders == [FOLDER]
    assert [each.key for each in bucket.versions.identifiers("users/alice/")] == KEYS


def erase(bucket: Bucket) -> None:
    while found := bucket.versions.identifiers("users/alice/"):
        assert not bucket.deleter.delete(found)


def delete_folder(bucket: Bucket) -> None:
    [batch] = bucket.deleter.delete_folder(FOLDER, max_batches=5)
    assert batch.complete
    assert sorted(batch.keys) == sorted(KEYS)


@pytest.mark.parametrize("encodes", [False, True])
@pytest.mark.parametrize("remove", [delete_folder, erase])
def test_c30_deletion_ends_with_nothing_left(
    remove: Callable[[Bucket], None], encodes: bool
) -> None:
    """C30: by folder and by version, the very keys go that are there, and the end is the end."""
    store = PlainStore(*KEYS, encodes=encodes)
    remove(bucket_over(store))
    assert store.keys == []


def test_an_empty_page_is_not_the_end_while_there_is_more() -> None:
    """A page of versions without any, said to be cut short: the next one is asked for."""
    asked: list[str] = []

    class Store(PlainStore):
        def urlopen(self, method: str, url: str, **options: Any) -> urllib3.HTTPResponse:
            asked.append(url)
            if "key-marker" in url:
                return super().urlopen(method, url, **options)
            marker = "<NextKeyMarker>users/alice/a+b</NextKeyMarker>"
            truncated = "<IsTruncated>true</IsTruncated>"
            return answer(f"<ListVersionsResult>{truncated}{marker}</ListVersionsResult>")

    bucket = bucket_over(Store(*KEYS, encodes=False))
    assert len(bucket.versions.identifiers("users/alice/")) == len(KEYS)
    assert "key-marker=users%2Falice%2Fa%2Bb" in asked[1]


def test_a_listing_begins_where_it_is_told_to() -> None:
    """What was left out of the question is not sent, and what is asked is sent encoded."""
    asked: list[str] = []

    class Store(PlainStore):
        def urlopen(self, method: str, url: str, **options: Any) -> urllib3.HTTPResponse:
            asked.append(url)
            return super().urlopen(method, url, **options)

    bucket = bucket_over(Store(encodes=True))
    bucket.listings.page(FOLDER)
    bucket.listings.page(FOLDER, limit=2, token="a/b", delimiter="/", start_after=KEYS[0])
    plain, full = (parse_qs(urlsplit(url).query) for url in asked)
    assert not {"delimiter", "start-after", "continuation-token"} & {*plain}
    assert (full["delimiter"], full["start-after"], full["continuation-token"]) == (
        ["/"],
        [KEYS[0]],
        ["a/b"],
    )
