"""What the views stand on: the services of the application, and the caller's root."""

from __future__ import annotations

from flask import current_app
from werkzeug.local import LocalProxy

from app.auth.bearer import current_principal
from app.domain.paths import Root
from app.domain.principal import Principal
from app.operations.framework import current
from app.services import Services

EXTENSION = "asset-gateway"

# As Flask types its own proxies: what readers use is what stands behind it.
services: Services = LocalProxy(lambda: current_app.extensions[EXTENSION])  # type: ignore[assignment]


def caller() -> Principal:
    """Who is asking: the principal itself, as use cases have threads of their own."""
    return current(current_principal)


def caller_root() -> Root:
    """``users/{sub}/`` of whoever is asking."""
    return Root(caller().sub)
