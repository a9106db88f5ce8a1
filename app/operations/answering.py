"""From the bytes of a request to those of its answer, on one of the worker's threads."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from gunicorn.http import errors
from gunicorn.http.message import Request
from gunicorn.http.unreader import IterUnreader
from gunicorn.http.wsgi import create
from uuid_utils import uuid7

from app.operations.addresses import plain_address
from app.operations.connections import Answer, Connection, Stream
from app.operations.framework import encode_json
from app.operations.framing import MAX_HEAD_BYTES
from app.operations.logs import REQUEST_ID_HEADER, access_log, write_line
from app.operations.perimeter import DATA_HEADERS

#: What is written of a streamed answer before its client must take some.
MOST_UNSENT_BYTES = 256 * 1024
_STATUSES = {
    errors.LimitRequestLine: 414,
    errors.ExpectationFailed: 417,
    errors.LimitRequestHeaders: 431,
    errors.UnsupportedTransferCoding: 501,
}


def answer_request(worker: Any, connection: Connection, raw: bytes) -> None:
    """Answer the request that ``raw`` is; what the client does not take at once stays unsent."""
    connection.requests += 1
    try:
        request = Request(worker.cfg, IterUnreader([raw]), connection.client, connection.requests)
    except errors.NoMoreData:
        refuse(connection, 431 if len(raw) > MAX_HEAD_BYTES else 400)
    except errors.ParseException as error:
        refuse(connection, _STATUSES.get(type(error), 400))
    else:
        if _has_host(request):
            _begin(worker, connection, request)
        else:
            refuse(connection, 400)
    go_on(worker, connection)


def go_on(worker: Any, connection: Connection) -> None:
    """Write on, to the end of the answer or as much as the client takes."""
    try:
        stream = connection.stream
        if stream is not None and _is_written(worker, connection, stream):
            connection.stream = None
            stream.close()
        connection.flush(patiently=True)
    except OSError:
        connection.is_lost = True


def refuse(connection: Connection, status: int) -> None:
    """Write a problem document for what is no request, and take no other on this connection."""
    title, request_id = HTTPStatus(status).phrase, uuid7().hex
    document = {
        "type": "/problems/http-error",
        "title": title,
        "status": status,
        "detail": f"{title}: this is not a request that can be answered",
        "request_id": request_id,
    }
    body = encode_json(document)
    headers = {
        "Content-Type": "application/problem+json",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "Connection": "close",
        REQUEST_ID_HEADER: request_id,
        **DATA_HEADERS,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    connection.sendall(f"HTTP/1.1 {status} {title}\r\n{head}\r\n".encode() + body)
    connection.is_last = True
    # Neither its address nor a header: what cannot be parsed cannot be redacted.
    line = {"request_id": request_id, "route": "unparsed", "status": status}
    if access_log.isEnabledFor(logging.INFO):
        client = connection.client
        address = plain_address(client[0] if isinstance(client, tuple) else "")
        write_line({"event": "request", "logger": access_log.name, **line, "address": address})


def time_out(connection: Connection) -> None:
    """Say to a client that is cut in the middle of its request why, if it can be said."""
    if connection.incoming.data and connection.stream is None and not connection.unsent_bytes:
        refuse(connection, 408)
        with suppress(OSError):
            connection.flush()


def _has_host(request: Request) -> bool:
    """One, or none before HTTP/1.1 (RFC 9112 §3.2). Of two, a proxy may have obeyed the other."""
    hosts = sum(name == "HOST" for name, _ in request.headers)
    may_have_none: bool = request.version < (1, 1)
    return hosts == 1 or (hosts == 0 and may_have_none)


def _begin(worker: Any, connection: Connection, request: Request) -> None:
    """Call the application."""
    began = time.monotonic()
    # It was said when the head had come.
    request._expected_100_continue = False
    answer, environ = create(
        request, connection, connection.client, connection.server, worker.cfg, Answer
    )
    environ["wsgi.multithread"] = True
    worker.nr += 1
    if worker.nr >= worker.max_requests:
        worker.alive = False
    if connection.is_last or not worker.alive or not worker.cfg.keepalive:
        answer.force_close()
    try:
        body = worker.wsgi(environ, answer.start_response)
    except Exception:
        worker.log.exception("The application failed")
        refuse(connection, 500)
        return
    connection.stream = Stream(answer, body)
    connection.is_last = answer.should_close() or not _is_at_its_end(request)
    worker.log.access(answer, request, environ, timedelta(seconds=time.monotonic() - began))


def _is_at_its_end(request: Request) -> bool:
    """Whether gunicorn's parser sees the end of the request where ``framing.py`` did.

    Otherwise what follows would be taken for something else than it is.
    """
    try:
        request.body.read()
    except (OSError, errors.ParseException):
        return False
    return not request.body.failed and not request.unreader.take_buffered()


def _is_written(worker: Any, connection: Connection, stream: Stream) -> bool:
    try:
        return stream.write(connection, MOST_UNSENT_BYTES)
    except OSError:
        raise
    except Exception:
        # The client sees that the last chunk is missing.
        worker.log.exception("An answer broke off")
        connection.is_last = True
        return True
