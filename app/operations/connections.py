"""A client's connection: a socket that never blocks, and what waits on either side of it."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Iterator
from typing import Any

from gunicorn.http.wsgi import Response

from app.operations.framing import Incoming

#: A client that reads takes a large answer in one go. Sent by the loop it takes many turns, each of
#: which waits for threads that compute: 4 % of the time of a thousand links.
PATIENCE_SECONDS = 0.05
_PATIENCE = struct.pack("ll", 0, int(PATIENCE_SECONDS * 1e6))  # struct timeval


class Connection:
    """One at a time has it: the loop while it waits, a thread while it is answered.

    For gunicorn's ``Response`` it is a socket to write to.
    """

    __slots__ = (
        "_unsent",
        "client",
        "deadline",
        "has_ended",
        "incoming",
        "is_last",
        "is_lost",
        "requests",
        "server",
        "since",
        "sock",
        "stream",
    )

    def __init__(self, sock: socket.socket, client: Any, server: Any) -> None:
        sock.setblocking(False)
        self.sock = sock
        self.client = client
        self.server = server
        self.incoming = Incoming()
        self._unsent: list[bytes | memoryview] = []
        #: An answer of which there is more to come.
        self.stream: Stream | None = None
        #: How many requests it has brought.
        self.requests = 0
        #: The client sends no more.
        self.has_ended = False
        #: No request is taken after this one.
        self.is_last = False
        #: The client is gone.
        self.is_lost = False
        #: Since when, and until when at most, it waits for its client (``time.monotonic``).
        self.since = self.deadline = 0.0

    @property
    def held_bytes(self) -> int:
        """Memory that it takes while it waits."""
        return len(self.incoming.data) + self.unsent_bytes

    @property
    def unsent_bytes(self) -> int:
        return sum(map(len, self._unsent))

    def sendall(self, data: bytes) -> None:
        """Keep ``data`` until ``flush``."""
        self._unsent.append(data)

    def flush(self, *, patiently: bool = False) -> bool:
        """Send as much as the client takes now; whether that was all.

        ``patiently``: what it takes within ``PATIENCE_SECONDS``. Raises ``OSError`` when the client
        is gone.
        """
        if not self._unsent:
            return True
        left = memoryview(b"".join(self._unsent))
        left = self._send(left)
        if left and patiently:
            self.sock.setblocking(True)
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _PATIENCE)
            left = self._send(left)
            self.sock.setblocking(False)
        self._unsent = [left] if left else []
        return not left

    def _send(self, data: memoryview) -> memoryview:
        """What was not taken."""
        try:
            return data[self.sock.send(data) :]
        except BlockingIOError:
            return data


class Answer(Response):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's writer of an answer, which does not say whose it is."""

    @property
    def is_complete(self) -> bool:
        """Whether all bytes are written that ``Content-Length`` has announced."""
        return self.response_length is not None and self.sent >= self.response_length

    def default_headers(self) -> list[str]:
        return [line for line in super().default_headers() if not line.startswith("Server:")]


class Stream:
    """An answer on its way from the application, to be gone on with by any thread."""

    def __init__(self, answer: Answer, body: Iterable[bytes]) -> None:
        self.answer = answer
        self._body = body
        self._items: Iterator[bytes] = iter(body)

    def write(self, connection: Connection, most_bytes: int) -> bool:
        """Write until the end, or until the client does not take what is written.

        Whether it is at its end.
        """
        for item in self._items:
            self.answer.write(item)
            if self.answer.is_complete:
                break
            if connection.unsent_bytes >= most_bytes and not connection.flush():
                return False
        self.answer.close()
        return True

    def close(self) -> None:
        """Let the application go on with what it does after an answer."""
        if hasattr(self._body, "close"):
            self._body.close()
