"""OpenTelemetry's traces, for those who ask for them by its own environment.

Without ``OTEL_EXPORTER_OTLP_ENDPOINT`` or its like nothing of it is imported, and no request, call
or message passes through anything of this: who could be traced asks ``current()`` once, when it is
made. Requests have their middleware in ``app/operations/traced_requests.py``, and where to send is
read in ``app/otel_variables.py``.

No span holds a URL, a header or an error's message: paths hold upload ids and share tokens,
queries hold signatures. Only webhooks are told of the trace (``traceparent``): the store and
Cognito have no use for it.

Over 200 lines because all kinds of spans are made in one class, so that what no span may hold is
seen in one place.

https://opentelemetry.io/docs/specs/semconv/http/http-spans/
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from app.otel_variables import SERVICE, check_exporter, endpoint_variable, made_by

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
#: A queue that is asked every five seconds is no news.
_POLLS = frozenset({"ReceiveMessage"})


def start() -> None:
    """Trace from now on, if the environment asks for it; once. Raises
    ``otel_variables.Unusable``."""
    global _current
    variable = endpoint_variable(_ENDPOINTS, "OTEL_TRACES_EXPORTER")
    if _current is not None or variable is None:
        return
    check_exporter(variable, _PROTOCOLS)
    _current = made_by(lambda: Tracing(_make_provider()), variable)
    _carry_to_threads()


def _make_provider() -> TracerProvider:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    os.environ.setdefault("OTEL_SERVICE_NAME", SERVICE)
    # Its thread starts anew in each of gunicorn's workers, and what waits is sent at exit.
    provider = TracerProvider(resource=Resource.create())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def current() -> Tracing | None:
    """Who traces in this process; None for nobody."""
    return _current


class Tracing:
    """Makes spans. Thread-safe, and safe across a fork."""

    def __init__(self, provider: TracerProvider) -> None:
        from opentelemetry import propagate, trace

        self._tracer = provider.get_tracer(SERVICE)
        self._kinds = trace.SpanKind
        self._error = trace.Status(trace.StatusCode.ERROR)
        self._propagate = propagate

    def request(self, method: str, environ: Mapping[str, Any]) -> Span:
        """The span of a request, in the trace that its ``traceparent`` names. To be ended."""
        carrier = {
            name: environ[f"HTTP_{name.upper()}"]
            for name in self._propagate.get_global_textmap().fields
            if f"HTTP_{name.upper()}" in environ
        }
        return self._tracer.start_span(
            method, context=self._propagate.extract(carrier), kind=self._kinds.SERVER
        )

    def fail(self, span: Span, error_type: str) -> None:
        """Say that ``span`` failed: by an exception's name, or a status."""
        span.set_attribute("error.type", error_type)
        span.set_status(self._error)

    @contextmanager
    def call(self, name: str, *, expected: tuple[type[Exception], ...] = ()) -> Iterator[Span]:
        """A span of a call upstream; what is raised fails it, but for the ``expected``."""
        with self._span(name, self._kinds.CLIENT, expected) as span:
            yield span

    @contextmanager
    def message(self) -> Iterator[Span]:
        """A span of a message of the queue in hand."""
        with self._span("process events", self._kinds.CONSUMER, ()) as span:
            span.set_attribute("messaging.system", "aws_sqs")
            span.set_attribute("messaging.operation.type", "process")
            yield span

    def headers(self) -> dict[str, str]:
        """What tells a server of the span in hand."""
        carrier: dict[str, str] = {}
        self._propagate.inject(carrier)
        return carrier

    def watch(
        self,
        owner: Any,
        method: str,
        name: Callable[..., str],
        expected: tuple[type[Exception], ...] = (),
    ) -> None:
        """Have each call of ``owner.method`` be a span, whose name is of the arguments."""
        inner = getattr(owner, method)

        @functools.wraps(inner)
        def traced(*args: Any, **options: Any) -> Any:
            with self.call(name(*args), expected=expected):
                return inner(*args, **options)

        setattr(owner, method, traced)

    def watch_aws(self, client: Any) -> None:
        """Have each call of boto3's ``client`` be a span."""

        def begin(model: Any, context: dict[str, Any], **_: Any) -> None:
            if model.name not in _POLLS:
                service = model.service_model.service_id
                span = self._tracer.start_span(f"{service} {model.name}", kind=self._kinds.CLIENT)
                context["gateway_span"] = span

        def end(http_response: Any, context: dict[str, Any], **_: Any) -> None:
            if span := context.pop("gateway_span", None):
                self._status(span, http_response.status_code)
                span.end()

        def fail(exception: Exception, context: dict[str, Any], **_: Any) -> None:
            if span := context.pop("gateway_span", None):
                self.fail(span, type(exception).__name__)
                span.end()

        for event, handler in (
            ("before-call", begin),
            ("after-call", end),
            ("after-call-error", fail),
        ):
            client.meta.events.register(event, handler)

    def pool_class(self, base: Any, *, tells: bool) -> Any:
        """One of urllib3's pools whose requests are spans; ``tells`` the server of them."""
        tracing = self

        class Traced(base):  # type: ignore[misc]
            def urlopen(
                self, method: str, url: str, body: Any = None, headers: Any = None, **options: Any
            ) -> Any:
                # By a proxy the URL is whole, and the pool's host is the proxy.
                parts = urlsplit(url)
                with tracing.call(method) as span:
                    span.set_attribute("http.request.method", method)
                    span.set_attribute("server.address", parts.hostname or self.host)
                    span.set_attribute("server.port", parts.port or self.port or 0)
                    sent = {**(headers or {}), **tracing.headers()} if tells else headers
                    answer = super().urlopen(method, url, body, sent, **options)
                    tracing._status(span, answer.status)
                    return answer

        return Traced

    def _status(self, span: Span, status: int) -> None:
        span.set_attribute("http.response.status_code", status)
        if status >= 400:  # a client's span, by the conventions
            self.fail(span, str(status))

    @contextmanager
    def _span(self, name: str, kind: Any, expected: tuple[type[Exception], ...]) -> Iterator[Span]:
        # Messages of exceptions hold signed URLs: they are not recorded.
        with self._tracer.start_as_current_span(
            name, kind=kind, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except expected:
                raise
            except BaseException as error:
                self.fail(span, type(error).__name__)
                raise


_current: Tracing | None = None


def in_context(context: Context, work: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """``work`` with ``context`` as the one in hand."""
    from opentelemetry.context import attach, detach

    token = attach(context)
    try:
        return work(*args, **options)
    finally:
        detach(token)


def _carry_to_threads() -> None:
    """Have what a thread hands to a pool of threads stay in its trace.

    The standard library has no hook for that; this is what OpenTelemetry's own instrumentation of
    threads does.
    """
    from opentelemetry.context import get_current

    submit = ThreadPoolExecutor.submit

    def carrying(
        self: ThreadPoolExecutor, work: Callable[..., Any], /, *args: Any, **options: Any
    ) -> Future[Any]:
        context = get_current()
        if not context:
            return submit(self, work, *args, **options)
        return submit(self, in_context, context, work, *args, **options)

    ThreadPoolExecutor.submit = carrying  # type: ignore[method-assign, assignment]
