"""The loop of ``flask events``: receive, handle, acknowledge; side by side with others like it.

A message stays in the queue while it is worked on, hidden from other workers, and is deleted after.
One that fails is hidden for longer each time; the queue moves it to its dead-letter queue when it
has come too often.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog
from prometheus_client import Counter

from app import tracing
from app.domain.errors import Problem
from app.domain.notifications import Unreadable
from app.events.queue import Message, Queue, QueueUnavailable
from app.events.webhooks import DeliveryFailed

FAILURES = Counter("gateway_event_failures", "Messages left in the queue, or not got", ["cause"])
LONGEST_BACKOFF_SECONDS = 3600
_QUEUE_PAUSE_SECONDS = 2.0
_PASSING = (Problem, DeliveryFailed, QueueUnavailable)

log = structlog.get_logger("events")


class _Stopped(BaseException):
    """Breaks off waiting for messages; not an Exception, so that no client swallows it."""


class Worker:
    """Handles messages on ``threads`` threads until it is told to stop."""

    def __init__(
        self,
        queue: Queue,
        handle: Callable[[str], None],
        *,
        threads: int = 8,
        visibility_seconds: int = 60,
    ) -> None:
        self._queue = queue
        self._handle = handle
        if traces := tracing.current():
            self._handle = _each_traced(handle, traces)
        self._threads = threads
        self._visibility_seconds = visibility_seconds
        self._slots = threading.Semaphore(threads)
        self._in_hand: set[Message] = set()
        self._lock = threading.Lock()
        self._stopping = False
        self._waiting = False
        self._done = threading.Event()

    def run(self) -> None:
        """Work until ``stop``; returns when what was begun is done."""
        heartbeat = threading.Thread(target=self._keep_hidden, name="heartbeat", daemon=True)
        heartbeat.start()
        try:
            with ThreadPoolExecutor(self._threads, "message") as pool:
                while not self._stopping:
                    slots = self._take_slots()
                    messages = self._receive(slots)
                    for _ in range(slots - len(messages)):
                        self._slots.release()
                    for message in messages:
                        pool.submit(self._work, message)
        finally:
            self._done.set()
            heartbeat.join()

    def stop(self) -> None:
        """Begin no more messages. Made for a signal handler of the thread that runs ``run``.

        What SQS may be sending at this instant becomes visible again by itself.
        """
        self._stopping = True
        if self._waiting:
            self._waiting = False
            raise _Stopped

    def _take_slots(self) -> int:
        """Wait for a free thread, then take all that are free: nothing is received to lie about."""
        self._slots.acquire()
        taken = 1
        while taken < self._threads and self._slots.acquire(blocking=False):
            taken += 1
        return taken

    def _receive(self, count: int) -> list[Message]:
        try:
            self._waiting = True
            if self._stopping:
                return []
            messages = self._queue.receive(count, visibility_seconds=self._visibility_seconds)
            self._waiting = False
        except _Stopped:
            return []
        except QueueUnavailable as error:
            # A queue that is gone tells nobody else: it has no age, and no dead letters.
            FAILURES.labels(type(error).__name__).inc()
            log.error("queue unavailable", cause=str(error))
            return self._pause()
        finally:
            self._waiting = False
        with self._lock:
            self._in_hand.update(messages)
        return messages

    def _pause(self) -> list[Message]:
        try:
            self._waiting = True
            if not self._stopping:
                time.sleep(_QUEUE_PAUSE_SECONDS)
        except _Stopped:
            pass
        return []

    def _work(self, message: Message) -> None:
        failure: Exception | None = None
        try:
            self._handle(message.body)
        except Exception as error:
            failure = error
        with self._lock:
            self._in_hand.discard(message)
        try:
            if failure is None:
                self._queue.delete(message)
            else:
                self._put_back(message, failure)
        except QueueUnavailable as error:
            # It becomes visible by itself, and is handled again.
            log.warning("not acknowledged", cause=str(error))
        finally:
            self._slots.release()

    def _put_back(self, message: Message, failure: Exception) -> None:
        seconds = backoff_seconds(message.receive_count)
        cause = type(failure).__name__
        FAILURES.labels(cause).inc()
        facts = {"cause": cause, "received": message.receive_count, "again_in_seconds": seconds}
        if isinstance(failure, Unreadable):
            log.error("unreadable message", **facts)
        elif isinstance(failure, _PASSING):
            log.warning("failed", detail=str(failure), **facts)
        else:
            log.error("failed", exc_info=failure, **facts)
        self._queue.hide(message, seconds)

    def _keep_hidden(self) -> None:
        """Slow work keeps its message: no other worker gets it in the meantime."""
        while not self._done.wait(self._visibility_seconds / 3):
            with self._lock:
                held = list(self._in_hand)
            for message in held:
                try:
                    if message in self._in_hand:
                        self._queue.hide(message, self._visibility_seconds)
                except QueueUnavailable as error:
                    log.warning("not kept hidden", cause=str(error))


def _each_traced(handle: Callable[[str], None], traces: tracing.Tracing) -> Callable[[str], None]:
    def traced(body: str) -> None:
        with traces.message():
            handle(body)

    return traced


def backoff_seconds(receive_count: int) -> int:
    """2, 4, 8 … seconds to an hour, each up to a quarter longer so that not all come at once."""
    seconds: int = min(2 ** min(receive_count, 20), LONGEST_BACKOFF_SECONDS)
    return seconds + int(random.uniform(0, seconds / 4))  # noqa: S311 - no secret
