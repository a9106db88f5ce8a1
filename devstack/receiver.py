"""A back end that is told of assets: takes webhooks, and shows them live.

``POST /webhook`` takes what is signed with ``WEBHOOK_SECRET``. ``GET /events?sub=…`` is a stream of
server-sent events, one ``asset`` for each webhook about that user, the last ones first told again;
``GET /events.json?sub=…&after=N`` is the same list for who would rather ask.

Run by gunicorn with one worker, for it remembers in its process.
"""

from __future__ import annotations

import json
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from standardwebhooks import Webhook, WebhookVerificationError
from werkzeug.exceptions import BadRequest, HTTPException, MethodNotAllowed, NotFound
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

KEPT = 500
MAX_BODY_BYTES = 64 * 1024
HEARTBEAT_SECONDS = 10.0


class Receiver:
    """Remembers the last events, each id once, numbered from 1."""

    def __init__(self, secrets: Iterable[str], origins: Iterable[str]) -> None:
        self._verifiers = [Webhook(secret) for secret in secrets]
        self._origins = frozenset(origins)
        self._events: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._ids: set[str] = set()
        self._changed = threading.Condition()
        self._count = 0

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = MAX_BODY_BYTES
        try:
            answer = self._answer(request)
        except HTTPException as error:
            answer = Response.force_type(error.get_response(environ), environ)
        origin = request.headers.get("Origin")
        if origin in self._origins:
            answer.headers["Access-Control-Allow-Origin"] = origin
        answer.headers["Vary"] = "Origin"
        return answer(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.path == "/webhook":
            return self._take(request)
        if request.path not in ("/events", "/events.json"):
            raise NotFound
        if request.method not in ("GET", "HEAD"):
            raise MethodNotAllowed(["GET", "HEAD"])
        sub = request.args.get("sub", "")
        after = _number(request.headers.get("Last-Event-ID") or request.args.get("after", ""))
        if request.path == "/events.json":
            answer = Response(
                json.dumps({"events": self._since(after, sub)}), mimetype="application/json"
            )
        else:
            answer = Response(self._stream(after, sub), mimetype="text/event-stream")
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _take(self, request: Request) -> Response:
        if request.method != "POST":
            raise MethodNotAllowed(["POST"])
        document = self._verify(request.get_data(), dict(request.headers))
        event_id = request.headers["webhook-id"]
        with self._changed:
            if event_id not in self._ids:
                self._ids.add(event_id)
                self._count += 1
                self._events.append({"number": self._count, "id": event_id, **document})
                self._changed.notify_all()
        return Response(status=204)

    def _verify(self, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        for verifier in self._verifiers:
            try:
                document: dict[str, Any] = verifier.verify(body, headers)
                return document
            except (WebhookVerificationError, ValueError):
                continue
        raise BadRequest("no signature of ours")

    def _since(self, number: int, sub: str) -> list[dict[str, Any]]:
        with self._changed:
            return [
                event
                for event in self._events
                if event["number"] > number and event["data"]["sub"] == sub
            ]

    def _stream(self, number: int, sub: str) -> Iterator[str]:
        yield ": asset events\n\n"
        while True:
            found = self._since(number, sub)
            for event in found:
                number = event["number"]
                yield f"id: {number}\nevent: asset\ndata: {json.dumps(event)}\n\n"
            if found:
                continue
            with self._changed:
                changed = self._changed.wait(HEARTBEAT_SECONDS)
            if not changed:
                yield ": still here\n\n"  # also how we learn that nobody listens any more


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def create_app() -> WSGIApplication:
    """Build the receiver from ``WEBHOOK_SECRET`` and the page's origins in ``CORS_ORIGINS``."""
    return Receiver(
        os.environ["WEBHOOK_SECRET"].split(), os.environ.get("CORS_ORIGINS", "").split(",")
    )
