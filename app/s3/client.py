"""Requests to the bucket that boto3 is too slow for: signed here, sent by urllib3, read as XML.

boto3 takes 179 ms of CPU to parse a page of 1,000 objects; a presigned request over urllib3 and the
C ElementTree take 11. It also no longer sends the Content-MD5 that other stores ask of a
DeleteObjects.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import md5
from typing import Any, Self

# The answers come from the store that the gateway is configured to trust.
from xml.etree.ElementTree import Element, ParseError, fromstring

import urllib3

from app.aws.clients import CONNECT_TIMEOUT_SECONDS, MAX_ATTEMPTS, POOL_SIZE, READ_TIMEOUT_SECONDS
from app.domain.errors import Problem, StorageError, StorageUnavailable
from app.s3.bulkhead import Bulkhead
from app.s3.errors import problem_of
from app.signing.addressing import BucketAddress
from app.signing.sigv4 import Presigner

#: As far as S3 lets the clock of a request be off whose signature is in its headers.
_EXPIRES_SECONDS = 900
#: Documents that come with a 200 all the same: S3 may find out too late that it failed, and a proxy
#: may put up a page. Read as a list they would be an empty one.
#: https://repost.aws/knowledge-center/s3-resolve-200-internalerror
_NO_ANSWERS = frozenset({"Error", "html"})
#: A thousand deletions take S3 a second or two, and others longer. Less than gunicorn's
#: ``graceful_timeout``, so that no deploy cuts one off.
_POST_TIMEOUT = urllib3.Timeout(connect=CONNECT_TIMEOUT_SECONDS, read=25)


class _Retry(urllib3.Retry):
    """Does not ask again what was silent, as ``clients`` says of boto3."""

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: urllib3.BaseHTTPResponse | None = None,
        error: Exception | None = None,
        *rest: Any,
        **named: Any,
    ) -> Self:
        if isinstance(error, urllib3.exceptions.ReadTimeoutError):
            raise error
        return super().increment(method, url, response, error, *rest, **named)


class S3Client:
    """Asks one bucket, about itself, what may be asked twice: a listing, or a deletion by name."""

    def __init__(
        self, presigner: Presigner, address: BucketAddress, bulkhead: Bulkhead | None = None
    ) -> None:
        self._presigner = presigner
        self._address = address
        self._bulkhead = bulkhead or Bulkhead()
        self._http = urllib3.PoolManager(
            maxsize=POOL_SIZE,
            timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_SECONDS, read=READ_TIMEOUT_SECONDS),
            retries=_Retry(
                total=MAX_ATTEMPTS - 1,
                backoff_factor=0.1,
                status_forcelist=(500, 502, 503, 504),
                allowed_methods=None,
                redirect=False,
                raise_on_status=False,
                respect_retry_after_header=False,
            ),
        )

    def get(self, query: Mapping[str, str]) -> Element:
        """The document that answers ``GET /?query``. Raises ``StorageError``, ``…Unavailable``."""
        return self._told("GET", query)

    def post(self, query: Mapping[str, str], body: bytes) -> Element:
        """The document that answers ``POST /?query`` with ``body``. Raises as ``get`` does."""
        digest = b64encode(md5(body, usedforsecurity=False).digest()).decode()
        headers = {"content-md5": digest}
        return self._told("POST", query, headers, body=body, timeout=_POST_TIMEOUT)

    def _told(self, *asked: Any, **options: Any) -> Element:
        answer, document = self._ask(*asked, **options)
        if answer.status != 200:
            raise refusal_of(answer, document)
        return document

    def _ask(
        self,
        method: str,
        query: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
        *,
        key: str = "",
        **options: Any,
    ) -> tuple[urllib3.BaseHTTPResponse, Element]:
        """The store's answer of whatever status, and the document that it is."""
        signed = self._presigner.presign(
            method,
            self._address,
            key,
            query=query,
            headers=headers,
            expires_seconds=_EXPIRES_SECONDS,
        )
        try:
            with self._bulkhead:
                answer = self._http.request(method, signed.url, headers=headers, **options)
        except urllib3.exceptions.HTTPError:
            # Its message holds the signed URL.
            raise StorageUnavailable from None
        document = _read_document(answer)
        if answer.status == 200 and document.tag.rpartition("}")[2] in _NO_ANSWERS:
            raise problem_of(document.findtext("Code", ""), 500, answer.headers.get("date"))
        return answer, document


def refusal_of(answer: urllib3.BaseHTTPResponse, document: Element) -> Problem:
    """What the caller is told of an answer that is not 200."""
    return problem_of(document.findtext("Code", ""), answer.status, answer.headers.get("date"))


def _read_document(answer: urllib3.BaseHTTPResponse) -> Element:
    """An answer's XML. Raises ``StorageError`` for any other, but for a fault of the storage."""
    try:
        return fromstring(answer.data)  # noqa: S314
    except (ParseError, ValueError, LookupError) as error:  # the latter for odd encodings
        if answer.status >= 500:
            # A load balancer before the store, which knows no XML.
            raise problem_of("", answer.status) from None
        raise StorageError("The storage's answer cannot be read") from error


@contextmanager
def reading() -> Iterator[None]:
    """Whoever reads a document without what it must hold, or with other values, gets a
    ``StorageError``."""
    try:
        yield
    except (KeyError, ValueError) as error:
        raise StorageError("The storage's answer is not what it should be") from error


def namespace_of(document: Element) -> str:
    """The XML namespace that this store writes, as a prefix of tags: ``{…}`` or nothing."""
    return document.tag[: document.tag.rfind("}") + 1]
