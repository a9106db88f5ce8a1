"""What a store answers, garbled: values of the documented types, or a problem of the storage."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from app.domain.errors import NotFound, StorageError, StorageUnavailable
from app.s3.deletion import ObjectIdentifier
from tests.s3.canned import KEY, Bucket, Canned, bucket_over

_XMLNS = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
_FACTS = (
    f"<Key>{KEY}</Key><LastModified>2026-11-22T12:00:00.000Z</LastModified>"
    "<ETag>&quot;abc&quot;</ETag><Size>71</Size>"
)
_ERROR = "<Error><Code>{}</Code><Message>no</Message><Key>k</Key></Error>"

#: One letter chooses the question, the next whether the status is 200.
SEEDS = [
    kind + text.encode()
    for kind, text in (
        (
            b"l0",
            f"<ListBucketResult{_XMLNS}><EncodingType>url</EncodingType><Contents>{_FACTS}"
            "</Contents><CommonPrefixes><Prefix>users/alice/projects/p+1%2F/</Prefix>"
            "</CommonPrefixes><NextContinuationToken>t</NextContinuationToken></ListBucketResult>",
        ),
        (
            b"p0",
            f"<ListPartsResult{_XMLNS}><IsTruncated>true</IsTruncated><Part><PartNumber>1"
            "</PartNumber><Size>5242880</Size><ETag>e</ETag></Part></ListPartsResult>",
        ),
        (
            b"v0",
            f"<ListVersionsResult{_XMLNS}><EncodingType>url</EncodingType><Version>{_FACTS}"
            "<VersionId>v</VersionId><IsLatest>true</IsLatest></Version><DeleteMarker>"
            f"{_FACTS}<VersionId>d</VersionId><IsLatest>false</IsLatest></DeleteMarker>"
            "</ListVersionsResult>",
        ),
        (
            b"u0",
            f"<ListMultipartUploadsResult{_XMLNS}><Upload><Key>{KEY}</Key><UploadId>u</UploadId>"
            "<Initiated>2026-11-22T12:00:00.000Z</Initiated></Upload></ListMultipartUploadsResult>",
        ),
        (b"d0", f"<DeleteResult{_XMLNS}>{_ERROR.format('AccessDenied')}</DeleteResult>"),
        (b"l1", _ERROR.format("SlowDown")),
        (b"p1", _ERROR.format("NoSuchUpload")),
        (b"l0", '<?xml version="1.0" encoding="utf-16"?><a/>'),
        (b"d0", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"),
    )
]


def check(data: bytes) -> None:
    ask = QUESTIONS.get(data[:1])
    if ask is None:
        return
    try:
        ask(bucket_over(Canned(200 if data[1:2] == b"0" else 404, data[2:])))
    except (StorageError, StorageUnavailable, NotFound):
        return


def ask_listing(bucket: Bucket) -> None:
    page = bucket.listings.page("users/alice/")
    for found in page.objects:
        assert (type(found.key), type(found.size), type(found.etag)) == (str, int, str)
        assert_instant(found.last_modified)
    assert all(isinstance(folder, str) for folder in page.folders)


def ask_parts(bucket: Bucket) -> None:
    parts = bucket.multipart.list_parts(KEY, "id")
    numbers = [part.number for part in parts or ()]
    assert numbers == sorted(set(numbers))


def ask_versions(bucket: Bucket) -> None:
    bucket.versions._is_versioned = lambda: True  # type: ignore[method-assign]
    for version in bucket.versions.of(KEY):
        assert version.deleted == (version.size is None)
        assert_instant(version.last_modified)
    assert all(each.key.startswith(KEY) for each in bucket.versions.identifiers(KEY))


def ask_uploads(bucket: Bucket) -> None:
    for upload in bucket.multipart.list_uploads("users/alice/").uploads:
        assert_instant(upload.initiated_at)


def ask_deletion(bucket: Bucket) -> None:
    failures = bucket.deleter.delete([ObjectIdentifier(KEY)])
    assert all(isinstance(problem, Exception) for problem in failures.values())


def assert_instant(instant: datetime) -> None:
    assert instant.tzinfo is not None
    instant.timestamp()


QUESTIONS: dict[bytes, Callable[[Bucket], None]] = {
    b"l": ask_listing,
    b"p": ask_parts,
    b"v": ask_versions,
    b"u": ask_uploads,
    b"d": ask_deletion,
}
