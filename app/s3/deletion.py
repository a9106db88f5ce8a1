"""Deleting by the thousand: by name, or everything below one folder.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from app.domain.errors import Problem
from app.s3.client import S3Client, namespace_of
from app.s3.errors import problem_of
from app.s3.listings import Listings
from app.s3.objects import Objects

MAX_OBJECTS = 1000
"""S3's limit on one DeleteObjects."""

_GONE = frozenset({"NoSuchKey", "NoSuchVersion"})
#: XML 1.0 cannot carry these, not even as character references; a URL can.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# A parser would read these as a space or a line feed.
_REFERENCES = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}


class ObjectIdentifier(NamedTuple):
    """What is to be deleted: an object, or exactly one of its versions."""

    key: str
    version_id: str | None = None


class Batch(NamedTuple):
    """One step through a folder: what was deleted, what could not be, whether nothing is left."""

    keys: list[str]
    failures: Mapping[str, Problem]
    complete: bool


class Deleter:
    """Deletes from one bucket. What is not there counts as deleted."""

    def __init__(self, exchange: S3Client, listing: Listings, store: Objects) -> None:
        self._exchange = exchange
        self._listing = listing
        self._store = store

    def delete(self, doomed: Iterable[ObjectIdentifier]) -> dict[ObjectIdentifier, Problem]:
        """Delete all that S3 lets go; the rest, with what it said of each.

        Raises ``StorageError`` or ``StorageUnavailable`` when S3 answers nothing useful at all.
        """
        failures: dict[ObjectIdentifier, Problem] = {}
        by_name = []
        for each in dict.fromkeys(doomed):
            if _NOT_IN_XML.search(each.key):
                self._delete_one(each)
            else:
                by_name.append(each)
        remaining = iter(by_name)
        while chunk := list(islice(remaining, MAX_OBJECTS)):
            failures |= self._delete_chunk(chunk)
        return failures

    def delete_keys(self, keys: Iterable[str]) -> dict[str, Problem]:
        """As ``delete``, of current versions, by key."""
        return {
            each.key: problem for each, problem in self.delete(map(ObjectIdentifier, keys)).items()
        }

    def delete_folder(self, prefix: str, *, max_batches: int) -> Iterator[Batch]:
        """Delete what lies below ``prefix``, a thousand objects a batch; ends when it is empty.

        ``prefix`` is ``users/{sub}/…/``. Raises ValueError for one that names a whole root or
        more (T44), else as ``delete`` does.
        """
        if not re.fullmatch(r"users/[^/]+/(?:[^/]+/)+", prefix):
            raise ValueError("a folder is users/{sub}/ and at least one name, and ends in /")
        token = None
        for _ in range(max_batches):
            page = self._listing.page(prefix, token=token)
            failures = self.delete_keys(found.key for found in page.objects)
            token = page.next_token
            yield Batch(
                [found.key for found in page.objects if found.key not in failures],
                failures,
                complete=token is None and not failures,
            )
            if token is None:
                return

    def _delete_chunk(self, chunk: Sequence[ObjectIdentifier]) -> dict[ObjectIdentifier, Problem]:
        answer = self._exchange.post({"delete": ""}, _document(chunk))
        namespace = namespace_of(answer)
        failures = {}
        for error in answer.iterfind(namespace + "Error"):
            code = error.findtext(namespace + "Code", "")
            if code not in _GONE:
                key = error.findtext(namespace + "Key", "")
                version_id = error.findtext(namespace + "VersionId") or None
                # Some stores name a version though none was asked for.
                named = ObjectIdentifier(key, version_id)
                failures[named if named in chunk else ObjectIdentifier(key)] = problem_of(code, 200)
        return failures

    def _delete_one(self, doomed: ObjectIdentifier) -> None:
        pinned: dict[str, Any] = {"VersionId": doomed.version_id} if doomed.version_id else {}
        self._store.call("delete_object", Key=doomed.key, **pinned)


def _document(chunk: Sequence[ObjectIdentifier]) -> bytes:
    """The request's body; ``Quiet`` has S3 name failures alone."""
    objects = "".join(
        f"<Object><Key>{escape(key, _REFERENCES)}</Key>"
        + (f"<VersionId>{escape(version_id)}</VersionId>" if version_id else "")
        + "</Object>"
        for key, version_id in chunk
    )
    return (
        '<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Quiet>true</Quiet>{objects}</Delete>"
    ).encode()
