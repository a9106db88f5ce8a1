"""A server that answers whatever a test says, byte by byte; over TLS if a context is given."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import NamedTuple


class Asked(NamedTuple):
    """One request: ``headers`` by lower-case name."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


#: What is sent for a request, piece by piece; the connection is closed after an empty piece.
Respond = Callable[[Asked], Iterable[bytes]]


def response(
    status: str, body: bytes = b"", headers: Iterable[tuple[str, str]] = (), *, sent: bytes = b""
) -> bytes:
    """An answer with its length. ``sent`` is what is sent of ``body``, all of it if left out."""
    fields = "".join(f"{name}: {text}\r\n" for name, text in headers)
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{fields}\r\n"
    return head.encode() + (sent or body)


class RawStore:
    """A context manager. ``asked`` are the requests, ``connections`` how many brought them."""

    def __init__(self, respond: Respond, tls: ssl.SSLContext | None = None) -> None:
        self._respond = respond
        self._tls = tls
        self.asked: list[Asked] = []
        self.connections = 0
        #: Set when the test is over: nobody drips on.
        self.over = threading.Event()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def endpoint(self) -> str:
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    def __enter__(self) -> RawStore:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listener.close()
        for line in self._lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()

    def drip(self, data: bytes, every_seconds: float) -> Iterator[bytes]:
        """One byte now and then, until the test is over."""
        for byte in data:
            yield bytes([byte])
            if self.over.wait(every_seconds):
                return

    def _accept(self) -> None:
        self._lines: list[socket.socket] = []
        with suppress(OSError):
            while True:
                line = self._listener.accept()[0]
                self.connections += 1
                self._lines.append(line)
                thread = threading.Thread(target=self._serve, args=(line,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, line: socket.socket) -> None:
        with suppress(OSError), line:
            sock = self._tls.wrap_socket(line, server_side=True) if self._tls else line
            with sock, sock.makefile("rb") as stream:
                while (asked := _read(stream)) is not None:
                    self.asked.append(asked)
                    for piece in self._respond(asked):
                        if not piece:
                            return
                        sock.sendall(piece)


def _read(stream: Iterable[bytes]) -> Asked | None:
    lines = []
    for raw in stream:
        line = raw.decode("latin-1").strip()
        if not line:
            break
        lines.append(line)
    if not lines:
        return None
    method, target, _ = lines[0].split(" ")
    headers = {
        name.lower(): text.strip() for name, _, text in (line.partition(":") for line in lines[1:])
    }
    length = int(headers.get("content-length", 0))
    return Asked(method, target, headers, stream.read(length))  # type: ignore[attr-defined]
