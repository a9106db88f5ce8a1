"""Metrics sent by OTLP, for replicas that Prometheus cannot reach one by one.

What is sent is what ``/metrics`` tells, under the same names: of all of gunicorn's workers
together, by one of them. Which one, a lock decides that dies with its holder. Without
``OTEL_EXPORTER_OTLP_ENDPOINT`` or its like nothing of it is imported and no thread runs.

https://opentelemetry.io/docs/specs/otel/metrics/data-model/
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from prometheus_client.metrics_core import Metric

from app import otel_variables
from app.operations.metrics import registry

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import HistogramDataPoint, MetricsData, NumberDataPoint

log = logging.getLogger("gateway.metrics")
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_INTERVAL = "OTEL_METRIC_EXPORT_INTERVAL"


def prepare() -> None:
    """Make what sends, before any fork, if the environment asks for it; once.

    Raises ``otel_variables.Unusable``.
    """
    global _pusher
    variable = otel_variables.endpoint_variable(_ENDPOINTS, "OTEL_METRICS_EXPORTER")
    if _pusher is not None or variable is None:
        return
    otel_variables.check_exporter(variable, _PROTOCOLS)
    given = os.environ.get(_INTERVAL, "").strip() or "60000"
    if not given.isascii() or not given.isdigit() or not 100 <= int(given) <= 3_600_000:
        raise otel_variables.Unusable(_INTERVAL, "is milliseconds, from 100 to 3600000")
    _pusher = otel_variables.made_by(lambda: Pusher(int(given) / 1000), variable)


def start() -> None:
    """Send from this process, as soon as no other of the same server does."""
    if _pusher is not None:
        _pusher.start()


def stop() -> None:
    """Send a last time, and no more."""
    if _pusher is not None:
        _pusher.stop()


@contextmanager
def pushing() -> Iterator[None]:
    """Send meanwhile, if it is asked for."""
    start()
    try:
        yield
    finally:
        stop()


class Pusher:
    """Sends all metrics every ``interval`` seconds. Raises ``ImportError`` without the packages."""

    def __init__(self, interval: float) -> None:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.sdk.resources import Resource

        named = os.environ.get("OTEL_SERVICE_NAME")
        # Made once: the workers of a server are one instance, whichever of them sends.
        self._resource = Resource.create({} if named else {"service.name": otel_variables.SERVICE})
        self._began = time.time_ns()
        self._interval = interval
        self._exporter = OTLPMetricExporter
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock: IO[bytes] | None = None

    def start(self) -> None:
        """Begin, in this process."""
        self._ended.clear()
        self._thread = threading.Thread(target=self._run, name="metrics push", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, after what was counted until now is sent."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        exporter = self._exporter()
        while True:
            last = self._ended.wait(self._interval)
            try:
                if self._is_mine():
                    exporter.export(self.data(registry().collect(), time.time_ns()))
            except Exception as error:
                # Its text may quote the address, which may hold a password.
                log.warning("metrics were not sent: %s", type(error).__name__)
            if last:
                break
        exporter.shutdown()
        if self._lock is not None:  # another may count more, and send it
            self._lock.close()

    def _is_mine(self) -> bool:
        """Whether this process sends for all that count together."""
        folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
        if not folder or self._lock is not None:
            return True
        import fcntl  # gunicorn runs where it is

        lock = Path(folder, "push.lock").open("ab")  # noqa: SIM115 - held until the end
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            return False
        self._lock = lock
        return True

    def data(self, families: Iterable[Metric], now: int) -> MetricsData:
        """``families`` as OTLP has them; ``now`` is in nanoseconds of Unix time."""
        from opentelemetry.sdk.metrics import export
        from opentelemetry.sdk.util.instrumentation import InstrumentationScope

        cumulative = export.AggregationTemporality.CUMULATIVE
        made = []
        for family in families:
            data: export.Sum | export.Histogram | export.Gauge
            if family.type == "counter":
                data = export.Sum(self._numbers(family, "_total", now), cumulative, True)
            elif family.type == "histogram":
                data = export.Histogram(self._histograms(family, now), cumulative)
            else:
                data = export.Gauge(self._numbers(family, "", now))
            if data.data_points:
                made.append(export.Metric(family.name, family.documentation, "", data))
        scope = export.ScopeMetrics(InstrumentationScope(otel_variables.SERVICE), made, "")
        return export.MetricsData([export.ResourceMetrics(self._resource, [scope], "")])

    def _numbers(self, family: Metric, ending: str, now: int) -> list[NumberDataPoint]:
        from opentelemetry.sdk.metrics.export import NumberDataPoint

        return [
            NumberDataPoint(sample.labels, self._began, now, sample.value)
            for sample in family.samples
            if sample.name == family.name + ending
        ]

    def _histograms(self, family: Metric, now: int) -> list[HistogramDataPoint]:
        from opentelemetry.sdk.metrics.export import HistogramDataPoint

        series: dict[frozenset[tuple[str, str]], dict[str, Any]] = {}
        for sample in family.samples:
            labels = frozenset(each for each in sample.labels.items() if each[0] != "le")
            one = series.setdefault(labels, {"upto": {}, "sum": 0.0})
            if sample.name == f"{family.name}_bucket":
                one["upto"][float(sample.labels["le"])] = int(sample.value)
            elif sample.name == f"{family.name}_sum":
                one["sum"] = sample.value
        points = []
        for labels, one in series.items():
            bounds = sorted(one["upto"])  # the last is infinite
            upto = [one["upto"][bound] for bound in bounds]
            # Prometheus counts all below a bound, OTLP those between two.
            counts = [here - before for before, here in zip([0, *upto], upto, strict=False)]
            points.append(
                HistogramDataPoint(
                    dict(labels),
                    self._began,
                    now,
                    upto[-1],
                    one["sum"],
                    counts,
                    bounds[:-1],
                    None,  # type: ignore[arg-type] # neither is known, nor sent
                    None,  # type: ignore[arg-type]
                )
            )
        return points


_pusher: Pusher | None = None
