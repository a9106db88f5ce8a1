"""gunicorn's threaded worker, in which a slow client costs no thread (T54).

gunicorn reads a request and writes its answer on a thread: sixteen clients that send a byte now
and then, or ask and never read, would stop the service for everybody else. Here, one loop has all
connections while they wait for their clients, without blocking and with a deadline:

- A thread begins when a request is there as a whole (``framing.py``), and ends when its answer is
  written to memory. What the client does not take at once, the loop sends.
- A streamed answer is gone on with when what was written of it is sent.
- Where there is no room for a further connection, or memory for what they hold, the one that has
  waited longest for its client is cut.
- SIGTERM takes first what waits to be accepted: those clients are connected and have sent their
  requests, and a listener that is closed resets them. Then it is closed at once, and not when the
  last answer is out: who comes later is refused, and goes to another replica.
- Out of descriptors it waits until there are some. gunicorn's worker dies of it, with all that it
  was answering.

HTTP/1.1 in plain: TLS ends at the load balancer.

Over 200 lines because it is one machine, whose states are read together.
"""

from __future__ import annotations

import errno
import selectors
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from app.operations import endings
from app.operations.answering import answer_request, go_on, time_out
from app.operations.connections import Connection

_NOBODY_THERE = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED})
_NO_DESCRIPTORS = frozenset({errno.EMFILE, errno.ENFILE})
#: A listener with somebody waiting stays readable: without a pause the loop would spin.
_PAUSE_SECONDS = 0.1
#: How long a new connection may stay without a request. Browsers open some for later use.
FIRST_REQUEST_SECONDS = 20
#: From the first byte of a request to its last: 1 MB at 400 kbit/s.
RECEIVE_SECONDS = 20
#: For what is written of an answer: 1,000 links at 200 kbit/s.
SEND_SECONDS = 30
#: A client may still be sending when its answer says "close": to close at once would reset it.
LINGER_SECONDS = 2
#: Once the process is told to stop: connections without a request, and those in the middle of one.
STOP_IDLE_SECONDS, STOP_BUSY_SECONDS = 2, 10
#: Of all connections that wait. A request takes 2 MB at most, an answer about 4.
MAX_HELD_BYTES = 64 * 1024 * 1024
_RECEIVE_BYTES = 64 * 1024
_SWEEP_SECONDS = 0.5
_NEW_SECONDS = 1.0


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """``worker_class`` in ``gunicorn.conf.py``."""

    _is_short = False
    _stopping_since: float | None = None
    _next_sweep = 0.0

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Raises ``RuntimeError``, which gunicorn shows, for what this worker cannot do."""
        if cfg.is_ssl or cfg.proxy_protocol != "off":
            raise RuntimeError("TLS and the PROXY protocol end at the load balancer, not here")

    def init_signals(self) -> None:
        """Take what was held back since the fork."""
        super().init_signals()
        endings.take()

    def run(self) -> None:
        """The loop."""
        #: Those that wait for their client; a thread has the others.
        self._waiting: set[Connection] = set()
        self.poller.register(
            self.method_queue.fileno(), selectors.EVENT_READ, self.method_queue.run_callbacks
        )
        while self.alive and self.is_parent_alive():
            has_room = self.nr_conns < self.worker_connections or bool(self._waiting)
            self.set_accept_enabled(has_room)
            self._turn()
        self._stop()
        self.tpool.shutdown(wait=False)
        self.poller.close()
        self.method_queue.close()

    def _turn(self) -> None:
        self.notify()
        self.wait_for_and_dispatch_events(timeout=_SWEEP_SECONDS)
        now = time.monotonic()
        if now >= self._next_sweep:
            self._next_sweep = now + _SWEEP_SECONDS
            self._sweep(now)

    def _stop(self) -> None:
        """Answer who is connected, within the time that gunicorn gives."""
        self.alive = False
        self.set_accept_enabled(False)
        began = self._stopping_since = time.monotonic()
        for listener in self.sockets:
            while self.nr_conns < self.worker_connections and self._take(listener):
                pass
            listener.close()
        for connection in self._waiting:
            connection.deadline = self._at_most(connection, connection.deadline)
        while self.nr_conns > 0 and time.monotonic() - began < self.cfg.graceful_timeout:
            self._turn()
        for connection in [*self._waiting]:
            self._close(connection)

    # --- connections that come ---

    def accept(self, listener: Any) -> None:
        """Take a connection and wait for its request."""
        if self.nr_conns < self.worker_connections or self._make_room():
            self._take(listener)

    def _make_room(self) -> bool:
        if not self._waiting:
            return False
        # Of those without a request first: their clients come again. What a new one has sent may
        # not have been read yet.
        lately = time.monotonic() - _NEW_SECONDS

        def least(each: Connection) -> tuple[bool, float]:
            return each.held_bytes > 0 or each.since > lately, each.since

        self._close(min(self._waiting, key=least))
        return True

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
        connection = Connection(sock, address, listener.getsockname())
        self._wait(connection, selectors.EVENT_READ, self._receive, FIRST_REQUEST_SECONDS)
        return True

    def _wait_for_descriptors(self) -> None:
        if not self._is_short:
            self.log.warning("Out of file descriptors: connections wait to be accepted")
        self._is_short = True
        time.sleep(_PAUSE_SECONDS)

    # --- connections that wait for their client ---

    def _wait(
        self,
        connection: Connection,
        event: int,
        callback: Callable[[Connection, Any], None],
        seconds: float,
    ) -> None:
        connection.since = time.monotonic()
        connection.deadline = self._at_most(connection, connection.since + seconds)
        self._waiting.add(connection)
        self.poller.register(connection.sock, event, partial(callback, connection))

    def _at_most(self, connection: Connection, deadline: float) -> float:
        if self._stopping_since is None:
            return deadline
        is_busy = connection.held_bytes or connection.stream
        patience = STOP_BUSY_SECONDS if is_busy else STOP_IDLE_SECONDS
        return min(deadline, self._stopping_since + patience)

    def _leave(self, connection: Connection) -> None:
        self._waiting.discard(connection)
        with suppress(OSError, KeyError, ValueError):
            self.poller.unregister(connection.sock)

    def _receive(self, connection: Connection, _sock: Any) -> None:
        incoming = connection.incoming
        received = self._received(connection)
        if received is None:
            return
        is_first = not incoming.data
        incoming.add(received)
        connection.has_ended = not received
        if connection.has_ended and not incoming.data:
            self._close(connection)
        # The head of a request that was cut may be there: then it is answered.
        elif connection.has_ended or incoming.is_complete():
            self._dispatch(connection)
        else:
            if is_first:
                connection.since = time.monotonic()
                deadline = connection.since + RECEIVE_SECONDS
                connection.deadline = self._at_most(connection, deadline)
            if incoming.expects:
                incoming.expects = False
                with suppress(OSError):
                    connection.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _received(self, connection: Connection) -> bytes | None:
        """What has come, empty at the end; None when there is nothing to do."""
        if connection not in self._waiting:  # cut, since the poller saw it
            return None
        try:
            return connection.sock.recv(_RECEIVE_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            self._close(connection)
            return None

    def _send(self, connection: Connection, _sock: Any) -> None:
        if connection not in self._waiting:
            return
        try:
            if connection.flush():
                self._leave(connection)
                self._sent(connection)
        except OSError:
            self._close(connection)

    def _drain(self, connection: Connection, _sock: Any) -> None:
        if self._received(connection) == b"":
            self._close(connection)

    def _sweep(self, now: float) -> None:
        """Cut who is overdue, and who holds memory for longest where it is short."""
        for connection in [each for each in self._waiting if each.deadline <= now]:
            time_out(connection)
            self._close(connection)
        held = sum(each.held_bytes for each in self._waiting)
        if held > MAX_HELD_BYTES:
            for connection in sorted(self._waiting, key=lambda each: each.since):
                if connection.held_bytes and held > MAX_HELD_BYTES:
                    held -= connection.held_bytes
                    self._close(connection)

    def _close(self, connection: Connection) -> None:
        self._leave(connection)
        self.nr_conns -= 1
        connection.sock.close()
        if connection.stream is not None:
            self.tpool.submit(connection.stream.close)

    # --- connections that threads have ---

    def _dispatch(self, connection: Connection) -> None:
        self._leave(connection)
        raw, is_whole = connection.incoming.take()
        connection.is_last = not is_whole or connection.has_ended
        self._submit(connection, partial(answer_request, self, connection, raw))

    def _submit(self, connection: Connection, work: Callable[[], None]) -> None:
        done = partial(self.method_queue.defer, self._done, connection)
        self.tpool.submit(work).add_done_callback(done)

    def _done(self, connection: Connection, future: Future[None]) -> None:
        """Called in the loop, once a thread has written what it can."""
        if error := future.exception():
            self.log.error("A connection is lost", exc_info=error)
        if error or connection.is_lost:
            self._close(connection)
        elif connection.unsent_bytes:
            self._wait(connection, selectors.EVENT_WRITE, self._send, SEND_SECONDS)
        else:
            self._sent(connection)

    def _sent(self, connection: Connection) -> None:
        """All that was written is out."""
        if connection.stream is not None:
            self._submit(connection, partial(go_on, self, connection))
        elif connection.is_last:
            self._linger(connection)
        elif connection.incoming.data and connection.incoming.is_complete():
            self._dispatch(connection)
        else:
            begun = bool(connection.incoming.data)
            seconds = RECEIVE_SECONDS if begun else self.cfg.keepalive
            self._wait(connection, selectors.EVENT_READ, self._receive, seconds)

    def _linger(self, connection: Connection) -> None:
        with suppress(OSError):
            if not connection.has_ended:
                connection.sock.shutdown(socket.SHUT_WR)
                self._wait(connection, selectors.EVENT_READ, self._drain, LINGER_SECONDS)
                return
        self._close(connection)
