"""The OpenAPI document, and the pages that show it without asking another host."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http import HTTPStatus
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import flask_smorest
from flask import Flask, Response, send_from_directory
from flask_smorest.blueprint import Blueprint as SmorestBlueprint
from marshmallow import Schema

from app.api.bodies import BodyParser
from app.api.next_calls import links_of
from app.schemas.problems import ProblemSchema

VERSION = "0.1.0"
_DESCRIPTION = """\
Browsers upload to and play from S3, safely, each user in their own space. The gateway verifies
Cognito tokens and signs; the bytes move between browser and S3 or CloudFront.

Sign requests with `Authorization: Bearer <Cognito token>`. Errors are problem documents (RFC 9457).
A caller in `ADMIN_GROUP` may add `X-Act-As-Sub: <sub>` to any call; from anybody else it is a 403.
"""
#: What every route with a token may answer.
_ALWAYS = (401, 403, 429, 502, 503)


class Blueprint(SmorestBlueprint):  # type: ignore[misc]  # flask-smorest has no types
    """A resource. Its routes need a token unless it is ``public``."""

    ARGUMENTS_PARSER = BodyParser()

    def __init__(self, name: str, *, description: str, public: bool = False, **_: bool) -> None:
        super().__init__(name, f"app.api.{name}", description=description)
        self.public = public
        self._prepare_doc_cbks += [self._prepare_security, self._prepare_links]

    def route(self, rule: str, *, methods: list[str], **_: bool) -> Any:
        return super().route(rule, methods=methods)

    def arguments(self, schema: type[Schema], **options: Any) -> Any:
        """flask-smorest's, with one schema object for all requests: webargs makes one for each
        otherwise, which costs more than reading the input with it."""
        return super().arguments(schema(), **options)

    @staticmethod
    def problems(*statuses: int) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
        """Document the problems of one view, besides those that all have."""

        def decorator(view: Callable[..., Response]) -> Callable[..., Response]:
            documented = vars(view).setdefault("_apidoc", {}).setdefault("response", {})
            responses = documented.setdefault("responses", {})
            for status in statuses:
                responses[status] = [_problem_response(status)]
            return view

        return decorator

    def _prepare_security(
        self, doc: dict[str, Any], _doc_info: dict[str, Any], *, spec: Any, **_context: Any
    ) -> dict[str, Any]:
        """Add the bearer scheme, and the problems that come with a token or with input."""
        if self.public:
            return {**doc, "security": []}
        documented = doc.setdefault("responses", {})
        statuses = {*_ALWAYS}
        if "requestBody" in doc:
            statuses |= {413, 415}
        if "parameters" in doc or "requestBody" in doc:
            statuses.add(422)
            # flask-smorest's own entry knows nothing of problem documents.
            documented.pop(422, None)
        for status in statuses - {int(known) for known in documented}:
            response = _problem_response(status)
            content_type = response.pop("content_type")
            response["content"] = {content_type: {"schema": response.pop("schema")}}
            documented[str(status)] = response
        return doc

    @staticmethod
    def _prepare_links(
        doc: dict[str, Any], doc_info: dict[str, Any], **_context: Any
    ) -> dict[str, Any]:
        """Say what each answer leads to."""
        for status, links in links_of(doc_info["manual_doc"]["operationId"]).items():
            doc["responses"][status]["links"] = links
        return doc

    def _store_endpoint_docs(self, endpoint: str, *args: Any, **options: Any) -> None:
        super()._store_endpoint_docs(endpoint, *args, **options)
        for documented in self._docs[endpoint].values():
            if isinstance(documented, dict):
                documented.setdefault("manual_doc", {}).setdefault("operationId", endpoint)


class Api(flask_smorest.Api):  # type: ignore[misc]
    """flask-smorest without its error renderer, as ``problems.py`` is the only one, and with a
    document that is written when somebody first asks for it: a tenth of the time to start."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def __init__(self, app: Flask) -> None:
        self._undocumented: list[Blueprint] = []
        self._writing = threading.Lock()
        super().__init__(app)

    def register_blueprint(self, blp: Blueprint, **options: Any) -> None:
        """As the base does, but for the document."""
        self._app.register_blueprint(blp, **options)
        self._undocumented.append(blp)

    def _openapi_json(self) -> Response:
        with self._writing:
            while self._undocumented:
                blp = self._undocumented.pop(0)
                blp.register_views_in_doc(
                    self, self._app, self.spec, name=blp.name, parameters=None
                )
                self.spec.tag({"name": blp.name, "description": blp.description})
        answer: Response = super()._openapi_json()
        return answer

    def _register_error_handlers(self) -> None:
        """Left to ``register_problems``."""


def document_api(app: Flask) -> Api:
    """Serve ``/openapi.json`` and ``/docs``; the answer registers blueprints."""
    app.config |= {
        "API_TITLE": "asset-gateway",
        "API_VERSION": VERSION,
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": "/",
        "OPENAPI_JSON_PATH": "openapi.json",
        "OPENAPI_SWAGGER_UI_PATH": "docs",
        "OPENAPI_SWAGGER_UI_URL": "/docs/assets/",
        "API_SPEC_OPTIONS": {
            "info": {"description": _DESCRIPTION},
            "components": {
                "securitySchemes": {
                    "cognito": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
                }
            },
            "security": [{"cognito": []}],
        },
    }
    with as_file(files("flask_swagger_ui") / "dist") as folder:
        swagger_ui = Path(folder)

    @app.get("/docs/assets/<path:name>", endpoint="api-docs.assets")
    def swagger_ui_asset(name: str) -> Response:
        return send_from_directory(swagger_ui, name, max_age=86_400)

    return Api(app)


def _problem_response(status: int) -> dict[str, Any]:
    return {
        "description": HTTPStatus(status).phrase,
        "content_type": "application/problem+json",
        "schema": ProblemSchema,
    }
