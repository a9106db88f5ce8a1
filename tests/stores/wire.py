"""Just enough HTTP/1.1 to pass messages on: heads are parsed, bodies stay bytes (RFC 9112)."""

import contextlib
import select
import socket
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

CHUNK_BYTES = 256 * 1024
MAX_HEAD_BYTES = 128 * 1024


class Dropped(ConnectionError):
    """A side left in the middle of a message."""


class HungUp(Dropped):
    """It left politely: the peer sees an end of the stream and no reset."""


@dataclass
class Head:
    """The start line and the header fields of a request or an answer, in their order."""

    start: str
    fields: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def parse(cls, raw: bytes) -> "Head":
        start, *lines = raw.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        return cls(start, [(name, value.strip()) for name, _, value in pairs])

    def encode(self) -> bytes:
        lines = [self.start, *(f"{name}: {value}" for name, value in self.fields)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def get(self, name: str) -> str | None:
        return next((v for n, v in self.fields if n.lower() == name), None)

    def drop(self, unwanted: Callable[[str], bool]) -> None:
        """Remove the fields whose lower-case name is unwanted."""
        self.fields = [(n, v) for n, v in self.fields if not unwanted(n.lower())]

    @property
    def method(self) -> str:
        return self.start.split(" ", 2)[0]

    @property
    def target(self) -> str:
        return self.start.split(" ", 2)[1]

    @property
    def status(self) -> int:
        return int(self.start.split(" ", 2)[1])

    @property
    def length(self) -> int | None:
        """Content-Length; None when there is none."""
        value = self.get("content-length")
        return None if value is None else int(value)


class Wire:
    """A connection whose heads are read whole and whose bodies are read as they come."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = sock
        self._pending = b""

    def read_head(self) -> Head | None:
        """The next message's head; None when the peer closed between messages."""
        raw = self._pending
        while (end := raw.find(b"\r\n\r\n")) < 0:
            more = self.sock.recv(CHUNK_BYTES)
            if not more and not raw:
                return None
            if not more or len(raw) > MAX_HEAD_BYTES:
                raise Dropped("no end of the head")
            raw += more
        self._pending = raw[end + 4 :]
        return Head.parse(raw[:end])

    def recv(self, limit: int) -> bytes:
        """Some bytes of a body, at most `limit`; empty when the peer closed."""
        if self._pending:
            some, self._pending = self._pending[:limit], self._pending[limit:]
            return some
        return self.sock.recv(limit)

    @property
    def buffered(self) -> bool:
        """Bytes are here already, which `select` cannot see."""
        return bool(self._pending)

    def drain(self, count: int) -> None:
        """Read and forget what the peer still sends: closed earlier, it would see a reset.

        Browsers look at an early answer only when they have sent their whole body.
        """
        self.sock.shutdown(socket.SHUT_WR)
        while count > 0 and (data := self.recv(min(count, CHUNK_BYTES))):
            count -= len(data)

    def reset(self) -> None:
        """Leave with a TCP reset, as a cut cable or a crashed server looks to the peer."""
        with contextlib.suppress(OSError):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


def readable(wires: Iterable[Wire]) -> set[Wire]:
    """Wait until one of them has something to read; says which."""
    by_socket = {wire.sock: wire for wire in wires}
    ready = {wire for wire in by_socket.values() if wire.buffered}
    found, _, _ = select.select(by_socket, [], [], 0 if ready else None)
    return ready | {by_socket[sock] for sock in found}


def send_until_answered(wire: Wire, data: bytes) -> bytes:
    """Send until all is sent or the peer speaks, who may no longer listen; returns the rest."""
    view = memoryview(data)
    while view:
        found, writable, _ = select.select([wire.sock], [wire.sock], [])
        if found:
            break
        if writable:
            view = view[wire.sock.send(view, socket.MSG_DONTWAIT) :]
    return bytes(view)
