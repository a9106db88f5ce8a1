"""Answers of a store that are not what they should be: a problem of the storage, never a bug, and
nothing that was not seen is claimed (T53)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.assets.usage import UsageCounter
from app.domain.assets import StoredObject
from app.domain.copies import Copy
from app.domain.errors import NotFound, StorageError, StorageUnavailable
from app.domain.instants import parse_instant
from app.domain.parts import Part
from app.s3.deletion import ObjectIdentifier
from app.s3.upload_documents import Marker
from tests.s3.canned import KEY, Bucket, Canned, bucket_over

DATE = "Sun, 22 Nov 2026 12:00:00 GMT"
HEADERS = {"ETag": '"e"', "Last-Modified": DATE, "Content-Type": "image/png"}
FACTS = (
    f"<Key>{KEY}</Key><LastModified>2026-11-22T12:00:00.000Z</LastModified>"
    "<ETag>e</ETag><Size>71</Size>"
)
PART = "<Part><PartNumber>{}</PartNumber><Size>5</Size><ETag>e</ETag></Part>"
PAGE = f"<ListBucketResult><Contents>{FACTS}</Contents></ListBucketResult>"
VERSIONS = (
    f"<ListVersionsResult><Version>{FACTS}<VersionId>v</VersionId><IsLatest>true</IsLatest>"
    "</Version></ListVersionsResult>"
)
PARTS = f"<ListPartsResult>{PART.format(1)}{PART.format(2)}</ListPartsResult>"
UPLOADS = (
    f"<ListMultipartUploadsResult><Upload><Key>{KEY}</Key><UploadId>u</UploadId>"
    "<Initiated>2026-11-22T12:00:00.000Z</Initiated></Upload></ListMultipartUploadsResult>"
)
FOREIGN_FOLDER = "<CommonPrefixes><Prefix>users/bob/</Prefix></CommonPrefixes></List"
HTML = b"<!doctype html><html><body>Back soon</body></html>"
XHTML = b'<html xmlns="http://www.w3.org/1999/xhtml"><body>Back soon</body></html>'
ERRORS = [
    b"<Error><Code>InternalError</Code><Message>m</Message></Error>",
    b"<Error><Code>SlowDown</Code></Error>",
    b'<Error xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Code>x</Code></Error>',
]

Ask = Callable[[Bucket], Any]


def versions_of(bucket: Bucket) -> Any:
    bucket.versions._is_versioned = lambda: True  # type: ignore[method-assign]
    return bucket.versions.of(KEY)


def source() -> StoredObject:
    """An object that a test says was looked at."""
    answer = Canned(200, b"", {**HEADERS, "Content-Length": "5"})
    found = bucket_over(answer).objects.head(KEY)
    assert found is not None
    return found


def copy(bucket: Bucket) -> None:
    bucket.copier.copy([Copy(source(), "users/alice/image/b.png", {}, replaces=True)])


#: Whatever has a document for an answer.
WITH_DOCUMENT: dict[str, Ask] = {
    "list": lambda bucket: bucket.listings.page("users/alice/"),
    "versions": versions_of,
    "identifiers": lambda bucket: bucket.versions.identifiers("users/alice/"),
    "versioning": lambda bucket: bucket.versions._is_versioned(),
    "create": lambda bucket: bucket.multipart.create(KEY, {}),
    "parts": lambda bucket: bucket.multipart.list_parts(KEY, "u"),
    "uploads": lambda bucket: bucket.multipart.list_uploads("users/alice/"),
    "assemble": lambda bucket: bucket.multipart.replace(KEY, "u", [Part(1, 5, "e")]),
    "copy": copy,
    "copy part": lambda bucket: bucket.multipart.copy_part(KEY, "u", 1, source(), range(5)),
    "delete many": lambda bucket: bucket.deleter.delete_keys([KEY]),
}
#: Whatever has none.
WITHOUT: dict[str, Ask] = {
    "put": lambda bucket: bucket.objects.put(KEY, b"x", {}),
    "delete": lambda bucket: bucket.objects.delete(KEY),
    "abort": lambda bucket: bucket.multipart.abort(KEY, "u"),
}
#: What is read from headers.
FROM_HEADERS: dict[str, Ask] = {
    "head": lambda bucket: bucket.objects.head(KEY),
    "read": lambda bucket: bucket.objects.read(KEY, 16),
}


def list_page(data: bytes) -> Any:
    return bucket_over(Canned(200, data)).listings.page("users/alice/")


def list_with(pool: Canned) -> Any:
    return bucket_over(pool).listings.page("users/alice/")


MORE = "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></List"


def follow_all(bucket: Bucket) -> Any:
    return [*bucket.listings.all("users/alice/")]


#: Who follows a list to its end, at whatever page of it.
FOLLOWERS: dict[str, tuple[Callable[[Bucket], Any], str]] = {
    "all": (follow_all, PAGE.replace("</List", MORE)),
    "empty": (follow_all, f"<ListBucketResult>{MORE}BucketResult>"),
    "usage": (
        lambda bucket: UsageCounter(bucket.listings).count("alice"),
        PAGE.replace("</List", MORE),
    ),
    "behind": (
        lambda bucket: bucket.listings.page("users/alice/", start_after=KEY),
        PAGE,
    ),
    "uploads": (
        lambda bucket: bucket.multipart.list_uploads("users/alice/", marker=Marker(KEY, "u")),
        UPLOADS.replace("</List", "<IsTruncated>true</IsTruncated></List"),
    ),
}


@pytest.mark.parametrize("name", FOLLOWERS)
def test_t53_a_list_that_does_not_go_on_is_followed_no_further(name: str) -> None:
    """T53: a cache, or a store that does not know where it was to go on, gives one page again and
    again: 502, where a thread counted the same without end."""
    follow, data = FOLLOWERS[name]
    with pytest.raises(StorageError, match="the same again"):
        follow(bucket_over(Canned(200, data.encode())))


def list_parts(data: bytes) -> Any:
    return bucket_over(Canned(200, data)).multipart.list_parts(KEY, "id")


def list_versions(data: bytes) -> Any:
    return versions_of(bucket_over(Canned(200, data)))


def list_uploads(data: bytes) -> Any:
    return bucket_over(Canned(200, data)).multipart.list_uploads("users/alice/")


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.s3.client._BACKOFF_SECONDS", 0)


def test_what_is_whole_is_read() -> None:
    """The answers that the tests below spoil are good ones."""
    assert [found.size for found in list_page(PAGE.encode()).objects] == [71]
    assert [part.number for part in list_parts(PARTS.encode())] == [1, 2]
    assert [version.size for version in list_versions(VERSIONS.encode())] == [71]
    assert [upload.upload_id for upload in list_uploads(UPLOADS.encode()).uploads] == ["u"]
    assert source().size == 5


@pytest.mark.parametrize("name", [*WITH_DOCUMENT, *WITHOUT])
@pytest.mark.parametrize("error", ERRORS)
def test_t53_an_error_that_comes_with_a_200_is_no_success(name: str, error: bytes) -> None:
    """T53: nothing is said to be gone, written or deleted by it: 503."""
    pool = Canned(200, error)
    with pytest.raises(StorageUnavailable):
        {**WITH_DOCUMENT, **WITHOUT}[name](bucket_over(pool))


@pytest.mark.parametrize("name", [*WITH_DOCUMENT, *WITHOUT])
@pytest.mark.parametrize(
    "data",
    [
        HTML,
        XHTML,
        b"{}",
        b"<a>",
        b"<a/>",
        b"Moved",
        b"\xff<a/>",
        b'<?xml version="1.0" encoding="x"?><a/>',
        "<ListBucketResult/>".encode("utf-16"),
        b"<DeleteResul",
        b"<error/>",
    ],
)
def test_t53_a_200_with_another_document_is_no_success(name: str, data: bytes) -> None:
    """T53: a page, JSON, half a document, somebody else's XML: 502, nothing is claimed."""
    with pytest.raises(StorageError):
        {**WITH_DOCUMENT, **WITHOUT}[name](bucket_over(Canned(200, data)))


@pytest.mark.parametrize("name", WITH_DOCUMENT)
@pytest.mark.parametrize("data", [b"", b" ", b"\n\n"])
def test_t53_a_200_without_a_document_is_no_success(name: str, data: bytes) -> None:
    """T53: nothing was deleted, put together or found to be empty by an empty answer: 502."""
    with pytest.raises(StorageError):
        WITH_DOCUMENT[name](bucket_over(Canned(200, data)))


@pytest.mark.parametrize("name", [*WITH_DOCUMENT, *WITHOUT, "head", "read"])
@pytest.mark.parametrize("status", [201, 202, 203, 207, 299, 301, 302, 303, 304, 307, 308, 399])
def test_t53_another_success_and_a_redirect_are_none(name: str, status: int) -> None:
    """T53: 502, and no second request."""
    pool = Canned(status, b"", HEADERS)
    with pytest.raises(StorageError):
        {**WITH_DOCUMENT, **WITHOUT, **FROM_HEADERS}[name](bucket_over(pool))
    assert len(pool.asked) <= 2  # a copy that failed is undone


@pytest.mark.parametrize("name", [*WITH_DOCUMENT, *WITHOUT, "read"])
def test_t53_a_foreign_404_says_nothing(name: str) -> None:
    """T53: a page that is not found, of a proxy: no upload is over, and no object gone, by it."""
    with pytest.raises(StorageError):
        {**WITH_DOCUMENT, **WITHOUT, **FROM_HEADERS}[name](bucket_over(Canned(404, HTML)))


def test_a_404_of_the_store_says_that_it_is_gone() -> None:
    """With S3's own word, or, as some stores do, with none."""
    for data in (b"", b"<Error><Code>NoSuchKey</Code></Error>"):
        bucket = bucket_over(Canned(404, data))
        assert bucket.objects.head(KEY) is None
        assert bucket.objects.read(KEY, 16) is None
        assert bucket.multipart.list_parts(KEY, "u") is None
        bucket.multipart.abort(KEY, "u")
        bucket.objects.delete(KEY)


@pytest.mark.parametrize("data", [HTML, b"", ERRORS[0]])
def test_t53_a_page_is_no_record(data: bytes) -> None:
    """T53: a share is not closed by a 200 that is no object: 502, where it was a 404."""
    page = Canned(200, data, {"Content-Length": str(len(data)), "Content-Type": "text/html"})
    with pytest.raises(StorageError):
        bucket_over(page).objects.beginning(KEY, 4096)


@pytest.mark.parametrize("data", [b"", b"<Error><Code>MethodNotAllowed</Code></Error>"])
def test_t53_only_a_version_can_be_a_deletion(data: bytes) -> None:
    """T53: S3 answers GET and HEAD of one with 405. Of a key it is a fault, and nothing is gone."""
    for name in ("beginning", "head", "read"):
        objects = bucket_over(Canned(405, data)).objects
        with pytest.raises(StorageError):
            objects.head(KEY) if name == "head" else getattr(objects, name)(KEY, 16)
    bucket = bucket_over(Canned(405, data))
    assert bucket.objects.head(KEY, "v") is None
    assert bucket.objects.read(KEY, 16, "v") is None


@pytest.mark.parametrize("name", FROM_HEADERS)
@pytest.mark.parametrize(
    "spoilt",
    [
        {"Last-Modified": "yesterday"},
        {"Last-Modified": ""},
        {"Last-Modified": "Sun, 22 Nov 99999 12:00:00 GMT"},
        {"Last-Modified": "Fri, 31 Dec 9999 23:59:59 -0100"},
        {"Last-Modified": "2026-11-22T12:00:00Z"},
        {"Last-Modified": None},
        {"ETag": ""},
        {"ETag": None},
        {"Content-Length": "many"},
        {"Content-Length": "-5"},
        {"Content-Length": "5_0"},
        {"Content-Length": "\u0665"},
        {"Content-Length": "9" * 30},
        {"Content-Length": None},
    ],
    ids=str,
)
def test_t53_odd_and_missing_headers_are_a_problem_of_the_storage(
    name: str, spoilt: Mapping[str, str | None]
) -> None:
    """T53: no time, no length, no ETag that could be relied on: 502."""
    headers = {**HEADERS, "Content-Length": "5", **spoilt}
    given_headers = {key: text for key, text in headers.items() if text is not None}
    with pytest.raises((StorageError, StorageUnavailable)):
        FROM_HEADERS[name](bucket_over(Canned(200, b"12345", given_headers)))


@pytest.mark.parametrize("year", ["2026", "99999", "9" * 20, "", "x"])
@pytest.mark.parametrize("status", [400, 403])
def test_t53_a_refusal_of_any_date_is_a_problem_of_the_storage(year: str, status: int) -> None:
    """T53: the date is looked at for a clock that is off: 502."""
    date = f"Sun, 22 Nov {year} 12:00:00 GMT"
    with pytest.raises(StorageError):
        list_with(Canned(status, b"<Error><Code>AccessDenied</Code></Error>", {"Date": date}))


@given(st.text(max_size=40) | st.text("SunNov,0123456789:+- GMT", max_size=40))
def test_no_date_raises_anything_else(text: str) -> None:
    """Whatever stands in Last-Modified: an instant, or a problem of the storage."""
    headers = {**HEADERS, "Content-Length": "5", "Last-Modified": text}
    try:
        found = bucket_over(Canned(200, b"", headers)).objects.head(KEY)
    except StorageError:
        return
    assert found is not None
    assert found.last_modified.tzinfo is not None


@pytest.mark.parametrize(
    ("ask", "data"),
    [
        (list_page, PAGE.replace("71", "many")),
        (list_page, PAGE.replace("71", "")),
        (list_page, PAGE.replace("71", "-1")),
        (list_page, PAGE.replace("71", "\u0667")),
        (list_page, PAGE.replace("Key>", "Name>")),
        (list_page, PAGE.replace("T12", "Tnoon")),
        (list_page, PAGE.replace("2026-11-22T12:00:00.000Z", "0001-01-01T00:00:00+14:00")),
        (list_page, PAGE.replace("users/alice", "users/bob")),
        (list_page, PAGE.replace("</List", FOREIGN_FOLDER)),
        (list_page, PAGE.replace("</List", "<IsTruncated>true</IsTruncated></List")),
        (list_parts, PARTS.replace("PartNumber", "Number")),
        (list_parts, PARTS.replace(">5<", "><")),
        (list_parts, PARTS.replace(PART.format(2), PART.format(1))),
        (list_parts, PARTS.replace("</List", "<IsTruncated>true</IsTruncated></List")),
        (list_versions, VERSIONS.replace("IsLatest>", "Latest>")),
        (list_versions, VERSIONS.replace("71", "1.5")),
        (list_versions, VERSIONS.replace("2026-11", "2026-13")),
        (list_uploads, UPLOADS.replace("2026-11", "2026-13")),
        (list_uploads, UPLOADS.replace("UploadId", "Id")),
        (list_uploads, UPLOADS.replace("users/alice", "users/bob")),
    ],
)
def test_t53_missing_and_odd_members_are_a_problem_of_the_storage(
    ask: Callable[[bytes], Any], data: str
) -> None:
    """T53: no name, no number, no time, another's key, lists that never end or end too early."""
    with pytest.raises(StorageError):
        ask(data.encode())


@given(
    st.sampled_from(
        [(list_page, PAGE), (list_parts, PARTS), (list_versions, VERSIONS), (list_uploads, UPLOADS)]
    ),
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
    "data",
    [
        b'<!DOCTYPE a [<!ENTITY b "c">]><ListBucketResult>&b;</ListBucketResult>',
        '<!DOCTYPE a [<!ENTITY b "c">]><ListBucketResult/>'.encode("utf-16"),
        '<?xml version="1.0" encoding="cp037"?><!DOCTYPE a><ListBucketResult/>'.encode("cp037"),
    ],
)
def test_t53_a_document_that_defines_entities_is_refused(data: bytes) -> None:
    """T53: none of S3's does, and entities can grow without bound; in no encoding."""
    with pytest.raises(StorageError):
        list_page(data)


def test_spaces_before_a_document_are_skipped() -> None:
    """S3 sends them while it puts parts together, and some stores a byte order mark."""
    assert len(list_page(b"\xef\xbb\xbf \n" + PAGE.encode()).objects) == 1
    assert len(list_page(b'  <?xml version="1.0"?>' + PAGE.encode()).objects) == 1


@pytest.mark.parametrize(
    "data",
    [
        "<DeleteResult><Error><Code>AccessDenied</Code></Error></DeleteResult>",
        "<DeleteResult><Error><Key>users/alice/other</Key><Code>x</Code></Error></DeleteResult>",
        "<DeleteResult><Error/></DeleteResult>",
    ],
)
def test_t53_failures_of_nobody_knows_what_are_no_success(data: str) -> None:
    """T53: when the store names a failure, but not of which key, nothing is said to be deleted."""
    with pytest.raises(StorageError):
        bucket_over(Canned(200, data.encode())).deleter.delete_keys([KEY])


@pytest.mark.parametrize("version_id", [None, "v", "other"])
def test_t53_a_failure_counts_for_whatever_version_it_names(version_id: str | None) -> None:
    """T53: stores that leave the version out, or name another, blame all of that key."""
    named = f"<VersionId>{version_id}</VersionId>" if version_id else ""
    data = f"<DeleteResult><Error><Key>{KEY}</Key>{named}<Code>x</Code></Error></DeleteResult>"
    doomed = ObjectIdentifier(KEY, "v")
    assert [*bucket_over(Canned(200, data.encode())).deleter.delete([doomed])] == [doomed]


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
