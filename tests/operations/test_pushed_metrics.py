"""Metrics sent to a collector: those of /metrics, of all workers, whichever of them sends."""

from __future__ import annotations

import itertools
import os
import signal
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from app.operations.pushed_metrics import Pusher
from app.services import build
from config import Settings, SettingsError
from devstack.account import Stack
from tests.collector import Collector, running_collector
from tests.events.backend import running_backend
from tests.events.processes import Account
from tests.faults.servers import Server, serving
from tests.gateway import NOWHERE, gateway_environment
from tests.waiting import eventually

SOON = {"OTEL_METRIC_EXPORT_INTERVAL": "200", "OTEL_TRACES_EXPORTER": "none"}
LATE = {**SOON, "OTEL_METRIC_EXPORT_INTERVAL": "3600000"}


def latest(collector: Collector, name: str) -> list[Any]:
    """The points of a metric as they were last told."""
    with collector.changed:
        told = list(collector.metrics)
    for request in reversed(told):
        for resource in request.resource_metrics:
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    if metric.name == name:
                        return list(getattr(metric, metric.WhichOneof("data")).data_points)
    return []


def labels(point: Any) -> dict[str, str]:
    return {each.key: each.value.string_value for each in point.attributes}


def signed(collector: Collector) -> float:
    """How many times links were asked for, as far as the collector knows."""
    points = latest(collector, "gateway_requests")
    return sum(point.as_double for point in points if labels(point)["route"] == "/v1/links")


def instances(collector: Collector) -> set[str]:
    return {
        attribute.value.string_value
        for request in collector.metrics
        for resource in request.resource_metrics
        for attribute in resource.resource.attributes
        if attribute.key == "service.instance.id"
    }


def replaced(server: Server, gone: int) -> bool:
    return gone not in server.workers() and len(server.workers()) == 2


def test_one_worker_sends_for_all_and_another_when_it_dies() -> None:
    """Nothing is counted twice, nothing is lost, and the instance stays the same."""
    with running_collector() as collector:
        otel = {**SOON, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
        with serving(NOWHERE, "bucket", workers=2, **otel) as server:
            for _ in range(12):
                assert server.links().status == 200
            collector.wait_for(lambda: signed(collector) == 12)
            [latency] = [
                point
                for point in latest(collector, "gateway_request_seconds")
                if labels(point) == {"route": "/v1/links"}
            ]
            assert (latency.count, sum(latency.bucket_counts)) == (12, 12)
            assert len(latency.bucket_counts) == len(latency.explicit_bounds) + 1
            assert latency.sum > 0
            if os.path.exists("/proc/self/stat"):
                told = {int(labels(p)["pid"]) for p in latest(collector, "process_open_fds")}
                assert {server.process.pid, *server.workers()} == told
            for victim in server.workers():  # one of them was the sender
                os.kill(victim, signal.SIGKILL)
                assert eventually(partial(replaced, server, victim))
            assert server.links().status == 200
            collector.wait_for(lambda: signed(collector) == 13)
        assert len(instances(collector)) == 1


def test_what_was_counted_last_is_sent_at_the_end() -> None:
    """A deploy between two reports loses none of the counts; headers are of the environment."""
    with running_collector() as collector:
        otel = {
            **LATE,
            "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": f"{collector.url}/v1/metrics",
            "OTEL_EXPORTER_OTLP_HEADERS": "x-team=media",
        }
        with serving(NOWHERE, "bucket", workers=2, **otel) as server:
            for _ in range(6):
                assert server.links().status == 200
            assert not collector.metrics
        assert signed(collector) == 6
        assert not collector.traces
        assert collector.headers[0]["x-team"] == "media"


def test_a_collector_that_is_gone_holds_up_nobody() -> None:
    """Requests are served, and the server ends in its time."""
    otel = {**SOON, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    with serving(NOWHERE, "bucket", **otel, OTEL_EXPORTER_OTLP_TIMEOUT="1") as server:
        for _ in range(5):
            assert server.links().status == 200


def test_the_event_worker_sends_its_own(front_stack: Stack) -> None:
    """Under the name that it is given."""
    with running_collector() as collector, running_backend() as backend:
        otel = {
            **SOON,
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_SERVICE_NAME": "asset-gateway-events",
        }
        account = Account(front_stack)
        environment = account.environment(backend.url, **otel)
        with account.worker(backend.url, environment=environment):
            account.put(b"\x89PNG\r\n\x1a\n" + bytes(24))
            collector.wait_for(
                lambda: sum(point.as_double for point in latest(collector, "gateway_events")) >= 1
            )
        [resource] = collector.metrics[-1].resource_metrics
        names = {each.key: each.value.string_value for each in resource.resource.attributes}
        assert names["service.name"] == "asset-gateway-events"


@settings(deadline=None)  # the first imports the SDK
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 20)), max_size=30),
    st.lists(st.floats(0.001, 10), min_size=1, max_size=6, unique=True).map(sorted),
)
def test_counts_between_bounds_add_up(
    observed: list[tuple[str, float]], bounds: list[float]
) -> None:
    """Each observation is in one bucket of its series, by Prometheus' bounds."""
    registry = CollectorRegistry()
    histogram = Histogram("h", "", ["label"], buckets=bounds, registry=registry)
    counter = Counter("c", "", ["label"], registry=registry)
    Gauge("g", "", registry=registry).set(7)
    for label, value in observed:
        histogram.labels(label).observe(value)
        counter.labels(label).inc(value)
    data = Pusher(60).data(registry.collect(), 1)
    made = {each.name: each.data for each in data.resource_metrics[0].scope_metrics[0].metrics}
    assert [point.value for point in made["g"].data_points] == [7]
    for label in {label for label, _ in observed}:
        values = [value for name, value in observed if name == label]
        [point] = [p for p in made["h"].data_points if p.attributes == {"label": label}]
        assert list(point.explicit_bounds) == bounds
        edges = [float("-inf"), *bounds, float("inf")]
        assert list(point.bucket_counts) == [
            sum(low < value <= high for value in values) for low, high in itertools.pairwise(edges)
        ]
        assert point.count == len(values)
        [total] = [p.value for p in made["c"].data_points if p.attributes == {"label": label}]
        assert total == pytest.approx(sum(values))


@pytest.mark.parametrize("interval", ["soon", "0", "-1", "1e3", "99999999"])
def test_an_interval_that_is_none_stops_the_server(
    monkeypatch: pytest.MonkeyPatch, interval: str
) -> None:
    """By its name and its range."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", interval)
    asked = Settings.from_env(gateway_environment(NOWHERE, "bucket"))
    with pytest.raises(SettingsError, match=r"OTEL_METRIC_EXPORT_INTERVAL.*milliseconds"):
        build(asked)
