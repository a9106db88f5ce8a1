"""Crashes to Sentry, if ``SENTRY_DSN`` is set; otherwise nothing of it is imported.

What leaves the process is the traceback and the route: no bodies, headers, cookies, query strings
or local variables, and every text is redacted as log lines are (T37).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, g, request

from app.operations.logs import redact

_LEFT_OUT = ("request", "user", "breadcrumbs", "extra", "server_name", "modules")


def report_errors(app: Flask, dsn: str) -> None:
    """Report what ends as a 500, before it is rendered; nothing without ``dsn``.

    Called once the application's own handlers are registered: one for every exception hides them
    from the integration that Sentry brings for Flask.
    """
    if not dsn:
        return
    import sentry_sdk

    sentry_sdk.init(
        dsn=dsn,
        # They wrap libraries that carry signed URLs, and read log lines.
        default_integrations=False,
        auto_enabling_integrations=False,
        before_send=_stripped,
        include_local_variables=False,
        max_breadcrumbs=0,
        auto_session_tracking=False,
    )
    render = app.error_handler_spec[None][None][Exception]

    def report(error: Exception) -> Any:
        with sentry_sdk.new_scope() as scope:
            # The rule, never the URL: paths hold upload ids and share tokens.
            scope.set_tag("route", request.url_rule.rule if request.url_rule else "unmatched")
            scope.set_tag("request_id", g.get("request_id", ""))
            scope.capture_exception(error)
        return render(error)

    app.register_error_handler(Exception, report)


def _stripped(event: Any, _hint: Mapping[str, Any]) -> Any:
    kept = {name: value for name, value in event.items() if name not in _LEFT_OUT}
    return _redacted(kept)


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {name: _redacted(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(each) for each in value]
    return value
