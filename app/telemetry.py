"""What the person on call sees: JSON logs without secrets, request ids, Prometheus metrics."""

from __future__ import annotations

import hmac
import json
import logging
import os
import re
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar

import structlog
from flask import Flask, Response, g, has_request_context, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)
from structlog.typing import EventDict, Processor
from uuid_utils import uuid7

from app.counts import count_outcome, method_label
from app.domain.errors import NotFound

REQUESTS = Counter("gateway_requests", "Requests answered", ["method", "route", "status"])
LATENCY = Histogram(
    "gateway_request_seconds",
    "Time from request to answer",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
# A child of a metric costs more to look up than to count with.
_requests = lru_cache(2048)(REQUESTS.labels)
_latency = lru_cache(256)(LATENCY.labels)
REDACTED = "[redacted]"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# Threat T37, in every spelling that occurs: query strings, headers, Python and JSON reprs, and
# the sealed tokens (itsdangerous: payload.timestamp.signature) wherever they stand.
_NAMES = (
    r"x-amz-(?:signature|credential|security-token)|policy|signature|key-pair-id|authorization"
    r"|cloudfront-(?:policy|signature|key-pair-id)|access_token|id_token"
    r"|refresh_token|password|secret\w*"
)
_NAMED_SECRET = re.compile(
    rf"(?i)\b({_NAMES})(['\"]?\s*[=:]\s*['\"]?)(?:(?:bearer|basic)\s+)?[^\s&'\",;}}]+"
)
# All of a header: several cookies stand in one line, and their names may be anybody's.
_COOKIES = re.compile(
    r"""(?i)\b((?:set-)?cookie['"]?\s*[=:]\s*)"""
    r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\r\n]+)"""
)
_BEARER = re.compile(r"(?i)\b(bearer\s+)[\w.~+/=-]+")
_JWT = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*")
_SEAL = re.compile(r"(?<![\w.-])\.?[\w-]{24,}\.[\w-]{5,8}\.[\w-]{43}(?![\w-])")

Object = TypeVar("Object")

log = structlog.get_logger("gateway")
_access = logging.getLogger("gateway.access")


def current(proxy: Object) -> Object:
    """What stands behind one of Flask's proxies: each look through it costs half a microsecond,
    and what runs around every request looks often."""
    behind: Object = proxy._get_current_object()  # type: ignore[attr-defined]  # as typed by Flask
    return behind


def redact(text: str) -> str:
    """``text`` without signatures, credentials, tokens and cookies."""
    text = _COOKIES.sub(rf"\1{REDACTED}", text)
    text = _NAMED_SECRET.sub(rf"\1\2{REDACTED}", text)
    text = _BEARER.sub(rf"\1{REDACTED}", text)
    return _SEAL.sub(REDACTED, _JWT.sub(REDACTED, text))


def _redact_event(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return {
        name: redact(value) if isinstance(value, str) else value for name, value in event.items()
    }


def _add_request_id(_logger: Any, _method: str, event: EventDict) -> EventDict:
    if has_request_context():
        event.setdefault("request_id", g.get("request_id"))
    return event


class _Lines(structlog.stdlib.ProcessorFormatter):
    """Every logger's lines through the processors, but for those that are JSON already."""

    def format(self, record: logging.LogRecord) -> str:
        return str(record.msg) if record.name == _access.name else super().format(record)


class Output(logging.StreamHandler[Any]):
    """A line that cannot be written, as on a full disk, is lost, and no request with it."""

    _lost = False

    def handleError(self, record: logging.LogRecord) -> None:
        """Say so once. ``logging`` itself would print each line, not redacted, with a traceback."""
        if not self._lost:
            self._lost = True
            with suppress(OSError):
                print("log lines cannot be written and are lost", file=sys.stderr, flush=True)


def configure_logging(level: str) -> None:
    """One JSON object a line on standard output, for our own lines and every library's."""
    shared: list[Processor] = [
        _add_request_id,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.format_exc_info,
        _redact_event,
    ]
    handler = Output(sys.stdout)
    handler.setFormatter(
        _Lines(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    # What no line of ours shows need not be looked up for each (logging HOWTO, "Optimization").
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    # These print URLs, headers and bodies when they are chatty.
    for chatty in ("botocore", "boto3", "urllib3", "s3transfer"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def observe(app: Flask) -> None:
    """Give every request an id, a log line and its metrics."""

    @app.before_request
    def begin() -> None:
        given = request.environ.get("HTTP_X_REQUEST_ID", "")
        context = current(g)
        context.request_id = given if _REQUEST_ID.fullmatch(given) else uuid7().hex
        context.began = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        asked, context = current(request), current(g)
        # The rule, never the URL: paths hold upload ids and share tokens.
        route = asked.url_rule.rule if asked.url_rule else "unmatched"
        status, seconds = response.status_code, time.perf_counter() - context.began
        _requests(method_label(asked.method), route, status).inc()
        _latency(route).observe(seconds)
        count_outcome(route, response, context)
        response.headers.add("X-Request-Id", context.request_id)
        principal = context.get("principal")
        line = {
            "event": "request",
            "time": datetime.now(UTC).isoformat(),
            "level": "info",
            "request_id": context.request_id,
            "method": asked.method,
            "route": route,
            "status": status,
            "milliseconds": round(seconds * 1000, 2),
            "sub": principal.sub if principal else None,
            "address": asked.remote_addr,
        }
        write_line(_access, line)
        return response


def write_line(logger: logging.Logger, line: dict[str, Any]) -> None:
    """Log an object of our own making as it is.

    One or two a request: without the processors' detour, which costs more than signing a URL, and
    without the search for the calling line.
    """
    if logger.isEnabledFor(logging.INFO):
        text = json.dumps(line)
        logger.handle(logging.LogRecord(logger.name, logging.INFO, "", 0, text, None, None))


def metrics_answer(token: str) -> Response:
    """Prometheus' text format, of all worker processes together.

    Raises ``NotFound`` for anybody without ``token``; where none is set, for anybody who is not
    on this machine.
    """
    given = request.headers.get("Authorization", "")
    if token:
        allowed = hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    else:
        # A proxy on this machine speaks for somebody else.
        allowed = request.remote_addr in ("127.0.0.1", "::1") and not _forwarded(request.headers)
    if not allowed:
        raise NotFound
    return Response(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)


def _forwarded(names: Iterable[Any]) -> bool:
    return any(str(name[0]).lower() in ("x-forwarded-for", "forwarded") for name in names)


def _registry() -> CollectorRegistry:
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return REGISTRY
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
