"""The one way to the store: requests signed here, sent over one pool, answers read and judged.

boto3 is not used for it: a HEAD and the first bytes of an object cost 2.7 ms of CPU by it, a page
of 1,000 keys 179, against 0.7 and 10 here. It has no total deadline, takes any document for an
answer, and no longer sends the Content-MD5 that other stores ask of a DeleteObjects.

What cannot be connected to, cuts the line, or answers with a fault of the moment is asked up to
three times, within seconds. What took the request and then says nothing is not asked again: each
further try would hold the thread as long, and the caller, who may call again, gives up first. How
many threads may wait at all is the bulkhead's.
"""

from __future__ import annotations

import logging
import random
import time
from base64 import b64encode
from collections.abc import Mapping
from contextlib import closing
from hashlib import md5

import urllib3

from app import http_clients
from app.domain.errors import Problem, StorageError, StorageUnavailable
from app.s3.answers import Answer, Failure, Raw, body_of, judge
from app.s3.bulkhead import Bulkhead
from app.s3.errors import Refused, problem_of
from app.s3.operations import SECONDS, Operation
from app.signing.addressing import BucketAddress
from app.signing.sigv4 import Presigner

MAX_ATTEMPTS = 3
READ_SECONDS = http_clients.READ_SECONDS
#: A call with all its attempts. A store that trickles is given up then.
TOTAL_SECONDS = 15.0
#: Both for operations that take a store a while: a thousand deletions, a copy, an assembly. Less
#: than gunicorn's ``graceful_timeout``, so that no deploy cuts one off.
SLOW_SECONDS = 25.0
POOL_SIZE = 32
#: As far as S3 lets the clock of a request be off whose signature is in its headers.
_EXPIRES_SECONDS = 900
_BACKOFF_SECONDS = 0.1
#: What says, where it is expected, that something is not there or not as it was: no fault.
_NO_FAULTS = frozenset({404, 412, 416})

log = logging.getLogger("gateway.storage")


class _Lost(Exception):
    """No answer came, and the store may be asked again."""


class S3Client:
    """Asks about one bucket; shared by all threads."""

    def __init__(self, presigner: Presigner, address: BucketAddress, bulkhead: Bulkhead) -> None:
        self._presigner = presigner
        self._address = address
        self.bulkhead = bulkhead
        self._http = http_clients.pool_for(address.origin, maxsize=POOL_SIZE)

    @property
    def bucket(self) -> str:
        return self._address.bucket

    def ask(
        self,
        operation: Operation,
        key: str = "",
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        expect: frozenset[str] = frozenset(),
        enough: int | None = None,
    ) -> Answer:
        """Carry out ``operation`` on ``key``, or on the bucket itself.

        ``headers`` have lower-case names, and are all signed. Of a body only the first ``enough``
        bytes are read. Raises ``Refused`` for the error codes in ``expect``, else ``StorageError``
        or ``StorageUnavailable``; also for a 200 that is not this operation's success.
        """
        sent = dict(headers or {})
        if body is not None:
            sent["content-md5"] = b64encode(md5(body, usedforsecurity=False).digest()).decode()
        url = self._sign(operation, key, query, sent)
        with self.bulkhead:
            began = time.perf_counter()
            operation.calls.inc()
            try:
                found = self._ask(operation, url, sent, body, enough, expect)
            except Problem:
                operation.errors.inc()
                raise
            finally:
                SECONDS.observe(time.perf_counter() - began)
        if isinstance(found, Answer):
            return found
        if found.code in expect:
            if found.status not in _NO_FAULTS:
                operation.errors.inc()
            raise Refused(found.code)
        operation.errors.inc()
        raise problem_of(*found)

    def _sign(
        self,
        operation: Operation,
        key: str,
        query: Mapping[str, str] | None,
        headers: Mapping[str, str],
    ) -> str:
        try:
            return self._presigner.presign(
                operation.method,
                self._address,
                key,
                query=query,
                headers=headers,
                expires_seconds=_EXPIRES_SECONDS,
            ).url
        except ValueError as error:
            # A back end's: the domain makes no such names.
            raise StorageError("This name or metadata cannot be sent to the storage") from error

    def _ask(
        self,
        operation: Operation,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        enough: int | None,
        expect: frozenset[str],
    ) -> Answer | Failure:
        """The answer of the last attempt. Raises ``StorageError`` or ``StorageUnavailable``."""
        found: Failure | None = None
        with http_clients.deadline(_total(operation)) as ends_at:
            for attempt in range(MAX_ATTEMPTS):
                if attempt:
                    # Not all who met the same fault come again at the same instant.
                    time.sleep(_BACKOFF_SECONDS * attempt * (1 + random.random()))  # noqa: S311
                    if time.monotonic() >= ends_at:
                        break
                try:
                    answer = judge(operation, self._send(operation, url, headers, body, enough))
                except _Lost as lost:
                    log.warning("%s: %s on attempt %d", operation.name, lost, attempt + 1)
                    found = None
                    continue
                if isinstance(answer, Answer) or answer.code in expect or not answer.may_pass:
                    return answer
                log.warning("%s: %d on attempt %d", operation.name, answer.status, attempt + 1)
                found = answer
        if found is None:
            raise StorageUnavailable
        return found

    def _send(
        self,
        operation: Operation,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        enough: int | None,
    ) -> Raw:
        """One attempt. Redirects are not followed."""
        timeout = urllib3.Timeout(connect=http_clients.CONNECT_SECONDS, read=_silence(operation))
        try:
            answer = self._http.urlopen(
                operation.method,
                url,
                body=body,
                headers=headers,
                timeout=timeout,
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
            with closing(answer):
                data = body_of(answer, enough if answer.status < 300 else None)
        # Their messages hold the signed URL.
        except urllib3.exceptions.ReadTimeoutError:
            raise StorageUnavailable from None
        except urllib3.exceptions.HTTPError as error:
            raise _Lost(type(error).__name__) from None
        return Raw(answer.status, answer.headers, data)


def _total(operation: Operation) -> float:
    return SLOW_SECONDS if operation.is_slow else TOTAL_SECONDS


def _silence(operation: Operation) -> float:
    return SLOW_SECONDS if operation.is_slow else READ_SECONDS
