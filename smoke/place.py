"""Where the journey goes: a gateway, the AWS side behind it, and what the journey sees of both."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import urllib3
from standardwebhooks import Webhook, WebhookVerificationError

from config import Settings

ORIGIN = "https://smoke.example.com"
_HTTP = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(connect=10, read=60))
#: Between two looks at what takes its time.
_PAUSE_SECONDS = 0.2


class Unexpected(Exception):
    """Something is not as it should be; the message is for the report, so holds no secret."""


@dataclass(frozen=True)
class Place:
    """``s3`` and ``cloudwatch`` are the operator's own boto3 clients, the latter of each region
    with alarms; ``simulated`` names what is a stand-in here, empty on AWS."""

    gateway: str
    token: str = field(repr=False)
    sub: str
    settings: Settings = field(repr=False)
    s3: Any
    told: Told
    simulated: str = ""
    cloudwatch: tuple[Any, ...] = ()
    patience_seconds: float = 120

    @property
    def bucket(self) -> str:
        return self.settings.s3_bucket_name

    def api(self, method: str, path: str, body: Any = None, *, expect: int = 200) -> Any:
        """The JSON of a call to the gateway as the user. Raises ``Unexpected``."""
        headers = {"authorization": f"Bearer {self.token}"}
        answer = ask(method, f"{self.gateway}{path}", body=body, headers=headers)
        if answer.status != expect:
            said = json.loads(answer.data or b"{}").get("type", "") if answer.data else ""
            route = "/".join(path.split("?")[0].split("/")[:3])
            raise Unexpected(f"{method} {route} is {answer.status} {said}, not {expect}")
        return json.loads(answer.data) if answer.data else None

    def upload(self, body: bytes, **declared: Any) -> Any:
        """An upload from declaration to completion; the asset."""
        started = self.api("POST", "/v1/uploads", {"size": len(body), **declared}, expect=201)
        send(started, body)
        return self.complete(started)

    def complete(self, started: Mapping[str, Any], *, expect: int = 200) -> Any:
        """The asset of an upload whose bytes are sent."""
        return self.api("POST", f"/v1/uploads/{started['upload_id']}/complete", {}, expect=expect)

    def wait_until_gone(self, path: str) -> None:
        """The worker reports what it rejects before it removes it. Raises ``Unexpected``."""
        self._wait_for(lambda: self.api("GET", f"/v1/assets/{path}", expect=404))

    def wait_until_refused(self, url: str) -> None:
        """The edge has been told to forget it, which takes a while. Raises ``Unexpected``."""
        self._wait_for(lambda: expect(ask("GET", url), 403, 404))

    def _wait_for(self, look: Callable[[], Any]) -> None:
        ends_at = time.monotonic() + self.patience_seconds
        while time.monotonic() < ends_at:
            try:
                look()
                return
            except Unexpected:
                time.sleep(_PAUSE_SECONDS)
        look()


def ask(
    method: str, url: str, *, body: Any = None, headers: Mapping[str, str] | None = None
) -> urllib3.BaseHTTPResponse:
    """One request as a browser sends it; a body that is no bytes goes as JSON."""
    sent = dict(headers or {})
    if body is not None and not isinstance(body, bytes):
        body, sent["content-type"] = json.dumps(body).encode(), "application/json"
    try:
        return _HTTP.request(method, url, body=body, headers=sent, redirect=False)
    except urllib3.exceptions.HTTPError as error:
        # Its message holds the signed URL.
        raise Unexpected(f"{method} failed: {type(error).__name__}") from None


def send(started: Mapping[str, Any], body: bytes) -> None:
    """Send the bytes of an upload. Raises ``Unexpected`` when the store refuses them."""
    answer = ask("PUT", started["url"], body=body, headers=started["headers"])
    expect(answer, 200)


def expect(answer: urllib3.BaseHTTPResponse, *statuses: int) -> None:
    """Raises ``Unexpected``, with the store's own code, for another status than these."""
    if answer.status not in statuses:
        code = answer.data.decode(errors="replace").partition("<Code>")[2].partition("<")[0]
        wanted = " or ".join(map(str, statuses))
        raise Unexpected(f"the answer is {answer.status} {code}, not {wanted}".replace("  ", " "))


class Told:
    """A back end on loopback that hears of events, whose signatures are checked."""

    def __init__(self, secret: str) -> None:
        self._webhook = Webhook(secret)
        self._events: list[dict[str, Any]] = []
        self._changed = threading.Condition()

    def take(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Whether it is a good event."""
        try:
            event = self._webhook.verify(body, dict(headers))
        except WebhookVerificationError:
            return False
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()
        return True

    def wait_for(self, kind: str, path: str, seconds: float) -> float:
        """Seconds until an event of this type and path was there. Raises ``Unexpected``."""
        began = time.monotonic()

        def came() -> bool:
            return any(e["type"] == kind and _path_of(e) == path for e in self._events)

        with self._changed:
            if not self._changed.wait_for(came, seconds):
                seen = ", ".join(sorted({event["type"] for event in self._events})) or "none"
                raise Unexpected(f"no {kind} within {seconds:.0f} s (of any asset: {seen})")
        return time.monotonic() - began


def _path_of(event: Mapping[str, Any]) -> Any:
    return event["data"].get("asset", {}).get("path")


@contextmanager
def listening(told: Told) -> Iterator[str]:
    """The address at which ``told`` takes webhooks."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            names = {name.lower(): text for name, text in self.headers.items()}
            self.send_response(204 if told.take(body, names) else 401)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/webhook"
        finally:
            server.shutdown()
            thread.join()


Check = Callable[[Place], str]
