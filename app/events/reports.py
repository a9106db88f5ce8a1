"""Reports: events that wait in the queue as they are to be told.

Of rejected objects, before the objects go: once one is gone nobody could judge it again. And of
what one receiver of several did not take. A report outlives whoever left it, and waits for the back
end as long as it takes. Signed, as others may write to the queue too (T41).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app.domain.actors import Actor
from app.domain.assets import StoredObject
from app.domain.errors import NotFound, StorageUnavailable
from app.domain.events import AssetEvent, EventType, rejected
from app.domain.notifications import Unreadable
from app.events.queue import Queue, QueueUnavailable
from app.signing.tokens import SignedTokens

_REPORT = "asset-gateway-report"
#: SQS keeps a message for 14 days, as a dead letter included, and one that was sent back for as
#: long again (docs/recovery.md).
LIFE_SECONDS = 2 * 14 * 24 * 3600
#: Before a receiver that just failed is tried again.
PAUSE_SECONDS = 2


class Report(NamedTuple):
    """An event to tell, and to whom; None for all."""

    event: AssetEvent
    receiver: str | None

    def to_claims(self) -> dict[str, Any]:
        """The facts as JSON, to be signed."""
        event = self.event
        claims = {"id": event.id, "type": event.type, "body": event.body}
        return claims | ({"receiver": self.receiver} if self.receiver else {})

    @classmethod
    def from_claims(cls, claims: Mapping[str, Any] | Sequence[Any]) -> Report:
        """Version 0.1 wrote them by position, and the queue may still hold some."""
        if not isinstance(claims, Mapping):
            claims = dict(zip(("id", "type", "body", "receiver"), claims, strict=False))
        event = AssetEvent(claims["id"], EventType(claims["type"]), claims["body"])
        return cls(event, claims.get("receiver"))


class Reports:
    """Reports about one bucket's objects, in one queue."""

    def __init__(self, bucket: str, queue: Queue, tokens: SignedTokens) -> None:
        self._bucket = bucket
        self._queue = queue
        self._tokens = tokens

    def leave(self, event: AssetEvent, receiver: str | None = None, delay_seconds: int = 0) -> None:
        """Put ``event`` into the queue, for one ``receiver`` or for all; nobody sees it for
        ``delay_seconds``. Raises ``QueueUnavailable``."""
        signed = self._tokens.sign(Report(event, receiver).to_claims())
        self._queue.send(json.dumps({_REPORT: signed}), delay_seconds)

    def postpone(self, event: AssetEvent, receiver: str) -> None:
        """Have ``receiver`` told of ``event`` later. Raises ``QueueUnavailable``."""
        self.leave(event, receiver, PAUSE_SECONDS)

    def read(self, body: str) -> Report | None:
        """The report in a message of ours, None for any other; ``Unreadable`` for a forged one."""
        if _REPORT not in body[: len(_REPORT) + 2]:
            return None
        try:
            return Report.from_claims(self._tokens.verify(json.loads(body)[_REPORT]))
        except (NotFound, ValueError, KeyError, TypeError) as error:
            raise Unreadable("a report that this gateway did not sign") from error

    def verified(self, found: StoredObject, reason: str | None, actor: Actor | None) -> None:
        """The API's verifier looked at ``found``: what it is about to remove, the worker will not
        find. Of all else the bucket tells. Raises ``StorageUnavailable`` while the queue is away.
        """
        if reason is None or found.mark is None:
            return
        try:
            self.leave(rejected(self._bucket, found, actor, reason))
        except QueueUnavailable as error:
            raise StorageUnavailable("The event queue cannot be reached; try again") from error
