"""Messages of a queue: news of objects, or one kind of error."""

from __future__ import annotations

import json
from datetime import UTC

from app.domain.errors import Problem
from app.domain.events import deleted, owner_of
from app.domain.notifications import Notification, Unreadable, read_notifications
from tests.domain.test_events import by_eventbridge, by_s3, by_sns, s3_record

SEEDS = [
    text.encode()
    for text in (
        by_s3(),
        by_s3(s3_record("ObjectRemoved:DeleteMarkerCreated", versionId="null", sequencer="0A")),
        by_sns(by_s3()),
        by_eventbridge(),
        by_sns(by_eventbridge("Object Deleted")),
        json.dumps({"Event": "s3:TestEvent", "Bucket": "media"}),
        json.dumps({"Type": "SubscriptionConfirmation", "Message": "", "Event": "x"}),
        by_eventbridge(key="users/../%zz/\ud800"),
    )
]


def check(data: bytes) -> None:
    try:
        news = read_notifications(data.decode("utf-8", "surrogatepass"))
    except (Unreadable, UnicodeDecodeError):
        return
    for told in news:
        check_notification(told)


def check_notification(told: Notification) -> None:
    assert isinstance(told.bucket, str)
    assert isinstance(told.key, str)
    assert told.occurred_at.tzinfo is UTC
    for optional in (told.version_id, told.etag, told.sequencer, told.principal):
        assert optional is None or isinstance(optional, str)
    try:
        root, path = owner_of(told.key)
    except Problem:
        return
    assert root.key(path) == told.key
    event = deleted(told)
    assert event == deleted(told)
    assert json.loads(event.body)["data"]["asset"]["path"] == path.text
