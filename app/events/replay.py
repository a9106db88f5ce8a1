"""Tells again what happened in a range of time, to a back end that was away for longer than a queue
keeps its messages.

From the bucket as it is now, and by the ids that the events had: what a back end has heard of
already, it knows by its id. Nothing is judged anew or removed.
"""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import NamedTuple

from app.assets.completion import Completion
from app.assets.history import History
from app.domain.errors import NotFound, ValidationFailed
from app.domain.events import AssetEvent, created, deleted, owner_of
from app.domain.notifications import Change, Notification
from app.events.receivers import Receiver
from app.events.webhooks import DeliveryFailed

#: What is told before the position moves on.
BATCH = 500
REPLAY_PAUSES_SECONDS = (0.0, 1.0, 5.0, 15.0)

GONE = "gone"
BROKEN = "breaks the rules"
#: Share records, previews: nothing that is told of.
FOREIGN = "foreign"


class Progress(NamedTuple):
    """All up to the key ``position`` is told; ``counts`` by type of event, or by why not."""

    position: str
    counts: Counter[str]


class Replay:
    """Tells ``receivers`` on ``threads`` threads."""

    def __init__(
        self,
        bucket: str,
        history: History,
        completion: Completion,
        receivers: Sequence[Receiver],
        *,
        threads: int = 4,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._bucket = bucket
        self._history = history
        self._completion = completion
        self._receivers = receivers
        self._threads = threads
        self._pause = pause

    def run(self, since: datetime, until: datetime, *, after: str = "") -> Generator[Progress]:
        """Tell what happened from ``since`` until before ``until``, behind the key ``after``.

        Raises ``DeliveryFailed`` when a receiver takes an event in none of some attempts, and what
        the store raises; what is told by then, the last progress says.
        """
        counts: Counter[str] = Counter()
        happened = self._history.between(since, until, after=after)
        pool = ThreadPoolExecutor(self._threads, "replay")
        try:
            while batch := list(itertools.islice(happened, BATCH)):
                counts.update(pool.map(self._handle, batch))
                yield Progress(batch[-1].key, counts)
        finally:
            pool.shutdown(cancel_futures=True)

    def _handle(self, told: Notification) -> str:
        try:
            owner_of(told.key)
        except (NotFound, ValidationFailed):
            return FOREIGN
        event = deleted(told) if told.change is Change.REMOVED else self._created(told)
        if isinstance(event, str):
            return event
        for receiver in self._receivers:
            if receiver.wants(event):
                self._tell(receiver, event)
        return event.type.value

    def _created(self, told: Notification) -> AssetEvent | str:
        arrival = self._completion.recall(told.key, told.version_id)
        if arrival is None or not arrival.is_current:
            return GONE
        if arrival.reason and arrival.from_browser:
            return BROKEN
        return created(
            self._bucket,
            arrival.found,
            arrival.actor,
            verified=arrival.from_browser,
            reason=arrival.reason,
        )

    def _tell(self, receiver: Receiver, event: AssetEvent) -> None:
        *pauses, last = REPLAY_PAUSES_SECONDS
        for seconds in pauses:
            self._pause(seconds)
            try:
                return receiver.sender.send(event)
            except DeliveryFailed:
                continue
        self._pause(last)
        try:
            receiver.sender.send(event)
        except DeliveryFailed as error:
            raise DeliveryFailed(f"{receiver.name}: {error}") from None
