"""gunicorn's threaded worker, and what it lacks when a process stops or is filled up.

- A connection waits for its request in the poller. gunicorn lets it wait on a thread for up to five
  seconds, so that sixteen idle ones would hold up everybody.
- SIGTERM takes first what waits to be accepted: those clients are connected and have sent their
  requests, and a listener that is closed resets them. Then it is closed at once, and not when the
  last answer is out: who comes later is refused, and goes to another replica.
- Out of descriptors it waits until there are some. gunicorn's worker dies of it, with all that it
  was answering.
"""

from __future__ import annotations

import errno
import selectors
import time
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

_NOBODY_THERE = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED})
_NO_DESCRIPTORS = frozenset({errno.EMFILE, errno.ENFILE})
#: A listener with somebody waiting stays readable: without a pause the loop would spin.
_PAUSE_SECONDS = 0.1
#: How long a new connection may stay without a request. Browsers open some for later use.
_FIRST_REQUEST_SECONDS = 20


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """``worker_class`` in ``gunicorn.conf.py``."""

    _is_short = False

    def accept(self, listener: Any) -> None:
        """Take a connection and wait for its request, without a thread."""
        self._take(listener)

    def _take(self, listener: Any) -> bool:
        """Whether there was a connection to take."""
        try:
            sock, address = listener.accept()
        except OSError as error:
            if error.errno in _NO_DESCRIPTORS:
                self._wait_for_descriptors()
            elif error.errno not in _NOBODY_THERE:
                raise
            return False
        self._is_short = False
        self.nr_conns += 1
        connection = TConn(self.cfg, sock, address, listener.getsockname())
        connection.timeout = time.monotonic() + _FIRST_REQUEST_SECONDS
        self.pending_conns.append(connection)
        ready = partial(self.on_pending_socket_readable, connection)
        self.poller.register(connection.sock, selectors.EVENT_READ, ready)
        return True

    def _wait_for_descriptors(self) -> None:
        if not self._is_short:
            self.log.warning("Out of file descriptors: connections wait to be accepted")
        self._is_short = True
        time.sleep(_PAUSE_SECONDS)

    def set_accept_enabled(self, enabled: bool) -> None:
        """As the base does; once the process is told to stop, take what waits and close."""
        super().set_accept_enabled(enabled)
        if self.alive:
            return
        for listener in self.sockets:
            while self.nr_conns < self.worker_connections and self._take(listener):
                pass
            listener.close()

    def _cap_keepalive(self, deadline: float) -> None:
        """Connections without a request must not hold up the end, be they old or new."""
        super()._cap_keepalive(deadline)
        for connection in self.pending_conns:
            connection.timeout = min(connection.timeout, deadline)
