"""A pass-through that gives a store what S3 has and the store lacks: CORS, on every answer.

The Host header is left alone, so URLs are signed for the pass-through and the store, which sees the
same Host, finds them right. Bodies stream both ways in small pieces. `weather` spoils the line.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import urlsplit

from tests.stores.exchange import answer_locally, pass_on
from tests.stores.faults import Answer, Weather
from tests.stores.wire import Dropped, Head, HungUp, Wire


@dataclass(frozen=True)
class CorsRules:
    """A bucket's CORS configuration; `origins` None allows any, as `*` does."""

    origins: frozenset[str] | None = None
    methods: str = "GET, PUT, POST, DELETE, HEAD"
    exposed: str = "ETag, Location, x-amz-request-id, x-amz-version-id"
    max_age_seconds: int = 3000

    def allow(self, origin: str) -> bool:
        return self.origins is None or origin in self.origins

    def dress(self, answer: Head, origin: str | None) -> None:
        """Put the answer's CORS headers in place of any that the store has of its own."""
        answer.drop(lambda name: name.startswith("access-control-"))
        if origin is not None and self.allow(origin):
            answer.fields += [
                ("Access-Control-Allow-Origin", origin),
                ("Access-Control-Expose-Headers", self.exposed),
                ("Vary", "Origin"),
            ]

    def preflight(self, request: Head) -> Head:
        """The answer to a preflight: 403 for an origin that is not allowed, as S3 gives."""
        origin = request.get("origin") or ""
        if not self.allow(origin):
            return Head("HTTP/1.1 403 Forbidden", [("Content-Length", "0")])
        answer = Head("HTTP/1.1 204 No Content")
        self.dress(answer, origin)
        answer.fields += [
            ("Access-Control-Allow-Methods", self.methods),
            ("Access-Control-Allow-Headers", request.get("access-control-request-headers") or ""),
            ("Access-Control-Max-Age", str(self.max_age_seconds)),
        ]
        return answer


@dataclass
class S3Client:
    """One request as the pass-through saw it; status None while or if nobody answered it."""

    method: str
    target: str
    status: int | None = None


class CorsProxy:
    """`with CorsProxy(store.endpoint) as proxy: store.at(proxy.endpoint)`.

    `seen` lists the exchanges in the order they began, `weather` takes faults.
    """

    def __init__(self, endpoint: str, rules: CorsRules | None = None) -> None:
        parts = urlsplit(endpoint)
        self._upstream = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._rules = rules or CorsRules()
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._offline = False
        self.weather = Weather()
        self.seen: list[S3Client] = []

    def __enter__(self) -> "CorsProxy":
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._listener.close()

    def go_offline(self) -> None:
        """Cut every connection and those to come, until `go_online`."""
        with self._lock:
            self._offline = True
            for sock in self._sockets:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def go_online(self) -> None:
        """The network is back."""
        with self._lock:
            self._offline = False

    def _accept(self) -> None:
        threads: list[threading.Thread] = []
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                break
            threads = [thread for thread in threads if thread.is_alive()]
            threads.append(threading.Thread(target=self._serve, args=(sock,), daemon=True))
            threads[-1].start()
        self.go_offline()
        for thread in threads:
            thread.join()

    def _serve(self, sock: socket.socket) -> None:
        client = Wire(sock)
        try:
            with self._held(sock):
                while (head := client.read_head()) and self._exchange(client, head):
                    pass
        except HungUp:
            pass
        except OSError:
            client.reset()
        finally:
            sock.close()

    @contextlib.contextmanager
    def _held(self, sock: socket.socket) -> Iterator[None]:
        """While held, `go_offline` can cut the connection; raises Dropped when it is in force."""
        with self._lock:
            if self._offline:
                raise Dropped("offline")
            self._sockets.add(sock)
        try:
            yield
        finally:
            with self._lock:
                self._sockets.discard(sock)

    def _exchange(self, client: Wire, head: Head) -> bool:
        """One request; returns whether the connection may carry another."""
        seen = S3Client(head.method, head.target)
        self.seen.append(seen)
        asked_to_close = (head.get("connection") or "").lower() == "close"
        if seen.method == "OPTIONS" and head.get("access-control-request-method"):
            answer = self._rules.preflight(head)
            seen.status = answer.status
            again = answer_locally(client, head, answer, b"")
        else:
            again = self._pass_on(client, head, seen)
        return again and not asked_to_close

    def _pass_on(self, client: Wire, head: Head, seen: S3Client) -> bool:
        origin = head.get("origin")

        def dress(answer: Head) -> None:
            # Noted before the client hears of it: whoever has the answer finds it in `seen`.
            seen.status = answer.status
            self._rules.dress(answer, origin)

        fault = self.weather.strike(head)
        if head.get("transfer-encoding") is not None:
            # No browser sends a body without a length over HTTP/1.1, and S3 takes none.
            fault = Answer(status=411, code="MissingContentLength")
        if isinstance(fault, Answer):
            answer, body = fault.rendered()
            dress(answer)
            return answer_locally(client, head, answer, body)
        with socket.create_connection(self._upstream) as upstream, self._held(upstream):
            return pass_on(client, Wire(upstream), head, self.weather, fault, dress)
