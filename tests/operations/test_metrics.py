"""What is counted, that it is counted rightly, and that the dashboard asks for what exists."""

from __future__ import annotations

import json
import os
import re
import runpy
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from app import create_app
from config import Settings
from tests.gateway import ALICE, Caller, Gateway, gateway_environment, running_gateway
from tests.infra.test_alerts import exported
from tests.stores.store import Store

ROOT = Path(__file__).parents[2]
DASHBOARD = json.loads((ROOT / "infra/grafana.json").read_text())
PNG = b"\x89PNG\r\n\x1a\n" + bytes(24)


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


class Counted:
    """How much a metric grew since this was made."""

    def __init__(self, name: str, **labels: str) -> None:
        self.name, self.labels = name, labels
        self.before = value(name, **labels)

    @property
    def grown(self) -> float:
        return value(self.name, **self.labels) - self.before


@pytest.fixture
def caller(front_gateway: Gateway) -> Caller:
    return front_gateway.client_for(ALICE)


def test_an_upload_is_counted_from_declaration_to_completion(caller: Caller) -> None:
    """Bytes declared and completed, the URL that was signed, and the requests to S3."""
    declared = Counted("gateway_declared_bytes_total")
    completed = Counted("gateway_completed_bytes_total")
    signed = Counted("gateway_signed_urls_total", kind="put")
    reads = Counted("gateway_s3_calls_total", operation="get_object")
    timed = Counted("gateway_s3_seconds_count")
    failed = Counted("gateway_s3_errors_total", operation="get_object")
    caller.upload(PNG)
    assert (declared.grown, completed.grown, signed.grown) == (len(PNG), len(PNG), 1)
    assert reads.grown >= 1
    assert timed.grown >= reads.grown
    assert failed.grown == 0


def test_links_and_parts_are_counted_by_kind(caller: Caller) -> None:
    """As many as were signed, in one step."""
    links, parts = (Counted("gateway_signed_urls_total", kind=kind) for kind in ("get", "part"))
    paths = [f"image/{number}/a.png" for number in range(25)]
    assert caller.post("/v1/links", {"paths": paths}).status_code == 200
    assert links.grown == 25
    started = caller.start(
        40 * 2**20, method="multipart", filename="a.mp4", content_type="video/mp4"
    )
    assert parts.grown == started["part_count"] == len(started["parts"])


def test_tokens_are_counted_by_their_verdict(front_gateway: Gateway, caller: Caller) -> None:
    """Accepted and refused; public routes and unknown ones count as neither."""
    accepted, refused = (
        Counted("gateway_token_verdicts_total", verdict=verdict)
        for verdict in ("accepted", "refused")
    )
    assert caller.get("/v1/me").status_code == 200
    assert front_gateway.client_for(ALICE, client_id="x").get("/v1/me").status_code == 401
    assert front_gateway.app.test_client().get("/healthz").status_code == 200
    assert (accepted.grown, refused.grown) == (1, 1)


def test_key_fetches_and_quota_refusals_are_counted(
    front_store: Store, front_gateway: Gateway
) -> None:
    """One fetch for a fresh gateway; an upload above the quota."""
    fetched = Counted("gateway_jwks_fetches_total", outcome="fetched")
    refusals = Counted("gateway_quota_refusals_total")
    with running_gateway(front_store, front_gateway.bucket, QUOTA_BYTES="10") as gateway:
        caller = gateway.client_for(ALICE)
        body = {"filename": "a.png", "content_type": "image/png", "size": 11}
        assert caller.post("/v1/uploads", body).status_code == 413
    assert (fetched.grown, refusals.grown) == (1, 1)


def test_failures_of_s3_are_counted(front_store: Store) -> None:
    """A bucket that is not there is an error of each operation; a missing object is none."""
    listed, erred = (
        Counted(f"gateway_s3_{what}_total", operation="list") for what in ("calls", "errors")
    )
    with running_gateway(front_store, "no-such-bucket-here") as gateway:
        assert gateway.client_for(ALICE).get("/v1/assets").status_code == 502
    assert (listed.grown, erred.grown) == (1, 1)


def test_an_s3_that_cannot_be_reached_is_counted() -> None:
    """A call without any answer, once for all its attempts."""
    called, failed = (
        Counted(f"gateway_s3_{what}_total", operation="head_object") for what in ("calls", "errors")
    )
    store = Store("none", "http://127.0.0.1:1", "eu-west-1", "a", "b", frozenset())
    with running_gateway(store, "bucket") as gateway:
        assert gateway.client_for(ALICE).get("/v1/assets/image/x/a.png").status_code == 503
    assert (called.grown, failed.grown) == (1, 1)


def test_a_client_cannot_invent_series(caller: Caller) -> None:
    """A method of the client's own making is one label for all of them."""
    caller.request("INVENTED", "/v1/me")
    assert value("gateway_requests_total", method="other", route="unmatched", status="405") >= 1
    methods = {
        sample.labels.get("method")
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name == "gateway_requests_total"
    }
    assert "INVENTED" not in methods


# --- the dashboard ---------------------------------------------------------------------------

TARGETS = [
    pytest.param(target["expr"], id=f"{panel['title']}-{target['refId']}")
    for panel in DASHBOARD["panels"]
    for target in panel["targets"]
]
#: What Prometheus itself puts on every series.
OF_THE_SCRAPE = frozenset({"job", "instance"})


@pytest.mark.parametrize("expression", TARGETS)
def test_the_dashboard_asks_for_metrics_and_labels_that_exist(expression: str) -> None:
    """A renamed metric or label would leave a panel empty; this says so."""
    import app.events.handler  # the worker's metrics
    import app.events.webhooks

    assert app.events.handler.EVENTS
    assert app.events.webhooks.DELIVERIES
    known = exported()
    asked = re.findall(r"\b((?:gateway|process)_\w+)(?:\{([^}]*)\})?", expression)
    assert asked
    labels = {"le", *OF_THE_SCRAPE}
    for name, conditions in asked:
        assert name in known, name
        labels |= known[name]
        assert set(re.findall(r"(\w+)\s*[=!]~?", conditions)) <= known[name] | {
            "le",
            *OF_THE_SCRAPE,
        }
    for grouping in re.findall(r"by \(([^)]*)\)", expression):
        assert {each.strip() for each in grouping.split(",")} <= labels


def test_every_metric_of_the_issue_is_on_the_dashboard() -> None:
    """Whatever is counted is shown somewhere."""
    shown = json.dumps(DASHBOARD["panels"])
    ours = {name.removesuffix("_created") for name in exported() if name.startswith("gateway_")}
    bases = {re.sub(r"_(total|bucket|count|sum)$", "", name) for name in ours}
    assert [base for base in sorted(bases) if base not in shown] == []


def test_panels_do_not_overlap() -> None:
    """Ids are unique, and each panel has a place of its own."""
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in DASHBOARD["panels"]]
    assert len(set(places)) == len(places)


# --- crashes ---------------------------------------------------------------------------------


def test_sentry_is_not_imported_when_it_is_off() -> None:
    """Without SENTRY_DSN nothing of it is loaded."""
    script = (
        "import sys; from app import create_app; from config import Settings; import json, os;"
        "create_app(Settings.from_env(json.loads(sys.argv[1])));"
        "sys.exit('sentry_sdk' in sys.modules)"
    )
    store = Store("none", "http://127.0.0.1:1", "eu-west-1", "a", "b", frozenset())
    environment = json.dumps(gateway_environment(store, "bucket"))
    done = subprocess.run([sys.executable, "-c", script, environment], cwd=ROOT, check=False)
    assert done.returncode == 0


@pytest.fixture
def sentry() -> Iterator[tuple[str, list[bytes]]]:
    """A Sentry on loopback: its DSN, and what it was told."""
    told: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            import gzip

            body = self.rfile.read(int(self.headers["Content-Length"]))
            zipped = self.headers.get("Content-Encoding") == "gzip"
            told.append(gzip.decompress(body) if zipped else body)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://public@127.0.0.1:{server.server_port}/1", told
    server.shutdown()
    server.server_close()
    thread.join()


def test_t37_sentry_is_told_of_crashes_without_secrets(sentry: tuple[str, list[bytes]]) -> None:
    """T37: the traceback and the route arrive; tokens, bodies, variables and signatures do not."""
    import sentry_sdk

    dsn, told = sentry
    drawn = secrets.token_hex(16)
    store = Store("none", "http://127.0.0.1:1", "eu-west-1", "a", "b", frozenset())
    environment = gateway_environment(store, "bucket") | {"SENTRY_DSN": dsn}
    app = create_app(Settings.from_env(environment))

    def crash() -> Any:
        held = drawn
        raise RuntimeError(f"https://s3/x?X-Amz-Signature={held}")

    app.view_functions["ops.healthz"] = crash
    try:
        answer = app.test_client().get(
            "/healthz?token=in-the-" + "query", headers={"Authorization": f"Bearer {drawn}"}
        )
        sentry_sdk.flush(5)
    finally:
        sentry_sdk.init()
    assert answer.status_code == 500
    assert answer.json["type"] == "/problems/internal-error"
    text = b"".join(told).decode()
    assert "RuntimeError" in text
    assert "/healthz" in text
    assert drawn not in text
    assert "in-the-" + "query" not in text


def test_others_read_while_a_process_begins_to_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files are there whole or not at all: one without a length made /metrics a 500."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    (tmp_path / "counter_0.db").write_bytes(bytes(64))
    seen = []

    def read(*_: object) -> None:
        """What another worker finds at this moment."""
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
        seen.append(generate_latest(registry))

    for name in ("posix_fallocate", "rename", "unlink"):
        monkeypatch.setattr(os, name, _after(read, getattr(os, name)))
    runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    assert len(seen) >= 4
    assert {each.name for each in tmp_path.iterdir()} == {
        "counter_0.db",
        f"counter_{os.getpid()}.db",
        f"histogram_{os.getpid()}.db",
    }


def _after(first: Callable[..., None], act: Callable[..., Any]) -> Callable[..., Any]:
    def both(*args: Any, **named: Any) -> Any:
        first()
        return act(*args, **named)

    return both
