"""asset-gateway: browsers upload to and play from S3, each user in their own space."""

from __future__ import annotations

import re

from flask import Flask, request
from flask_cors import CORS
from werkzeug.middleware.proxy_fix import ProxyFix

from app import services as services_module
from app.api import (
    assets,
    copies,
    deletions,
    links,
    multipart,
    ops,
    playback,
    projects,
    share_links,
    shares,
    uploads,
    versions,
)
from app.api.bodies import StrictJSONProvider, limit_bodies
from app.api.context import EXTENSION
from app.api.documentation import document_api
from app.api.problems import register_problems
from app.auth.bearer import BearerProtector
from app.services import Services
from app.telemetry import configure_logging, observe
from config import Settings

BLUEPRINTS = (
    uploads.blp,
    multipart.blp,
    assets.blp,
    copies.blp,
    deletions.blp,
    versions.blp,
    projects.blp,
    shares.blp,
    share_links.blp,
    links.blp,
    playback.blp,
    ops.blp,
)
#: Blueprints whose routes need no token; flask-smorest's own serves /openapi.json and /docs.
PUBLIC_BLUEPRINTS = frozenset({"api-docs", *(blp.name for blp in BLUEPRINTS if blp.public)})
EXPOSED_HEADERS = [
    "Location",
    "X-Request-Id",
    "Retry-After",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "WWW-Authenticate",
]


def create_app(settings: Settings, services: Services | None = None) -> Flask:
    """The WSGI application; ``services`` replaces those that ``settings`` describe."""
    app = Flask(__name__, static_folder=None)
    app.json = StrictJSONProvider(app)
    # A path is taken or refused as it is, never redirected to a tidier one (T09).
    app.url_map.merge_slashes = False
    app.extensions[EXTENSION] = services or services_module.build(settings)
    configure_logging(settings.log_level)
    observe(app)
    limit_bodies(app)
    register_problems(app)
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
    """Ask every request for a token, unless its blueprint is public (T43)."""
    protector = BearerProtector(app.extensions[EXTENSION].tokens.verify_token)

    @app.before_request
    def authenticate() -> None:
        # A preflight carries no token (Fetch standard); an unknown route is a 404 for anybody.
        if request.method == "OPTIONS" or request.endpoint is None:
            return
        if request.blueprint not in PUBLIC_BLUEPRINTS:
            protector.authenticate()


def _allow_origins(app: Flask, origins: tuple[str, ...]) -> None:
    """CORS for exact origins, on errors too (T38)."""
    CORS(
        app,
        # Compiled, because flask-cors takes some texts for patterns and matches their beginning.
        origins=[re.compile(rf"{re.escape(origin)}\Z") for origin in origins],
        methods=["GET", "POST", "PUT", "DELETE", "HEAD"],
        allow_headers=["Authorization", "Content-Type", "X-Request-Id"],
        expose_headers=EXPOSED_HEADERS,
        max_age=3000,
    )
