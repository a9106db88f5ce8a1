"""Metrics of a process that serves nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, Response
from werkzeug.exceptions import NotFound
from werkzeug.serving import WSGIRequestHandler, make_server

from app.domain import errors
from app.operations.metrics import metrics_answer


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing: our log lines are JSON."""


@contextmanager
def serving_metrics(port: int | None, token: str) -> Iterator[None]:
    """Serve ``/metrics`` (as the gateway does) and ``/healthz`` meanwhile; without a port nothing.

    Raises ``SystemExit`` when the port is taken.
    """
    if port is None:
        yield
        return
    server = make_server(
        "0.0.0.0",  # noqa: S104 - the scraper is elsewhere; without a token only loopback may ask
        port,
        _metrics_app(token),
        threaded=True,
        request_handler=_Silent,
    )
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _metrics_app(token: str) -> Flask:
    app = Flask("app", static_folder=None)

    @app.get("/metrics")
    def metrics() -> Response:
        try:
            return metrics_answer(token)
        except errors.NotFound:
            raise NotFound from None

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    return app
