"""Request bodies: how large, how nested, and what JSON counts as (T40)."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from flask import Flask, Request, g, request
from flask.json.provider import DefaultJSONProvider
from marshmallow import missing
from webargs.flaskparser import FlaskParser

from app.api.routes import Routes
from app.domain.errors import UnsupportedType, ValidationFailed
from app.operations.framework import current

MAX_BODY_BYTES = 64 * 1024
#: Of routes that say ``large_body``.
MAX_LIST_BODY_BYTES = 1024 * 1024


def limit_bodies(app: Flask, routes: Routes) -> None:
    """Refuse bodies that are too large with a 413, before they are read (docs/api.md)."""

    @app.before_request
    def limit_body() -> None:
        asked = current(request)
        large = routes.of(asked.endpoint).large_body
        asked.max_content_length = MAX_LIST_BODY_BYTES if large else MAX_BODY_BYTES


class StrictJSONProvider(DefaultJSONProvider):
    """JSON as RFC 8259 has it: no NaN, no duplicate names, no number beyond a float's range."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Parse ``s``; raises ``ValueError`` for anything a second parser might read otherwise."""
        try:
            return json.loads(
                s,
                parse_constant=_refuse,
                parse_float=_finite,
                object_pairs_hook=_unique,
            )
        except RecursionError:
            raise ValueError("nested too deeply") from None


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("a number is out of range")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return members


class BodyParser(FlaskParser):
    """webargs' parser, strict about what a body is."""

    DEFAULT_VALIDATION_STATUS = 422
    # A query is as strict as its schema: `?acount=true` must not pass for less than was meant.
    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {  # noqa: RUF012 - as its base has it
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": None,
    }

    def load_json(self, req: Request, schema: Any) -> Any:
        """The parsed body, ``missing`` when none was sent.

        Raises ``UnsupportedType`` for a body of another type, ``ValidationFailed`` for bad JSON.
        """
        data = req.get_data(cache=True)
        if not data:
            return missing
        if not req.is_json:
            raise UnsupportedType("Send the body as application/json")
        try:
            # The audit log reads it too.
            g.body = req.json_module.loads(data)
            return g.body
        except ValueError as error:  # UnicodeDecodeError among them
            raise ValidationFailed.at("", f"The body is not valid JSON: {error}") from None
