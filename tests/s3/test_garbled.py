"""Answers of a store that are not what they should be: a problem of the storage, never a bug."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from app.s3.part_listings import PartListing
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import NotFound, StorageError, StorageUnavailable
from app.domain.instants import parse_instant
from app.s3.client import S3Client
from app.s3.deletion import Deleter
from app.s3.listings import Listings
from app.s3.versions import Versions
from app.signing.addressing import BucketAddress
from app.signing.credentials import Credentials
from app.signing.sigv4 import Presigner

KEY = "users/alice/image/a.png"
SIGNER = Presigner(lambda: Credentials("AKIDEXAMPLE", "secret"), "eu-central-1")
ADDRESS = BucketAddress.of("media", "eu-central-1", endpoint="http://127.0.0.1:9")
FACTS = (
    f"<Key>{KEY}</Key><LastModified>2026-11-22T12:00:00.000Z</LastModified>"
    "<ETag>e</ETag><Size>71</Size>"
)
PART = "<Part><PartNumber>{}</PartNumber><Size>5</Size><ETag>e</ETag></Part>"


def answering(exchange: Any, data: bytes) -> Any:
    exchange._http = mock.Mock()
    exchange._http.request.return_value = SimpleNamespace(status=200, data=data, headers={})
    return exchange


def list_page(data: bytes) -> Any:
    return Listings(answering(S3Client(SIGNER, ADDRESS), data)).page("users/alice/")


def list_parts(data: bytes) -> Any:
    return answering(PartListing(SIGNER, ADDRESS), data).parts(KEY, "id")


def list_versions(data: bytes) -> Any:
    store = mock.Mock()
    store.call.return_value = {"Status": "Enabled"}
    return Versions(answering(S3Client(SIGNER, ADDRESS), data), store).of(KEY)


PAGE = f"<a><Contents>{FACTS}</Contents></a>"
VERSIONS = f"<a><Version>{FACTS}<VersionId>v</VersionId><IsLatest>true</IsLatest></Version></a>"
PARTS = f"<a>{PART.format(1)}{PART.format(2)}</a>"


def test_what_is_whole_is_read() -> None:
    """The answers that the tests below spoil are good ones."""
    assert [found.size for found in list_page(PAGE.encode()).objects] == [71]
    assert [part.number for part in list_parts(PARTS.encode())] == [1, 2]
    assert [version.size for version in list_versions(VERSIONS.encode())] == [71]


def delete(data: bytes) -> Any:
    exchange = answering(S3Client(SIGNER, ADDRESS), data)
    return Deleter(exchange, Listings(exchange), mock.Mock()).delete_keys([KEY])


@pytest.mark.parametrize("ask", [list_page, list_parts, list_versions, delete])
@pytest.mark.parametrize(
    "data",
    [
        b"<Error><Code>InternalError</Code><Message>m</Message></Error>",
        b"<Error><Code>SlowDown</Code></Error>",
        b'<Error xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Code>x</Code></Error>',
        b'<html xmlns="http://www.w3.org/1999/xhtml"><body>Back soon</body></html>',
    ],
)
def test_an_error_that_comes_with_a_200_is_no_empty_answer(
    ask: Callable[[bytes], Any], data: bytes
) -> None:
    """Nothing is said to be gone, and nothing to be deleted, by it: 503."""
    with pytest.raises(StorageUnavailable):
        ask(data)


@pytest.mark.parametrize("ask", [list_page, list_parts, list_versions])
@pytest.mark.parametrize(
    "data", [b"", b"{}", b"<a>", b'<?xml version="1.0" encoding="x"?><a/>', b"\xff<a/>"]
)
def test_what_is_no_xml_is_a_problem_of_the_storage(
    ask: Callable[[bytes], Any], data: bytes
) -> None:
    """Nothing, JSON, half a document, an unknown encoding: 502."""
    with pytest.raises(StorageError):
        ask(data)


@pytest.mark.parametrize(
    ("ask", "data"),
    [
        (list_page, PAGE.replace("71", "many")),
        (list_page, PAGE.replace("71", "")),
        (list_page, PAGE.replace("Key>", "Name>")),
        (list_page, PAGE.replace("T12", "Tnoon")),
        (list_page, PAGE.replace("2026-11-22T12:00:00.000Z", "0001-01-01T00:00:00+14:00")),
        (list_parts, PARTS.replace("PartNumber", "Number")),
        (list_parts, PARTS.replace(">5<", "><")),
        (list_parts, PARTS.replace(PART.format(2), PART.format(1))),
        (list_parts, PARTS.replace("</a>", "<IsTruncated>true</IsTruncated></a>")),
        (list_versions, VERSIONS.replace("IsLatest>", "Latest>")),
        (list_versions, VERSIONS.replace("71", "1.5")),
        (list_versions, VERSIONS.replace("2026-11", "2026-13")),
    ],
)
def test_missing_and_odd_members_are_a_problem_of_the_storage(
    ask: Callable[[bytes], Any], data: str
) -> None:
    """No name, no number, no time, parts that never end: 502."""
    with pytest.raises(StorageError):
        ask(data.encode())


@given(
    st.sampled_from([(list_page, PAGE), (list_parts, PARTS), (list_versions, VERSIONS)]),
    st.integers(0, 250),
    st.integers(0, 20),
    st.text(max_size=6) | st.text("<>/&;0123456789", max_size=6),
)
def test_no_edit_raises_anything_else(
    asked: tuple[Callable[[bytes], Any], str], at: int, removed: int, put: str
) -> None:
    """A stretch of a good answer replaced: read, or one of the problems a caller is told."""
    ask, good = asked
    try:
        ask((good[:at] + put + good[at + removed :]).encode())
    except (StorageError, NotFound):
        return


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-22T12:00:00.000Z", "2026-11-22T12:00:00+00:00"),
        ("2026-11-22T12:00:00", "2026-11-22T12:00:00+00:00"),
        ("2026-11-22T14:00:00+02:00", "2026-11-22T12:00:00+00:00"),
    ],
)
def test_instants_are_utc(text: str, instant: str) -> None:
    """With its zone or without one, a store's time is an aware instant in UTC."""
    assert parse_instant(text).isoformat() == instant
