"""What comes back from the store: a success of what was asked, one of S3's errors, or neither."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from xml.etree.ElementTree import Element

import urllib3

from app.domain.errors import StorageError
from app.s3.errors import PASSING, code_of_status, garbled
from app.s3.operations import Operation
from app.s3.xml import Document

#: More than 1,000 of the longest keys, each of their bytes percent-encoded.
MAX_DOCUMENT_BYTES = 8 * 1024**2
_PASSING_STATUSES = frozenset({500, 502, 503, 504})


class Answer(NamedTuple):
    """A success. ``document`` is there for operations that have one, ``body`` is its text."""

    status: int
    headers: Mapping[str, str]
    """By name in any letter case."""
    body: bytes
    document: Document


_NOTHING = Document(Element(""))


class Failure(NamedTuple):
    code: str
    status: int
    date: str | None

    @property
    def may_pass(self) -> bool:
        return self.status in _PASSING_STATUSES or self.code in PASSING


class Raw(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


def body_of(answer: urllib3.BaseHTTPResponse, enough: int | None) -> bytes:
    """All of a body, or ``enough`` of it. Raises ``StorageError`` for one without end."""
    limit = MAX_DOCUMENT_BYTES + 1 if enough is None else enough
    body = b""
    # The last read, of nothing, is the one that notices a body that was cut.
    while len(body) < limit and (some := answer.read(limit - len(body))):
        body += some
    if len(body) > MAX_DOCUMENT_BYTES:
        raise StorageError("The storage's answer is larger than any should be")
    return body


def judge(operation: Operation, raw: Raw) -> Answer | Failure:
    """Whether ``raw`` is this operation's success, or which of S3's errors. Raises
    ``StorageError`` for what is neither."""
    if raw.status in (200, 206) and operation.has_body:
        return Answer(*raw, _NOTHING)
    if raw.status in (200, 204):
        return _judge_success(operation, raw)
    if raw.status < 300:
        raise garbled()
    return Failure(_code_of(raw), raw.status, raw.headers.get("date"))


def _judge_success(operation: Operation, raw: Raw) -> Answer | Failure:
    """An answer that says by its status that all went well."""
    if not raw.body and not operation.root:
        return Answer(*raw, _NOTHING)
    document = Document.of(raw.body)
    if document.name == "Error":
        # S3 may find out too late that it failed: https://repost.aws/knowledge-center/s3-resolve-200-internalerror
        return Failure(document.text("Code"), 500, raw.headers.get("date"))
    if document.name != operation.root:
        raise garbled()
    return Answer(*raw, document)


def _code_of(raw: Raw) -> str:
    """S3's code for a failure; empty for a document that is not S3's, as a load balancer's."""
    if not raw.body:
        return code_of_status(raw.status)
    try:
        document = Document.of(raw.body)
    except StorageError:
        return ""
    return document.text("Code") if document.name == "Error" else ""
