"""CORS for exact origins, on errors too (T38). flask-cors decides."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Flask, Response, request
from flask_cors.core import get_cors_headers, get_cors_options

from app.auth.act_as import HEADER as ACT_AS
from app.operations.framework import current, remember_cors
from app.operations.logs import REQUEST_ID_HEADER

#: Sent by Uppy; Companion allows them.
UPPY_HEADERS = ("Uppy-Versions", "Uppy-Auth-Token")
#: Added to every request by tracing in a front end (W3C Trace Context, W3C Baggage, Sentry).
TRACING_HEADERS = ("traceparent", "tracestate", "baggage", "sentry-trace")
EXPOSED_HEADERS = (
    "Location",
    REQUEST_ID_HEADER,
    "Retry-After",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "WWW-Authenticate",
)


def allow_origins(app: Flask, origins: tuple[str, ...]) -> Callable[[str], list[tuple[str, str]]]:
    """Answer preflights for pages of ``origins``; what lets one of them read any other answer is
    returned, for ``Perimeter`` to add."""
    options = get_cors_options(
        app,
        {
            # Compiled, as flask-cors takes some texts for patterns and matches their beginning.
            "origins": [re.compile(rf"{re.escape(origin)}\Z") for origin in origins],
            "methods": ["GET", "POST", "PUT", "DELETE", "HEAD"],
            "allow_headers": [
                "Authorization",
                "Content-Type",
                REQUEST_ID_HEADER,
                *UPPY_HEADERS,
                *TRACING_HEADERS,
                ACT_AS,
            ],
            "expose_headers": [*EXPOSED_HEADERS],
            "max_age": 3000,
        },
    )

    @app.after_request
    def answer_preflight(response: Response) -> Response:
        asked = current(request)
        if asked.method == "OPTIONS":
            response.headers.extend(get_cors_headers(options, dict(asked.headers), "OPTIONS"))
        return response

    return remember_cors(options)
