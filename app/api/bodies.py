"""Request bodies: how large, how nested, how framed, and what JSON counts as (T40, T57)."""

from __future__ import annotations

import json
import re
from io import BytesIO
from typing import TYPE_CHECKING, Any, NoReturn

from flask import Flask, Request, g, request
from flask.json.provider import DefaultJSONProvider
from marshmallow import missing
from webargs.flaskparser import FlaskParser

from app.api.routes import Routes
from app.domain.errors import Problem, TooLarge, UnsupportedType, ValidationFailed
from app.operations.framework import current
from app.operations.framing import MAX_BODY_BYTES as MAX_LIST_BODY_BYTES
from app.schemas.faults import schema_problem

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MAX_BODY_BYTES = 64 * 1024
#: Of one object. What any route reads has fewer, and each unknown one would be a fault to be told.
MAX_NAMES = 1000
_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)


class MalformedBody(Problem):
    status = 400
    slug = "http-error"
    title = "Bad Request"


def read_bodies(app: Flask, routes: Routes) -> None:
    """Read the body of every request as a whole, before anything is done for it (T57). What is too
    large is a 413 (docs/api.md).

    Werkzeug takes what it gets of a body that ends too early, or that is over its limit without
    having said so, for all of it; and only where a view reads it.
    """

    @app.before_request
    def read_body() -> None:
        asked = current(request)
        environ = asked.environ
        if environ.get("CONTENT_LENGTH") or "HTTP_TRANSFER_ENCODING" in environ:
            large = routes.of(asked.endpoint).large_body
            body = _body(environ, MAX_LIST_BODY_BYTES if large else MAX_BODY_BYTES)
            environ["wsgi.input"] = BytesIO(body)
            g.raw_body = body


def _body(environ: WSGIEnvironment, limit: int) -> bytes:
    """Raises ``TooLarge``, unread where its length says so, and ``MalformedBody``."""
    declared = environ.get("CONTENT_LENGTH")
    length = None
    if declared:
        if not _LENGTH.fullmatch(declared):
            raise MalformedBody("Content-Length is not a number of bytes")
        length = int(declared)
        if length > limit:
            raise _too_large(limit)
    elif not environ.get("wsgi.input_terminated"):
        raise MalformedBody("Send the body with a Content-Length")
    body, wanted = b"", limit + 1 if length is None else length
    while len(body) < wanted:
        try:
            more = environ["wsgi.input"].read(wanted - len(body))
        except Exception as error:  # whatever a server's reader of chunks raises
            raise MalformedBody("The body is malformed or ended too early") from error
        if not more:
            break
        body += more
    if length is None and len(body) > limit:
        raise _too_large(limit)
    if length is not None and len(body) < length:
        raise MalformedBody(f"The body ended after {len(body):,} of {length:,} bytes")
    return body


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"A body can have up to {limit:,} bytes here")


class StrictJSONProvider(DefaultJSONProvider):
    """JSON as RFC 8259 has it: no NaN, no duplicate names, no number beyond a float's range. An
    object has at most ``MAX_NAMES`` names."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Parse ``s``; raises ``ValueError`` for anything a second parser might read otherwise."""
        # The library guesses an encoding. A mark at the beginning may be passed over (§8.1).
        text = s.decode("utf-8-sig") if isinstance(s, bytes) else s
        try:
            return json.loads(
                text,
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
    if len(pairs) > MAX_NAMES:
        raise ValueError(f"an object has more than {MAX_NAMES:,} names")
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

    def load_querystring(self, req: Request, schema: Any) -> Any:
        """The parameters. Raises ``ValidationFailed`` for one that is there twice."""
        for name, values in req.args.lists():
            if len(values) > 1:
                raise schema_problem({name: ["Is given more than once."]})
        return super().load_querystring(req, schema)

    def load_json(self, req: Request, schema: Any) -> Any:
        """The parsed body, ``missing`` when none was sent.

        Raises ``UnsupportedType`` for a body of another type, ``ValidationFailed`` for bad JSON.
        """
        if not (data := g.get("raw_body")):
            return missing
        if not req.is_json:
            raise UnsupportedType("Send the body as application/json")
        try:
            # The audit log reads it too.
            g.body = req.json_module.loads(data)
            return g.body
        except ValueError as error:  # UnicodeDecodeError among them
            raise ValidationFailed.at("", f"The body is not valid JSON: {error}") from None
