"""Who is asking: every request needs a token unless its route is public (T43)."""

from __future__ import annotations

from functools import lru_cache

from flask import Flask, g, request
from prometheus_client import Counter

from app.api.rate_limits import count_caller, count_stranger
from app.api.routes import Routes
from app.auth.act_as import HEADER as ACT_AS
from app.auth.act_as import act_as
from app.auth.bearer import BearerProtector
from app.domain.errors import IdentityUnavailable, InsufficientScope, InvalidToken
from app.domain.principal import Principal
from app.operations.framework import current
from app.services import Services

VERDICTS = Counter("gateway_token_verdicts", "Requests by what their token was worth", ["verdict"])
_verdicts = lru_cache(8)(VERDICTS.labels)


def authenticate_requests(app: Flask, routes: Routes, services: Services) -> None:
    """Set ``g.principal`` to the caller, or to whom an administrator or a back end acts for; count
    both kinds of callers against their limits (T39)."""
    protector = BearerProtector(services.auth.tokens.verify_token)

    @app.before_request
    def authenticate() -> None:
        asked = current(request)
        facts = routes.of(asked.endpoint)
        # A preflight carries no token (Fetch standard).
        if asked.method == "OPTIONS":
            return
        # An unknown route is a 404 for anybody.
        if facts.public or asked.endpoint is None:
            if facts.counted:
                count_stranger(services.limits.rates)
            return
        try:
            protector.authenticate()
        except (InvalidToken, IdentityUnavailable) as problem:
            refused = isinstance(problem, InvalidToken)
            _verdicts("refused" if refused else "undecided").inc()
            count_stranger(services.limits.rates, with_bad_token=True)
            raise
        except InsufficientScope:
            _verdicts("insufficient").inc()
            raise
        wanted_sub = g.wanted_sub = asked.headers.get(ACT_AS)
        count_caller(services.limits.rates, signing=facts.signing)
        if wanted_sub is not None or g.principal.is_service:
            _change_to(wanted_sub, services.auth.admin_group)
        _verdicts("accepted").inc()


def _change_to(wanted_sub: str | None, admin_group: str) -> None:
    actor: Principal = g.principal
    try:
        g.principal = act_as(actor, wanted_sub, admin_group)
    except InsufficientScope:
        _verdicts("insufficient").inc()
        raise
    g.actor = actor
