"""What one message of the queue leads to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

import structlog
from prometheus_client import Counter, Histogram

from app.assets.completion import Arrival, Completion
from app.assets.lone_previews import LonePreviews
from app.domain.assets import StoredObject
from app.domain.errors import NotFound, ValidationFailed
from app.domain.events import AssetEvent, created, deleted, owner_of, rejected
from app.domain.notifications import Change, Notification, read_notifications
from app.domain.paths import AssetPath, Root
from app.domain.previews import preview_owner
from app.events.reports import Reports

#: Outcomes: the type of what was told, or why there was nothing to tell.
EVENTS = Counter("gateway_events", "S3 events handled", ["outcome"])
LAG = Histogram(
    "gateway_event_lag_seconds",
    "Time from S3's event to its having been handled",
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14_400, 86_400),
)

log = structlog.get_logger("events")


class Teller(Protocol):
    """Tells the back ends, or the one ``only``; raises when that fails."""

    def send(self, event: AssetEvent, only: str | None = None) -> None: ...


class Handler:
    """Has what came judged, what may not stay removed, and tells about both.

    ``wrote`` says whether an event's principal is the role whose credentials browsers get. Without
    a ``sender`` objects are still judged.
    """

    def __init__(
        self,
        bucket: str,
        completion: Completion,
        lone_previews: LonePreviews,
        reports: Reports,
        sender: Teller | None,
        *,
        wrote: Callable[[str], bool] = lambda _principal: False,
    ) -> None:
        self._bucket = bucket
        self._completion = completion
        self._lone_previews = lone_previews
        self._reports = reports
        self._sender = sender
        self._wrote = wrote

    def handle(self, body: str) -> None:
        """Do all that ``body`` asks for; when this raises, the message must come again.

        Raises ``Unreadable`` for a foreign text, ``Problem`` and ``QueueUnavailable`` when storage
        or queue fail, and what the sender raises.
        """
        if report := self._reports.read(body):
            self._tell(report.event, report.receiver)
            return
        for told in read_notifications(body):
            EVENTS.labels(self._handle(told)).inc()
            LAG.observe(max(0.0, (datetime.now(UTC) - told.occurred_at).total_seconds()))

    def _handle(self, told: Notification) -> str:
        if told.bucket != self._bucket:
            return "foreign"
        if told.change is Change.CREATED and (preview := preview_owner(told.key)):
            return self._preview_came(told, *preview)
        try:
            root, path = owner_of(told.key)
        except (NotFound, ValidationFailed):
            # Share records and other names that the API cannot address.
            return "foreign"
        if told.change is Change.REMOVED:
            return self._removed(told, root, path)
        return self._created(told)

    def _removed(self, told: Notification, root: Root, path: AssetPath) -> str:
        # An older version went, or the object came back: there still is an asset.
        if self._completion.exists(told.key):
            return "superseded"
        # Whoever deleted it; a preview that came later has an event of its own.
        self._lone_previews.remove(root, path, until=told.occurred_at)
        return self._tell(deleted(told))

    def _preview_came(self, told: Notification, root: Root, preview: AssetPath) -> str:
        """Nobody is told of a preview: it is judged, and goes if its asset is gone (T62)."""
        arrival = self._judge(told)
        if arrival is None or not arrival.from_browser:
            return "foreign" if arrival else "gone"
        if arrival.reason:
            self._completion.remove(arrival.found)
            return "preview.removed"
        if arrival.by_gateway:
            # Its asset may be just about to follow.
            return "preview.created"
        removed = arrival.is_current and self._lone_previews.remove(root, preview)
        return "preview.removed" if removed else "preview.created"

    def _judge(self, told: Notification) -> Arrival | None:
        return self._completion.judge_arrival(
            told.key,
            told.version_id,
            wrote_for_browser=lambda: told.principal is not None and self._wrote(told.principal),
        )

    def _created(self, told: Notification) -> str:
        arrival = self._judge(told)
        if arrival is None:
            return "gone"
        found, reason = arrival.found, arrival.reason
        if reason and arrival.from_browser:
            return self._reject(rejected(self._bucket, found, arrival.actor, reason), found)
        if not arrival.is_current:
            return "gone"
        verified = arrival.from_browser
        return self._tell(
            created(self._bucket, found, arrival.actor, verified=verified, reason=reason)
        )

    def _reject(self, report: AssetEvent, found: StoredObject) -> str:
        self._reports.leave(report)
        self._completion.remove(found)
        log.warning("rejected", key=found.key, version_id=found.version_id, event_id=report.id)
        return report.type.value

    def _tell(self, event: AssetEvent, only: str | None = None) -> str:
        if self._sender is not None:
            self._sender.send(event, only)
            log.info("told", type=event.type.value, event_id=event.id)
        return event.type.value
