"""The only place that renders an error: RFC 9457 problem details, whatever went wrong."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException, UnprocessableEntity
from werkzeug.http import HTTP_STATUS_CODES

from app.api.routes import EXTENSION, Routes
from app.auth.bearer import challenge
from app.domain.errors import NotFound, Problem
from app.operations.framework import FinalResponse, current, encode_json
from app.operations.logs import log
from app.schemas.faults import schema_problem


def register_problems(app: Flask) -> None:
    """Render every exception of ``app`` as a problem document."""
    app.register_error_handler(Problem, render_problem)
    app.register_error_handler(HTTPException, _render_http_error)
    app.register_error_handler(Exception, _render_bug)


def problem_document(problem: Problem) -> dict[str, Any]:
    """``problem`` as JSON."""
    document: dict[str, Any] = {
        "type": f"/problems/{problem.slug}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "request_id": g.get("request_id"),
        **problem.extensions,
    }
    routes: Routes = current_app.extensions[EXTENSION]
    if routes.speaks_companion(current(request)):
        # What Companion's errors hold, and Uppy shows.
        document |= {"message": problem.detail, "error": problem.detail}
    if problem.errors:
        document["errors"] = [
            {"pointer": fault.pointer, "detail": fault.detail} for fault in problem.errors
        ]
    return document


def render_problem(problem: Problem) -> Response:
    """The answer to a ``Problem``, with the headers that belong to it."""
    response = FinalResponse(
        encode_json(problem_document(problem)),
        problem.status,
        [("Cache-Control", "no-store")],
        content_type="application/problem+json",
    )
    if problem.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(problem.retry_after_seconds)
    if authenticate := challenge(problem):
        response.headers["WWW-Authenticate"] = authenticate
    if problem.status >= 500 and problem.__cause__ is not None:
        log.warning("upstream fault", slug=problem.slug, exc_info=problem)
    return response


def _render_http_error(error: HTTPException) -> Response:
    """Errors of Werkzeug (routing, parsing) and of webargs (a schema's findings)."""
    if isinstance(error, UnprocessableEntity):
        messages = (getattr(error, "data", None) or {}).get("messages", {})
        # webargs has them by where they came from, of which there is one.
        return render_problem(schema_problem([*messages.values()]))
    if error.code == NotFound.status:
        return render_problem(NotFound("There is no such route"))
    response = error.get_response()
    status = response.status_code
    plain = Problem(
        f"{HTTP_STATUS_CODES.get(status, 'Error')}: {request.method} is not possible here"
    )
    plain.status = status
    plain.slug, plain.title = "http-error", HTTP_STATUS_CODES.get(status, "Error")
    rendered = render_problem(plain)
    if allow := response.headers.get("Allow"):
        rendered.headers["Allow"] = allow
    return rendered


def _render_bug(error: Exception) -> Response:
    log.error("unhandled exception", exc_info=error)
    return render_problem(Problem())
