"""The audit log: who did what to which path, when, from where, and what came of it.

One JSON object a line on standard output, whose ``logger`` is ``gateway.audit``, whatever
``LOG_LEVEL`` says. Views need do nothing: paths are taken from the address, the query and the body;
``concerns`` adds those that only a view knows, as a signed upload id names no path.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flask import Flask, Request, Response, g, request

from app.operations.framework import current
from app.operations.logs import redact, write_line

#: Where a request names what it is about; upload ids and share tokens are never among them.
_NAMES = (
    *("path", "key", "prefix", "project_id", "kind"),
    *("share_id", "upload_request_id", "version_id"),
)
_MAX_CHARS = 1100
#: What collectors of logs take as one line; some 200 paths.
_MAX_PATHS_BYTES = 12 * 1024


def concerns(*paths: str) -> None:
    """Say which paths the current request is about."""
    g.setdefault("concerns", []).extend(paths)


def audit(app: Flask) -> None:
    """Write a line for every request of a known caller, and for every one that ``concerns``."""

    @app.after_request
    def write(response: Response) -> Response:
        context = current(g)
        if "principal" in context or "concerns" in context:
            write_line(_line(current(request), context, response.status_code))
        return response


def _line(request: Request, context: Any, status: int) -> dict[str, Any]:
    principal, actor = context.get("principal"), context.get("actor")
    who = actor or principal
    refused = status >= 400
    line = {
        "logger": "gateway.audit",
        "request_id": context.get("request_id"),
        "sub": who.sub if who else None,
        "acted_as": principal.sub if actor else None,
        "client_id": who.client_id if who else None,
        "address": request.remote_addr,
        "action": request.endpoint,
        "method": request.method,
        "outcome": "failed" if status >= 500 else "refused" if refused else "done",
        "status": status,
        **_named(request, context, refused),
    }
    if actor is None and (wanted_sub := context.get("wanted_sub")) is not None:
        line["tried_to_act_as"] = redact(wanted_sub[:128])
    return line


def _named(request: Request, context: Any, refused: bool) -> dict[str, Any]:
    """What the request is about. What was refused may be anything, so it is cut and redacted."""
    body = context.get("body")
    # The address first: what else a client adds to the query must not stand for it.
    sources: list[Mapping[str, Any]] = [request.view_args or {}]
    if isinstance(body, Mapping):
        sources.append(body)
    if request.query_string:
        sources.append(request.args)
    named: dict[str, Any] = {}
    for source in sources:
        # A view need not look at the query, so that anything may stand there.
        unchecked = refused or source is request.args
        # Werkzeug's mappings pay for each name that is looked up in vain.
        for name in (name for name in _NAMES if name in source and name not in named):
            if isinstance(value := source[name], str):
                named[name] = _shown(value, unchecked)
    paths = [*_texts(body.get("paths") if isinstance(body, Mapping) else None)]
    if paths := [*context.get("concerns", ()), *paths]:
        named["paths"] = shown = [*_first(paths, refused)]
        if len(shown) < len(paths):
            named["paths_count"] = len(paths)
    return named


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        yield from (each for each in value if isinstance(each, str))


def _first(paths: Iterable[str], unchecked: bool) -> Iterator[str]:
    """As many as fit into a line; at least one."""
    left = _MAX_PATHS_BYTES
    for path in paths:
        shown = _shown(path, unchecked)
        left -= len(shown) if shown.isascii() else len(json.dumps(shown))
        yield shown
        if left <= 0:
            return


def _shown(text: str, unchecked: bool) -> str:
    cut = text[:_MAX_CHARS]
    return redact(cut) if unchecked else cut
