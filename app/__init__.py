"""asset-gateway: browsers upload to and play from S3, each user in their own space."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app import services as services_module
from app.api.authentication import authenticate_requests
from app.api.blueprints import BLUEPRINTS
from app.api.bodies import StrictJSONProvider, read_bodies
from app.api.concurrency import bound_work
from app.api.context import EXTENSION
from app.api.cors import allow_origins
from app.api.documentation import document_api
from app.api.problems import register_problems
from app.api.rate_limits import show_standing
from app.api.routes import Routes
from app.limits.allowance import warn_of_separate_counts
from app.operations.audit import audit
from app.operations.error_reports import report_errors
from app.operations.framework import Application
from app.operations.logs import configure_logging
from app.operations.metrics import observe
from app.operations.perimeter import Perimeter
from app.operations.traced_requests import trace_requests
from app.services import Services
from config import Settings


def create_app(settings: Settings, services: Services | None = None) -> Flask:
    """The WSGI application; ``services`` replaces those that ``settings`` describe."""
    app = Application(__name__, static_folder=None)
    app.json = StrictJSONProvider(app)
    # A path is taken or refused as it is, never redirected to a tidier one (T09).
    app.url_map.merge_slashes = False
    made = app.extensions[EXTENSION] = services or services_module.build(settings)
    configure_logging(settings.log_level)
    warn_of_separate_counts(
        quota=bool(settings.quota_bytes or settings.quota_bytes_by_group),
        processes=settings.web_concurrency,
        shared=bool(settings.redis_url),
    )
    routes = Routes(app)
    _register_hooks(app, routes, made, settings)
    cors_headers = allow_origins(app, settings.cors_origins)
    api = document_api(app, routes)
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
    trace_requests(app)
    app.wsgi_app = Perimeter(app.wsgi_app, cors_headers)  # type: ignore[assignment, method-assign]
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0, x_host=0
        )
    return app


def _register_hooks(app: Flask, routes: Routes, services: Services, settings: Settings) -> None:
    """What runs around every view.

    Before it, in this order: an id and the clock, so that whatever fails next is logged with them;
    who is asking, and whether too often or too much at once, so that refusing costs least; the
    body as a whole, so that nothing is done for one that is cut. After it in reverse: the rate
    limit's headers, on errors as well; the audit line; metrics and the access line last, as they
    tell what was answered. ``Perimeter`` stands around all of it.
    """
    observe(app)
    audit(app)
    register_problems(app)
    report_errors(app, settings.sentry_dsn)
    authenticate_requests(app, routes, services)
    bound_work(app, routes)
    read_bodies(app, routes)
    app.after_request(show_standing)
