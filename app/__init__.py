"""asset-gateway: browsers upload to and play from S3, each user in their own space."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from flask import Flask, Request, Response, g, request
from flask_cors.core import get_cors_headers, get_cors_options
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import MapAdapter

from app import services as services_module
from app.api.blueprints import BLUEPRINTS
from app.api.bodies import StrictJSONProvider, limit_bodies
from app.api.context import EXTENSION
from app.api.documentation import document_api
from app.api.problems import register_problems
from app.api.rate_limits import count_caller, count_stranger, show_standing
from app.auth.act_as import HEADER as ACT_AS
from app.auth.act_as import act_as
from app.auth.bearer import BearerProtector
from app.domain.errors import IdentityUnavailable, InvalidToken
from app.domain.principal import Principal
from app.limits.allowance import warn_of_separate_counts
from app.operations.audit import audit
from app.operations.error_reports import report_errors
from app.operations.logs import configure_logging
from app.operations.metrics import current, observe
from app.services import Services
from config import Settings

#: Blueprints whose routes need no token; flask-smorest's own serves /openapi.json and /docs.
PUBLIC_BLUEPRINTS = frozenset({"api-docs", *(blp.name for blp in BLUEPRINTS if blp.public)})
#: Probes ask often, from one address, and must not be turned away.
UNCOUNTED_BLUEPRINTS = frozenset({"ops"})
#: Sent by Uppy; Companion allows them.
UPPY_HEADERS = ("Uppy-Versions", "Uppy-Auth-Token")
EXPOSED_HEADERS = [
    "Location",
    "X-Request-Id",
    "Retry-After",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "WWW-Authenticate",
]


class Application(Flask):
    """Flask without what this service has no use for, and every request would pay for."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Views are never async: Flask would look ten times a request."""
        return func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Routes by the path alone: nothing is ever read from the Host header (T47)."""
        if request is None:
            return super().create_url_adapter(None)
        return MapAdapter(
            self.url_map,
            server_name="",
            script_name=request.root_path,
            subdomain="",
            url_scheme=request.scheme,
            path_info=request.path,
            default_method=request.method,
        )


def create_app(settings: Settings, services: Services | None = None) -> Flask:
    """The WSGI application; ``services`` replaces those that ``settings`` describe."""
    app = Application(__name__, static_folder=None)
    app.json = StrictJSONProvider(app)
    # A path is taken or refused as it is, never redirected to a tidier one (T09).
    app.url_map.merge_slashes = False
    app.extensions[EXTENSION] = services or services_module.build(settings)
    configure_logging(settings.log_level)
    warn_of_separate_counts(
        quota=bool(settings.quota_bytes or settings.quota_bytes_by_group),
        processes=settings.web_concurrency,
        shared=bool(settings.redis_url),
    )
    observe(app)
    audit(app)
    limit_bodies(app)
    register_problems(app)
    report_errors(app, settings.sentry_dsn)
    _authenticate(app)
    _allow_origins(app, settings.cors_origins)
    api = document_api(app)
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0, x_host=0
        )
    return app


def _authenticate(app: Flask) -> None:
    """Ask every request for a token, unless its blueprint is public (T43), and count it (T39)."""
    services: Services = app.extensions[EXTENSION]
    protector = BearerProtector(services.auth.tokens.verify_token)
    app.after_request(show_standing)

    @app.before_request
    def authenticate() -> None:
        asked = current(request)
        blueprint = asked.blueprint
        # A preflight carries no token (Fetch standard).
        if asked.method == "OPTIONS" or blueprint in UNCOUNTED_BLUEPRINTS:
            return
        # An unknown route is a 404 for anybody.
        if blueprint in PUBLIC_BLUEPRINTS or asked.endpoint is None:
            count_stranger(services.limits.rates)
            return
        try:
            protector.authenticate()
        except (InvalidToken, IdentityUnavailable):
            count_stranger(services.limits.rates)
            raise
        count_caller(services.limits.rates)
        if (wanted_sub := asked.headers.get(ACT_AS)) is not None:
            actor: Principal = g.principal
            g.principal = act_as(actor, wanted_sub, services.auth.admin_group)
            g.actor = actor


def _allow_origins(app: Flask, origins: tuple[str, ...]) -> None:
    """CORS for exact origins, on errors too (T38).

    flask-cors decides. What it says of an origin is the same for every request but a preflight, so
    that it is asked once an origin; its extension would ask, and look for patterns, each time.
    """
    options = get_cors_options(
        app,
        {
            # Compiled, as flask-cors takes some texts for patterns and matches their beginning.
            "origins": [re.compile(rf"{re.escape(origin)}\Z") for origin in origins],
            "methods": ["GET", "POST", "PUT", "DELETE", "HEAD"],
            "allow_headers": [
                "Authorization",
                "Content-Type",
                "X-Request-Id",
                *UPPY_HEADERS,
                ACT_AS,
            ],
            "expose_headers": EXPOSED_HEADERS,
            "max_age": 3000,
        },
    )

    @lru_cache(maxsize=256)
    def answers_to(origin: str) -> list[tuple[str, str]]:
        return list(get_cors_headers(options, {"Origin": origin}, "GET").items(multi=True))

    @app.after_request
    def allow_origin(response: Response) -> Response:
        asked = current(request)
        headers = asked.headers
        if origin := headers.get("Origin"):
            if asked.method == "OPTIONS":
                response.headers.extend(get_cors_headers(options, dict(headers), "OPTIONS"))
            else:
                for name, value in answers_to(origin):
                    response.headers.add(name, value)
        return response
