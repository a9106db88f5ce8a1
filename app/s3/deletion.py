"""Deleting by the thousand: by name, or everything below one folder.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple
from xml.sax.saxutils import escape

from app.domain.errors import Problem, StorageError
from app.domain.grammar import USERS
from app.s3 import operations
from app.s3.client import S3Client
from app.s3.errors import GONE, problem_of
from app.s3.listings import Listings
from app.s3.objects import Objects
from app.s3.xml import Document

MAX_OBJECTS = 1000
"""S3's limit on one DeleteObjects."""

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

    def __init__(self, client: S3Client, listings: Listings, objects: Objects) -> None:
        self._client = client
        self._listings = listings
        self._objects = objects

    def delete(self, doomed: Iterable[ObjectIdentifier]) -> dict[ObjectIdentifier, Problem]:
        """Delete all that S3 lets go; the rest, with what it said of each.

        Raises ``StorageError`` or ``StorageUnavailable`` when S3 answers nothing useful at all.
        """
        failures: dict[ObjectIdentifier, Problem] = {}
        by_name = []
        for each in dict.fromkeys(doomed):
            if _NOT_IN_XML.search(each.key):
                self._objects.remove(*each)
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

    def delete_folder(
        self,
        prefix: str,
        *,
        max_batches: int,
        before: Callable[[Collection[str]], object] = lambda _keys: None,
    ) -> Iterator[Batch]:
        """Delete what lies below ``prefix``, a thousand objects a batch; ends when it is empty.
        ``before`` each batch goes, it is told of its keys.

        ``prefix`` is ``users/{sub}/…/``. Raises ValueError for one that names a whole root or
        more (T44), else as ``delete`` does.
        """
        if not re.fullmatch(rf"{USERS}[^/]+/(?:[^/]+/)+", prefix):
            raise ValueError("a folder is users/{sub}/ and at least one name, and ends in /")
        token = None
        for _ in range(max_batches):
            page = self._listings.page(prefix, token=token)
            before([found.key for found in page.objects])
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
        answer = self._client.ask(
            operations.DELETE_OBJECTS, query={"delete": ""}, body=_request_body(chunk)
        )
        return _failures(answer.document, chunk)


def _failures(
    document: Document, chunk: Sequence[ObjectIdentifier]
) -> dict[ObjectIdentifier, Problem]:
    """What of ``chunk`` could not be deleted. Raises ``StorageError`` for failures of something
    else, as then nothing is known of ``chunk``."""
    failures: dict[ObjectIdentifier, Problem] = {}
    for _, error in document.each("Error"):
        code, key = error.get("Code", ""), error.get("Key", "")
        # Some stores name a version though none was asked for, or none though one was.
        named = ObjectIdentifier(key, error.get("VersionId") or None)
        meant = [named] if named in chunk else [each for each in chunk if each.key == key]
        if not meant:
            raise StorageError("The storage answers for what was not asked for")
        if code not in GONE:
            failures |= dict.fromkeys(meant, problem_of(code, 200))
    return failures


def _request_body(chunk: Sequence[ObjectIdentifier]) -> bytes:
    """``Quiet`` has S3 name failures alone."""
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
