"""An actor: the back end that is told, on a port of this machine."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


@dataclass(frozen=True)
class Delivery:
    """One request, as it came; ``status`` is what it was answered with."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    def verify(self, secret: str = SECRET) -> dict[str, Any]:
        return dict(Webhook(secret).verify(self.body, dict(self.headers)))


class Backend(ThreadingHTTPServer):
    """Remembers every request; ``answer`` decides each one's status (and may take its time)."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.deliveries: list[Delivery] = []
        self.answer: Callable[[str], int] = lambda _event_id: 204
        self.answer_headers: dict[str, str] = {}
        self._changed = threading.Condition()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def note(self, delivery: Delivery) -> None:
        with self._changed:
            self.deliveries.append(delivery)
            self._changed.notify_all()

    def taken(self) -> list[Delivery]:
        """What was answered with a 2xx."""
        with self._changed:
            return [found for found in self.deliveries if found.status < 300]

    def wait_for(self, holds: Callable[[list[Delivery]], bool], seconds: float = 30) -> None:
        """Until the deliveries are as ``holds`` says; fails when they never are."""
        with self._changed:
            if not self._changed.wait_for(lambda: holds(self.deliveries), seconds):
                told = [(found.event["type"], found.status) for found in self.deliveries]
                raise AssertionError(f"after {seconds} s: {told[:20]} ({len(told)} in all)")

    def wait_for_types(self, *types: str, seconds: float = 30) -> list[dict[str, Any]]:
        """The events that were taken, once they are of these types, in whatever order."""

        def holds(deliveries: list[Delivery]) -> bool:
            found = {d.id: d.event["type"] for d in deliveries if d.status < 300}
            return sorted(found.values()) == sorted(types)

        self.wait_for(holds, seconds)
        return [found.event for found in {d.id: d for d in self.taken()}.values()]


class _Handler(BaseHTTPRequestHandler):
    server: Backend
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): text for name, text in self.headers.items()}
        status = self.server.answer(headers.get("webhook-id", ""))
        self.server.note(Delivery(self.path, headers, body, status))
        self.send_response(status)
        for name, text in self.server.answer_headers.items():
            self.send_header(name, text)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def running_backend(port: int = 0, tls: ssl.SSLContext | None = None) -> Iterator[Backend]:
    """A back end on a free port, or on ``port``; with ``tls`` by HTTPS."""
    backend = Backend(port)
    if tls:
        backend.socket = tls.wrap_socket(backend.socket, server_side=True)
    thread = threading.Thread(target=backend.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield backend
    finally:
        backend.shutdown()
        thread.join()
        backend.server_close()
