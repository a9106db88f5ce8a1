"""Tells back ends without a queue: off the request's thread, best effort.

What cannot be delivered in a few tries, or waits when the process ends in haste, is lost and
counted. Who must not miss an event gives the gateway a queue.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime

import structlog
from prometheus_client import Counter

from app.domain.actors import Actor
from app.domain.assets import StoredObject
from app.domain.errors import NotFound, ValidationFailed
from app.domain.events import AssetEvent, created, deleted, rejected
from app.domain.notifications import Change, Notification
from app.events.receivers import Receiver
from app.events.webhooks import DeliveryFailed

LOST = Counter(
    "gateway_webhooks_lost",
    "Events without a queue that a back end was not told of",
    ["receiver", "type"],
)
PAUSES_SECONDS = (0.0, 1.0, 5.0)
MAX_WAITING = 1000
_THREADS = 2

log = structlog.get_logger("events")


class Notifier:
    """Tells about what the API itself verified or deleted."""

    def __init__(self, bucket: str, receivers: Sequence[Receiver]) -> None:
        self._bucket = bucket
        self._lines = [_Line(receiver) for receiver in receivers]

    def verified(self, found: StoredObject, reason: str | None, actor: Actor | None) -> None:
        """The verifier looked at ``found``, which ``actor`` wrote; a ``reason`` says why it was, or
        is to be, refused."""
        if found.mark is None:
            self._submit(created(self._bucket, found, actor, verified=False, reason=reason))
        elif reason:
            self._submit(rejected(self._bucket, found, actor, reason))
        else:
            self._submit(created(self._bucket, found, actor))

    def deleted(self, keys: Iterable[str], actor: Actor) -> None:
        """The API deleted ``keys`` as ``actor`` asked."""
        now = datetime.now(UTC)
        for key in keys:
            with suppress(NotFound, ValidationFailed):
                self._submit(deleted(Notification(Change.REMOVED, self._bucket, key, now), actor))

    def finish(self) -> None:
        """Return when all that waits was told or lost."""
        for line in self._lines:
            line.pool.shutdown(wait=True)

    def _submit(self, event: AssetEvent) -> None:
        for line in self._lines:
            if line.receiver.wants(event):
                line.submit(event)


class _Line:
    """What waits for one receiver: one that hangs holds up no other."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        # Threads are made at the first event, so after gunicorn's fork.
        self.pool = ThreadPoolExecutor(_THREADS, "webhook")
        self._places = threading.Semaphore(MAX_WAITING)

    def submit(self, event: AssetEvent) -> None:
        if not self._places.acquire(blocking=False):
            self._lose(event, "too many wait")
            return
        self.pool.submit(self._tell, event)

    def _tell(self, event: AssetEvent) -> None:
        try:
            for pause in PAUSES_SECONDS:
                time.sleep(pause)
                try:
                    return self.receiver.sender.send(event)
                except DeliveryFailed as error:
                    failure = str(error)
                except Exception as error:  # whatever it is, nobody else would hear of it
                    failure = type(error).__name__
            self._lose(event, failure)
        finally:
            self._places.release()

    def _lose(self, event: AssetEvent, why: str) -> None:
        receiver = self.receiver.name
        LOST.labels(receiver, event.type.value).inc()
        log.error(
            "webhook lost", receiver=receiver, type=event.type.value, event_id=event.id, cause=why
        )
