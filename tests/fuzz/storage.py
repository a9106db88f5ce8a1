"""What a store answers, garbled: values of the documented types, or a problem of the storage."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace
from typing import Any, TypeVar
from unittest import mock

from app.domain.errors import NotFound, StorageError, StorageUnavailable
from app.s3.client import S3Client
from app.s3.deletion import Deleter, ObjectIdentifier
from app.s3.listings import Listings
from app.s3.part_listings import PartListing
from app.s3.versions import Versions
from app.signing.addressing import BucketAddress
from app.signing.credentials import Credentials
from app.signing.sigv4 import Presigner

E = TypeVar("E", bound=S3Client)
KEY = "users/alice/image/a.png"
SIGNER = Presigner(lambda: Credentials("AKIDEXAMPLE", "secret"), "eu-central-1")
ADDRESS = BucketAddress.of("media", "eu-central-1", endpoint="http://127.0.0.1:9")
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
            f"<ListBucketResult{_XMLNS}><Contents>{_FACTS}</Contents><CommonPrefixes>"
            "<Prefix>users/alice/projects/p+1%2F/</Prefix></CommonPrefixes>"
            "<NextContinuationToken>t</NextContinuationToken></ListBucketResult>",
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
        (b"d0", f"<DeleteResult{_XMLNS}>{_ERROR.format('AccessDenied')}</DeleteResult>"),
        (b"l1", _ERROR.format("SlowDown")),
        (b"p1", _ERROR.format("NoSuchUpload")),
        (b"l0", '<?xml version="1.0" encoding="utf-16"?><a/>'),
        (b"d0", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"),
    )
]


class Canned:
    """A connection that gives the same answer whatever is asked; nobody may ask without end."""

    def __init__(self, status: int, data: bytes) -> None:
        self._answer = SimpleNamespace(status=status, data=data, headers={})
        self._left = 3

    def request(self, *_: Any, **__: Any) -> SimpleNamespace:
        self._left -= 1
        assert self._left >= 0
        return self._answer


def check(data: bytes) -> None:
    ask = QUESTIONS.get(data[:1])
    if ask is None:
        return
    try:
        ask(Canned(200 if data[1:2] == b"0" else 404, data[2:]))
    except (StorageError, StorageUnavailable, NotFound):
        return


def ask_listing(connection: Canned) -> None:
    page = Listings(over(S3Client(SIGNER, ADDRESS), connection)).page("users/alice/")
    for found in page.objects:
        assert (type(found.key), type(found.size), type(found.etag)) == (str, int, str)
        assert_instant(found.last_modified)
    assert all(isinstance(folder, str) for folder in page.folders)


def ask_parts(connection: Canned) -> None:
    parts = over(PartListing(SIGNER, ADDRESS), connection).parts(KEY, "id")
    numbers = [part.number for part in parts or ()]
    assert numbers == sorted(set(numbers))


def ask_versions(connection: Canned) -> None:
    store = mock.Mock()
    store.call.return_value = {"Status": "Enabled"}
    for version in Versions(over(S3Client(SIGNER, ADDRESS), connection), store).of(KEY):
        assert version.deleted == (version.size is None)
        assert_instant(version.last_modified)


def ask_deletion(connection: Canned) -> None:
    exchange = over(S3Client(SIGNER, ADDRESS), connection)
    failures = Deleter(exchange, Listings(exchange), mock.Mock()).delete([ObjectIdentifier(KEY)])
    assert all(isinstance(problem, Exception) for problem in failures.values())


def assert_instant(instant: datetime) -> None:
    assert instant.tzinfo is not None
    instant.timestamp()


def over(exchange: E, connection: Canned) -> E:
    exchange._http = connection  # type: ignore[assignment]
    return exchange


QUESTIONS: dict[bytes, Callable[[Canned], None]] = {
    b"l": ask_listing,
    b"p": ask_parts,
    b"v": ask_versions,
    b"d": ask_deletion,
}
