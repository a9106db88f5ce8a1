"""The local edge: CloudFront's door before the local store.

It checks signed URLs and signed cookies, forwards what docs/playback.md lets through, answers with
the headers of the real set-up. It keeps nothing itself: each request is read from the store, in
blocks, signed as an origin access control signs it.

Run by gunicorn::

    STACK_FILE=stack.json gunicorn --threads 8 'devstack.edge:create_app()'
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus
from xml.sax.saxutils import escape

import urllib3
from werkzeug.http import parse_cookie

from devstack.account import Stack
from devstack.edge_keys import KeyPair
from devstack.edge_origin import Origin, blocks
from devstack.edge_policies import DENIED, SIGNING_NAMES, PublicKey, Refused, key_group, verify

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

Headers = list[tuple[str, str]]
SANDBOX = (
    "default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'unsafe-inline'; sandbox"
)
#: As the response headers policy of infra/template.yaml has them, but for TLS.
_ALWAYS: Headers = [
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", SANDBOX),
    ("Referrer-Policy", "no-referrer"),
]
_FORWARDED = "response-content-disposition"
_CONDITIONS = ("range", "if-range", "if-match", "if-none-match", "if-modified-since")
_PASSED_BACK = (
    *("content-type", "content-length", "content-range", "content-disposition", "accept-ranges"),
    *("content-encoding", "content-language", "cache-control", "expires", "etag", "last-modified"),
)


class Edge:
    """The WSGI application."""

    def __init__(
        self,
        origin: Origin,
        keys: Mapping[str, PublicKey],
        origins: Sequence[str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``keys`` is the key group, ``origins`` are the pages that may read answers."""
        self._origin = origin
        self._keys = keys
        self._origins = frozenset(origins)
        self._clock = clock

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        head = _ALWAYS + self._cors(environ)
        method = environ["REQUEST_METHOD"]
        if method == "OPTIONS":
            start_response("204 No Content", head)
            return []
        try:
            if method not in ("GET", "HEAD"):
                raise Refused("MethodNotAllowed", "The distribution allows GET and HEAD alone")
            query = self._authorise(environ)
        except Refused as refusal:
            return _refuse(refusal, head, start_response)
        path = str(environ.get("RAW_URI", environ["PATH_INFO"])).partition("?")[0]
        sent = {
            name: value
            for name in _CONDITIONS
            if (value := environ.get(f"HTTP_{name.upper().replace('-', '_')}"))
        }
        try:
            found = self._origin.open(method, path, query, sent)
        except urllib3.exceptions.HTTPError:
            unreachable = Refused("BadGateway", "The origin cannot be reached")
            return _refuse(unreachable, head, start_response, "502 Bad Gateway")
        status = HTTPStatus(found.status)
        passed = [(n.title(), found.headers[n]) for n in _PASSED_BACK if n in found.headers]
        start_response(f"{status.value} {status.phrase}", passed + head)
        return blocks(found)

    def _authorise(self, environ: dict[str, Any]) -> str:
        """The query to forward. Raises Refused unless the URL or the cookies allow the request."""
        raw_query = environ.get("QUERY_STRING", "")
        pairs = [pair.partition("=") for pair in raw_query.split("&") if pair]
        own = [f"{n}{eq}{v}" for n, eq, v in pairs if n not in SIGNING_NAMES]
        in_query = [(name, unquote_plus(v)) for name, _, v in pairs if name in SIGNING_NAMES]
        signed = dict(in_query)
        if len(signed) < len(in_query):
            raise Refused(*DENIED)
        if not signed:
            cookies = parse_cookie(environ)
            signed = {
                name: cookies[f"CloudFront-{name}"]
                for name in SIGNING_NAMES
                if f"CloudFront-{name}" in cookies
            }
        path = str(environ.get("RAW_URI", environ["PATH_INFO"])).partition("?")[0]
        url = f"{environ['wsgi.url_scheme']}://{environ.get('HTTP_HOST', '')}{path}"
        if own:
            url += f"?{'&'.join(own)}"
        policy = verify(signed, url, self._keys)
        policy.check(url, environ.get("REMOTE_ADDR", ""), self._clock())
        # What a wildcard covers was not looked at by whoever signed it.
        exact = policy.resource == url
        return "&".join(p for p in own if exact and p.partition("=")[0] == _FORWARDED)

    def _cors(self, environ: dict[str, Any]) -> Headers:
        origin = environ.get("HTTP_ORIGIN", "")
        if origin not in self._origins:
            return [("Vary", "Origin")]
        return [
            ("Vary", "Origin"),
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Allow-Credentials", "true"),
            ("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"),
            ("Access-Control-Allow-Headers", "Range, If-Range, If-None-Match"),
            ("Access-Control-Expose-Headers", "ETag, Accept-Ranges, Content-Range"),
            ("Access-Control-Max-Age", "3000"),
        ]


def _refuse(
    refusal: Refused, head: Headers, start_response: StartResponse, status: str = "403 Forbidden"
) -> Iterable[bytes]:
    """A refusal as CloudFront words it; never kept, for the next try may be allowed."""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f"<Error><Code>{refusal.code}</Code><Message>{escape(refusal.message)}</Message></Error>"
    ).encode()
    own = [
        ("Content-Type", "text/xml"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
    ]
    start_response(status, own + head)
    return [body]


def describe(stack: Stack, pairs: Iterable[KeyPair], origins: Iterable[str]) -> dict[str, Any]:
    """The settings of an edge before ``stack``, as JSON: what :func:`make` takes."""
    return {
        "origin": {
            "endpoint": stack.endpoint,
            "region": stack.region,
            "bucket": stack.bucket,
            "keys": [stack.access_key_id, stack.secret_access_key],
        },
        "key_group": {pair.key_pair_id: pair.public_key for pair in pairs},
        "origins": list(origins),
    }


def make(description: Mapping[str, Any]) -> Edge:
    """The edge of a description."""
    return Edge(
        Origin(**description["origin"]),
        key_group(description["key_group"]),
        description["origins"],
    )


def create_app() -> WSGIApplication:
    """Build the edge from the file that ``STACK_FILE`` names."""
    return make(json.loads(Path(os.environ["STACK_FILE"]).read_text())["edge"])
