"""Whether the service is up and ready, and what it counts."""

from __future__ import annotations

from flask import Response

from app.api.answers import answer
from app.api.context import services
from app.api.documentation import Blueprint
from app.operations.health import MEMORY_SECONDS
from app.operations.metrics import metrics_answer
from app.schemas.ops import HealthSchema, ReadinessSchema

blp = Blueprint("ops", description="For the person on call", public=True, counted=False)


@blp.route("/healthz", methods=["GET"])
@blp.response(200, HealthSchema)
def healthz() -> Response:
    """Tell that the process is up."""
    return answer({"status": "ok"})


@blp.route("/readyz", methods=["GET"])
@blp.response(200, ReadinessSchema)
@blp.alt_response(503, schema=ReadinessSchema, description="Which check failed")
def readyz() -> Response:
    """Tell whether requests can be served: signing keys loaded, bucket answering."""
    verdict = services.readiness.verdict()
    ready = all(verdict.values())
    document = {
        "status": "ok" if ready else "unavailable",
        "checks": {name: "ok" if holds else "failed" for name, holds in verdict.items()},
    }
    if ready:
        return answer(document)
    return answer(document, 503, {"Retry-After": str(int(MEMORY_SECONDS))})


@blp.route("/metrics", methods=["GET"])
@blp.response(200, {"type": "string"}, content_type="text/plain")
@blp.problems(404)
def metrics() -> Response:
    """Show counts and times in Prometheus' text format.

    Needs `Authorization: Bearer <METRICS_TOKEN>`, or, where none is set, a request from loopback.
    """
    return metrics_answer(services.metrics_token)
