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
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

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

log = structlog.get_logger("gateway")
_access = logging.getLogger("gateway.access")


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
    handler = logging.StreamHandler(sys.stdout)
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
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _REQUEST_ID.fullmatch(given) else uuid7().hex
        g.began = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        # The rule, never the URL: paths hold upload ids and share tokens.
        route = request.url_rule.rule if request.url_rule else "unmatched"
        seconds = time.perf_counter() - g.began
        _requests(method_label(), route, response.status_code).inc()
        _latency(route).observe(seconds)
        count_outcome(route, response)
        response.headers["X-Request-Id"] = g.request_id
        principal = g.get("principal")
        # One a request, and all of it ours: written without the processors' detour, which costs
        # more than signing a URL.
        line = {
            "event": "request",
            "time": datetime.now(UTC).isoformat(),
            "level": "info",
            "request_id": g.request_id,
            "method": request.method,
            "route": route,
            "status": response.status_code,
            "milliseconds": round(seconds * 1000, 2),
            "sub": principal.sub if principal else None,
            "address": request.remote_addr,
        }
        _access.info(json.dumps(line))
        return response


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
