"""What the person on call sees of each request: its id, its log line, Prometheus metrics."""

from __future__ import annotations

import hmac
import logging
import os
import re
import time
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from flask import Flask, Request, Response, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)
from uuid_utils import uuid7

from app.domain.errors import NotFound
from app.operations.framework import current
from app.operations.logs import REQUEST_ID_HEADER, access_log, write_line
from app.operations.processes import Processes

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
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def observe(app: Flask) -> None:
    """Give every request an id, a log line and its metrics."""

    @app.before_request
    def begin() -> None:
        context = current(g)
        given = current(request).environ.get("HTTP_X_REQUEST_ID", "")
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
        response.headers.add(REQUEST_ID_HEADER, context.request_id)
        if access_log.isEnabledFor(logging.INFO):
            write_line(_line(asked, context, route, status, seconds))
        return response


def method_label(method: str) -> str:
    """The method as a label: a client may invent names, and each would be a series for ever."""
    return method if method in _METHODS else "other"


def _line(asked: Request, context: Any, route: str, status: int, seconds: float) -> dict[str, Any]:
    principal = context.get("principal")
    return {
        "event": "request",
        "logger": access_log.name,
        "level": "info",
        "request_id": context.request_id,
        "method": asked.method,
        "route": route,
        "status": status,
        "milliseconds": round(seconds * 1000, 2),
        "sub": principal.sub if principal else None,
        "address": asked.remote_addr,
    }


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
    return Response(generate_latest(registry()), content_type=CONTENT_TYPE_LATEST)


def _forwarded(names: Iterable[Any]) -> bool:
    return any(str(name[0]).lower() in ("x-forwarded-for", "forwarded") for name in names)


def registry() -> CollectorRegistry:
    """Of this process, or of all that count together."""
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return REGISTRY
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    if "gunicorn" in os.environ.get("SERVER_SOFTWARE", ""):  # else the parent is anybody
        registry.register(Processes())
    return registry
