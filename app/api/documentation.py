"""The OpenAPI document, and the pages that show it without asking another host."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from http import HTTPStatus
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from flask import Flask, Response, send_from_directory, url_for

from app.api.bodies import BodyParser
from app.api.next_calls import links_of
from app.api.routes import RouteFacts, Routes
from app.auth.act_as import HEADER as ACT_AS
from app.operations.framework import LateApi, SchemaOnce
from app.schemas.problems import ProblemSchema

VERSION = "0.2.0"
_DESCRIPTION = f"""\
Browsers upload to and play from S3, safely, each user in their own space. The gateway verifies
Cognito tokens and signs; the bytes move between browser and S3 or CloudFront.

Sign requests with `Authorization: Bearer <Cognito token>`. Errors are problem documents (RFC 9457).
A caller in `ADMIN_GROUP` may add `{ACT_AS}: <sub>` to any call; from anybody else it is a 403.
"""
#: What every route with a token may answer.
_ALWAYS = (401, 403, 429, 502, 503)


class Blueprint(SchemaOnce):
    """A resource."""

    ARGUMENTS_PARSER = BodyParser()

    def __init__(self, name: str, *, description: str, **facts: bool) -> None:
        """``facts`` are those of ``RouteFacts``, for all routes that do not say otherwise."""
        super().__init__(name, f"app.api.{name}", description=description)
        self._common = RouteFacts(**facts)
        #: By endpoint.
        self.facts: dict[str, RouteFacts] = {}
        self._prepare_doc_cbks += [self._prepare_security, self._prepare_links]

    def route(self, rule: str, *, methods: list[str], **facts: bool) -> Any:
        """flask-smorest's; ``facts`` are those of ``RouteFacts``."""
        register = super().route(rule, methods=methods)

        def decorator(view: Callable[..., Response]) -> Callable[..., Response]:
            endpoint = f"{self.name}.{view.__name__}"
            self.facts[endpoint] = replace(self._common, **facts)
            registered: Callable[..., Response] = register(view)
            return registered

        return decorator

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
        self, doc: dict[str, Any], doc_info: dict[str, Any], *, spec: Any, **_context: Any
    ) -> dict[str, Any]:
        """Add the bearer scheme, and the problems that come with a token or with input."""
        view = doc_info["manual_doc"]["operationId"]
        if self.facts[f"{self.name}.{view}"].public:
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


class Api(LateApi):
    """flask-smorest without its error renderer, as ``problems.py`` is the only one."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def __init__(self, app: Flask, routes: Routes) -> None:
        super().__init__(app)
        self._routes = routes
        # flask-smorest's own: the document and its pages.
        routes.add(dict.fromkeys(app.view_functions, RouteFacts(public=True)))

    def register_blueprint(self, blp: Blueprint, **options: Any) -> None:
        """As the base does; the hooks learn what is special about the routes."""
        super().register_blueprint(blp, **options)
        self._routes.add(blp.facts)

    def _openapi_swagger_ui(self) -> Response:
        page = super()._openapi_swagger_ui()
        return Response(page, headers={"Content-Security-Policy": _page_policy(page)})

    def _register_error_handlers(self) -> None:
        """Left to ``register_problems``."""


def document_api(app: Flask, routes: Routes) -> Api:
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

    @app.get("/", endpoint="api-docs.index")
    def index() -> Response:
        return Response(status=302, headers={"Location": url_for("api-docs.openapi_swagger_ui")})

    @app.get("/docs/assets/<path:name>", endpoint="api-docs.assets")
    def swagger_ui_asset(name: str) -> Response:
        return send_from_directory(swagger_ui, name, max_age=86_400)

    return Api(app, routes)


def _page_policy(page: str) -> str:
    """Swagger UI runs from here alone, and asks here alone. Its styles stand in elements."""
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digests = (b64encode(sha256(script.encode()).digest()).decode() for script in scripts)
    inline = "".join(f" 'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src 'self'{inline}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


def _problem_response(status: int) -> dict[str, Any]:
    return {
        "description": HTTPStatus(status).phrase,
        "content_type": "application/problem+json",
        "schema": ProblemSchema,
    }
