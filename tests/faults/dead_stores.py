"""Stores that are no more: nobody listens, nobody takes the connection, nobody says anything."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from tests.stores.store import Store


def _store(port: int) -> Store:
    return Store(
        "dead", f"http://127.0.0.1:{port}", "eu-central-1", "the-key", "the-secret", frozenset()
    )


class Silent:
    """A store that takes requests and never answers; the kernel does that for a listener."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.store = _store(listener.getsockname()[1])

    def hang_up(self) -> None:
        """On all who wait, and on whoever comes."""
        self._listener.close()

    def requests(self) -> list[str]:
        """The lines of its clients' requests since the last time this was asked.

        Others may come by mistake: who looked for a free port and found this one, a moment before.
        """
        self._listener.setblocking(False)
        lines = []
        with contextlib.suppress(BlockingIOError):
            while True:
                with self._listener.accept()[0] as connection:
                    connection.settimeout(5)
                    line = connection.recv(65_536).decode("latin-1").partition("\r\n")[0]
                if self.store.access_key in line:
                    lines.append(line)
        return lines


@contextmanager
def silent() -> Iterator[Silent]:
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        yield Silent(listener)


@contextmanager
def closed() -> Iterator[Store]:
    """The port is held, but nobody listens: connections are refused."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield _store(held.getsockname()[1])


@contextmanager
def unreachable() -> Iterator[Store]:
    """Connections are neither taken nor refused, as behind a firewall that drops: its queue is
    full, and the kernel lets further ones wait."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        while True:
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0.2)
            try:
                waiting.connect(listener.getsockname())
            except TimeoutError:
                break
        yield _store(listener.getsockname()[1])
