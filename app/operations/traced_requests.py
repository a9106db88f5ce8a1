"""A span for each request, where traces are asked for (``app/tracing.py``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, g, request

from app import tracing
from app.operations.framework import current
from app.operations.metrics import method_label

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from opentelemetry.context import Context
    from opentelemetry.trace import Span

_SPAN = "gateway.span"
#: Asked every few seconds by machines.
_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})


def trace_requests(app: Flask) -> None:
    """Have ``app``'s requests be spans; nothing where nobody traces."""
    made = tracing.current()
    if made is None:
        return
    app.wsgi_app = _Traced(app.wsgi_app, made)  # type: ignore[assignment, method-assign]

    @app.after_request
    def name(response: Response) -> Response:
        asked = current(request)
        if span := asked.environ.get(_SPAN):
            # The rule, never the URL: paths hold upload ids and share tokens.
            route = asked.url_rule.rule if asked.url_rule else "unmatched"
            span.update_name(f"{method_label(asked.method)} {route}")
            span.set_attribute("http.route", route)
            span.set_attribute("gateway.request_id", current(g).request_id)
        return response


class _Traced:
    """WSGI middleware. A span ends with its answer's last byte."""

    def __init__(self, app: WSGIApplication, tracing: tracing.Tracing) -> None:
        self._app = app
        self._tracing = tracing

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") in _PROBES:
            return self._app(environ, start)
        from opentelemetry.trace import set_span_in_context

        method = method_label(environ["REQUEST_METHOD"])
        span = environ[_SPAN] = self._tracing.request(method, environ)
        span.set_attribute("http.request.method", method)

        def start_traced(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            code = int(status[:3])
            span.set_attribute("http.response.status_code", code)
            if code >= 500:  # a server's span: a caller's fault is none of ours
                self._tracing.fail(span, str(code))
            return start(status, headers, *rest)

        context = set_span_in_context(span)
        try:
            body = tracing.in_context(context, self._app, environ, start_traced)
        except BaseException as error:
            self._tracing.fail(span, type(error).__name__)
            span.end()
            raise
        return _Body(body, span, context, self._tracing)


class _Body:
    """An answer's bytes, made within the request's span on whichever thread asks for them."""

    def __init__(
        self, body: Iterable[bytes], span: Span, context: Context, traces: tracing.Tracing
    ) -> None:
        self._body = body
        self._next = iter(body).__next__
        self._span = span
        self._context = context
        self._traces = traces

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            item: bytes = tracing.in_context(self._context, self._next)
        except StopIteration:
            raise
        except BaseException as error:
            self._traces.fail(self._span, type(error).__name__)
            raise
        return item

    def close(self) -> None:
        """Let the application go on with what it does after an answer, and end the span."""
        try:
            if hasattr(self._body, "close"):
                self._body.close()
        finally:
            self._span.end()
