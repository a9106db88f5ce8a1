"""Traces by OpenTelemetry's own environment: whole, without secrets, and nothing when off."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from app import create_app, tracing
from app.api.context import EXTENSION
from app.events.queue import Queue, QueueUnavailable
from app.operations.traced_requests import _Traced
from app.services import build
from app.services.events import events_queue
from config import Settings, SettingsError
from devstack.account import Stack
from devstack.bootstrap import queue_url
from tests.collector import running_collector
from tests.events.backend import SECRET, Backend, running_backend
from tests.events.processes import Account
from tests.faults.servers import serving
from tests.gateway import ALICE, NOWHERE, Gateway, gateway_environment, running_gateway, send
from tests.limits.redis_server import RedisServer
from tests.stores.store import Store

ROOT = Path(__file__).parents[1]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(24)
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """What is traced in this process, with nothing between."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    # To be put back: it is replaced below.
    monkeypatch.setattr(ThreadPoolExecutor, "submit", ThreadPoolExecutor.submit)
    monkeypatch.setattr(tracing, "_current", tracing.Tracing(provider))
    tracing._carry_to_threads()
    return exporter


@pytest.fixture
def backend() -> Iterator[Backend]:
    with running_backend() as backend:
        yield backend


@pytest.fixture
def traced(
    spans: InMemorySpanExporter, front_store: Store, front_stack: Stack, backend: Backend
) -> Iterator[Gateway]:
    hook = {"WEBHOOK_URL": backend.url, "WEBHOOK_SECRET": SECRET}
    with running_gateway(front_store, front_stack.bucket, **hook) as gateway:
        yield gateway


def named(spans: InMemorySpanExporter, name: str) -> ReadableSpan:
    [found] = [each for each in spans.get_finished_spans() if each.name == name]
    return found


def parents(spans: InMemorySpanExporter, span: ReadableSpan) -> list[str]:
    """The names above ``span``, nearest first."""
    by_id = {each.context.span_id: each for each in spans.get_finished_spans() if each.context}
    names = []
    while span.parent and (above := by_id.get(span.parent.span_id)):
        names.append(above.name)
        span = above
    return names


def test_a_request_and_its_calls_are_one_trace_of_the_callers(
    traced: Gateway, spans: InMemorySpanExporter
) -> None:
    """The route names the span; the call to S3 lies below it, and its request below that."""
    answer = traced.client_for(ALICE).get("/v1/assets", headers=PARENT)
    assert answer.status_code == 200
    answer.close()
    served = named(spans, "GET /v1/assets")
    assert f"{served.context.trace_id:032x}" == TRACE
    assert served.parent is not None
    assert f"{served.parent.span_id:016x}" == "b7ad6b7169203331"
    assert served.attributes == {
        "http.request.method": "GET",
        "http.route": "/v1/assets",
        "http.response.status_code": 200,
        "gateway.request_id": answer.headers["X-Request-Id"],
    }
    asked = [each for each in spans.get_finished_spans() if parents(spans, each)[:1] == ["S3 list"]]
    assert [each.name for each in asked] == ["GET"]
    assert parents(spans, asked[0]) == ["S3 list", "GET /v1/assets"]
    assert (asked[0].attributes or {})["http.response.status_code"] == 200


def test_a_webhook_is_told_of_the_request_that_it_is_of(
    traced: Gateway, spans: InMemorySpanExporter, backend: Backend
) -> None:
    """Though another thread sends it; neither the store nor the key server is told."""
    caller = traced.client_for(ALICE)
    started = caller.start(len(PNG))
    send(started, PNG)
    done = caller.post(f"/v1/uploads/{started['upload_id']}/complete", headers=PARENT)
    assert done.status_code == 200
    done.close()
    backend.wait_for_types("asset.created")
    [delivery] = backend.taken()
    _, trace, span_id, _ = delivery.headers["traceparent"].split("-")
    assert trace == TRACE
    # The answer to the webhook is read before its span ends.
    traced.app.extensions[EXTENSION].events.notifier.finish()
    told = next(
        each
        for each in spans.get_finished_spans()
        if each.context and f"{each.context.span_id:016x}" == span_id
    )
    assert told.name == "POST"
    assert parents(spans, told) == ["POST /v1/uploads/<upload_id>/complete"]


def test_t37_spans_hold_no_address_no_name_and_no_secret(
    traced: Gateway, spans: InMemorySpanExporter
) -> None:
    """T37: neither users, files, upload ids, signatures nor what an exception says."""
    caller = traced.client_for(ALICE)
    asset = caller.upload(PNG, filename="a-name-of-mine.png")
    for path in (asset["path"], "image/x/not-there.png"):
        caller.get(f"/v1/assets/{path}").close()
    kept = json.dumps([json.loads(each.to_json()) for each in spans.get_finished_spans()])
    assert "S3 get_object" in kept
    for secret in (ALICE, "a-name-of-mine", "not-there", "X-Amz", "users/", caller.token[:20]):
        assert secret not in kept
    assert not any(each.events for each in spans.get_finished_spans())


def test_what_is_not_there_is_no_error_and_what_fails_is(
    spans: InMemorySpanExporter,
) -> None:
    """A store that cannot be reached fails its spans and the request's, by a name alone."""
    with running_gateway(NOWHERE, "bucket") as gateway:
        for path, status in (("/v1/assets", 503), ("/v1/nothing", 404)):
            answer = gateway.client_for(ALICE).get(path)
            assert answer.status_code == status
            answer.close()
    errors = {each.name: (each.attributes or {}) for each in spans.get_finished_spans()}
    assert errors["GET /v1/assets"]["error.type"] == "503"
    assert errors["S3 list"]["error.type"] == "StorageUnavailable"
    assert errors["GET"]["error.type"] == "NewConnectionError"
    assert "error.type" not in errors["GET unmatched"]
    [refused] = {
        each.status.description for each in spans.get_finished_spans() if not each.status.is_ok
    }
    assert refused is None


def test_probes_are_no_traces(traced: Gateway, spans: InMemorySpanExporter) -> None:
    """They come every few seconds, of each replica."""
    client = traced.app.test_client()
    for path in ("/healthz", "/readyz", "/metrics"):
        client.get(path).close()
    assert not [each for each in spans.get_finished_spans() if "http.route" in each.attributes]


def test_redis_is_a_call_upstream(spans: InMemorySpanExporter) -> None:
    """Its span names no key, which would name the user."""
    redis = RedisServer()
    redis.start()
    try:
        with running_gateway(NOWHERE, "bucket", REDIS_URL=redis.url) as gateway:
            gateway.client_for(ALICE).get("/v1/uploads/x").close()
    finally:
        redis.kill()
    asked = [each for each in spans.get_finished_spans() if each.name.startswith("redis")]
    assert asked
    assert parents(spans, asked[0]) == ["GET /v1/uploads/<upload_id>"]


def test_calls_of_boto3_are_spans_and_polls_are_none(
    spans: InMemorySpanExporter, front_stack: Stack
) -> None:
    """SQS is asked every few seconds, which is no news."""
    environment = Account(front_stack).environment("http://127.0.0.1:9/")
    queue: Queue = events_queue(Settings.from_env(environment))
    queue.send("{}")
    messages = queue.receive(1, visibility_seconds=5)
    assert messages
    names = [each.name for each in spans.get_finished_spans()]
    assert names == ["SQS SendMessage"]
    gone = Queue(queue._client, f"{queue_url(front_stack)}-none")
    with pytest.raises(QueueUnavailable):
        gone.send("{}")
    assert (spans.get_finished_spans()[-1].attributes or {})["error.type"] == "400"


def test_gunicorns_workers_send_their_spans_to_a_collector(front_store: Store) -> None:
    """By OTLP, with the headers of the environment; those of the last moment at SIGTERM."""
    with running_collector() as collector:
        otel = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_EXPORTER_OTLP_HEADERS": "x-team=media",
            "OTEL_BSP_SCHEDULE_DELAY": "600000",
        }
        with serving(NOWHERE, "bucket", workers=2, **otel) as server:
            assert server.links().status == 200
            assert server.request("GET", "/v1/assets").status == 503
            assert not collector.traces
        names = {span.name for span in collector.spans()}
        assert {"POST /v1/links", "GET /v1/assets", "S3 list"} <= names
        assert collector.services() == {"asset-gateway"}
        assert collector.headers[0]["x-team"] == "media"


def test_the_worker_traces_each_message_to_its_webhook(front_stack: Stack) -> None:
    """The webhook lies below the message that it is of."""
    with running_collector() as collector, running_backend() as backend:
        otel = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
        account = Account(front_stack)
        environment = account.environment(backend.url, **otel)
        with account.worker(backend.url, environment=environment):
            key = account.put(PNG)
            backend.wait_for(lambda got: any(key in str(each.event) for each in got))
            collector.wait_for(
                lambda: any(span.name == "process events" for span in collector.spans())
            )
        told = next(each for each in backend.taken() if key in str(each.event))
        trace = told.headers["traceparent"].split("-")[1]
        within = {span.name for span in collector.spans() if span.trace_id.hex() == trace}
        assert {"process events", "POST", "S3 get_object"} <= within


OFF: list[dict[str, str]] = [
    {},
    {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "true"},
    {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
        "OTEL_TRACES_EXPORTER": "none",
        "OTEL_METRICS_EXPORTER": "none",
    },
]


@pytest.mark.parametrize("environment", OFF, ids=lambda each: ",".join(each) or "nothing")
def test_nothing_is_imported_and_nothing_stands_in_the_way_when_off(
    environment: dict[str, str],
) -> None:
    """The request path is what it was, to the function."""
    script = (
        "import sys, json, os; from app import create_app, http_clients; "
        "from app.operations.framework import Application; from config import Settings;"
        "given = json.loads(sys.argv[1]); os.environ.update(given);"
        "app = create_app(Settings.from_env(given));"
        "assert app.wsgi_app._app == Application.wsgi_app.__get__(app);"
        "pool = http_clients.pool_for('http://127.0.0.1:9');"
        "assert pool.pool_classes_by_scheme['http'] is http_clients._HttpPool;"
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    given = json.dumps(gateway_environment(NOWHERE, "bucket") | environment)
    done = subprocess.run([sys.executable, "-c", script, given], cwd=ROOT, check=False)
    assert done.returncode == 0


def settings_with(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Settings:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Settings.from_env(gateway_environment(NOWHERE, "bucket"))


def test_another_protocol_stops_the_server_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """gRPC would need packages that bring no other good."""
    settings = settings_with(
        monkeypatch,
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9",
        OTEL_EXPORTER_OTLP_PROTOCOL="grpc",
    )
    with pytest.raises(SettingsError, match=r"OTEL_EXPORTER_OTLP_PROTOCOL.*4318"):
        build(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "nonsense"),
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "nonsense"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/not/there.pem"),
        ("OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "/not/there.pem"),
        ("OTEL_BSP_SCHEDULE_DELAY", "-5"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "many"),
    ],
)
def test_what_opentelemetry_cannot_use_stops_the_server_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """It would end in a traceback, or send nothing and say nothing."""
    given = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", name: value}
    if "METRICS" in name:
        given["OTEL_TRACES_EXPORTER"] = "none"
    with pytest.raises(SettingsError) as caught:
        build(settings_with(monkeypatch, **given))
    assert set(caught.value.faults) == {name}


def test_packages_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for traces learns what to install."""
    settings = settings_with(monkeypatch, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(SettingsError, match=r"OTEL_EXPORTER_OTLP_ENDPOINT.*requirements-otel\.txt"):
        create_app(settings)


def test_a_stream_that_breaks_off_fails_its_span(spans: InMemorySpanExporter) -> None:
    """The status was sent long before; the span tells of the end."""

    def broken(_environ: Any, start: Any) -> Iterator[bytes]:
        start("200 OK", [])
        yield b"a"
        raise OSError("what it says is not kept")

    made = tracing.current()
    assert made is not None
    answer = _Traced(broken, made)({"REQUEST_METHOD": "GET"}, lambda *_: lambda _data: None)
    with pytest.raises(OSError, match="not kept"):
        list(answer)
    answer.close()  # type: ignore[attr-defined]
    [span] = spans.get_finished_spans()
    assert (span.attributes or {})["error.type"] == "OSError"
    assert not span.events
