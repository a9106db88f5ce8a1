"""Several back ends that are told, each of what it asked for and none for another's fault.

What some of them took and others did not is not sent again to all: each one that is behind gets a
message of its own in the queue. One that does not answer is tried by one thread at a time, so that
it cannot hold all of them while the others wait.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from app.domain.events import AssetEvent, EventType
from app.events.webhooks import DeliveryFailed

#: So many failures on end, and a receiver is held to be away until it takes something.
AWAY_AFTER = 3

log = structlog.get_logger("events")


class Sender(Protocol):
    """Tells one back end; raises ``DeliveryFailed`` when it did not take the event."""

    def send(self, event: AssetEvent) -> None: ...


@dataclass(slots=True)
class Receiver:
    """One back end. ``types``: what it asked for, empty for everything."""

    name: str
    sender: Sender
    types: frozenset[EventType] = frozenset()
    failures: int = field(default=0, init=False)
    _probe: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def wants(self, event: AssetEvent) -> bool:
        return not self.types or event.type in self.types

    def send(self, event: AssetEvent, *, alone: bool) -> None:
        """One attempt; with others that wait (not ``alone``) none beside one that may be in vain.

        Raises ``DeliveryFailed``.
        """
        with self._turn(alone):
            try:
                self.sender.send(event)
            except DeliveryFailed:
                self.failures += 1
                raise
            self.failures = 0

    @contextmanager
    def _turn(self, alone: bool) -> Iterator[None]:
        if alone or self.failures < AWAY_AFTER:
            yield
            return
        if not self._probe.acquire(blocking=False):
            raise DeliveryFailed(f"{self.name} is away, and is being tried")
        try:
            yield
        finally:
            self._probe.release()


class Receivers:
    """All back ends. ``postpone`` puts an event for the receiver of a name into the queue."""

    def __init__(
        self, receivers: Sequence[Receiver], postpone: Callable[[AssetEvent, str], None]
    ) -> None:
        self._receivers = receivers
        self._postpone = postpone

    def send(self, event: AssetEvent, only: str | None = None) -> None:
        """Tell all who want to hear of it, or the receiver ``only``.

        Returns when each took the event, or has a message of its own in the queue. Raises
        ``DeliveryFailed`` when none took it, and what ``postpone`` raises: then it comes again.
        """
        wanted = [each for each in self._receivers if only in (None, each.name)]
        if only and not wanted:
            log.warning("receiver unknown", receiver=only, event_id=event.id)
        wanted = [each for each in wanted if each.wants(event)]
        failed: dict[str, DeliveryFailed] = {}
        # Whoever answered last is asked first, and waits for nobody.
        for receiver in sorted(wanted, key=lambda each: each.failures):
            try:
                receiver.send(event, alone=len(self._receivers) == 1)
            except DeliveryFailed as error:
                failed[receiver.name] = error
        if failed and len(failed) == len(wanted):
            raise next(iter(failed.values()))
        for name, failure in failed.items():
            self._postpone(event, name)
            log.warning("postponed", receiver=name, event_id=event.id, detail=str(failure))
