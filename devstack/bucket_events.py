"""The bucket's events as S3 sends them, for moto 5.2 tells less.

It leaves out versions and delete markers, and it sends an object's event before the object has
its metadata. S3's events come a moment later than the object; so do these.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from __future__ import annotations

import itertools
import json
import threading
from typing import Any
from urllib.parse import quote_plus

from moto.core.utils import iso_8601_datetime_with_milliseconds
from moto.s3 import notifications
from moto.s3.models import S3Backend
from moto.sqs.models import sqs_backends

DELAY_SECONDS = 1
_Event = notifications.S3NotificationEvent
_sequence = itertools.count(1)
_quiet = threading.local()


def install() -> None:
    """Patch moto; call once, before the first request."""
    notifications._get_s3_event = _event
    notifications._send_sqs_message = _send_later
    send = notifications.send_event

    def send_unless_quiet(*args: Any, **kwargs: Any) -> None:
        if not getattr(_quiet, "deleting", False):
            send(*args, **kwargs)

    notifications.send_event = send_unless_quiet
    _tell_of_deletions()


def _event(event_name: str, bucket: Any, key: Any, notification_id: str) -> dict[str, Any]:
    stored: dict[str, Any] = {"key": quote_plus(key.name), "sequencer": f"{next(_sequence):016X}"}
    if key.version_id != "null":
        stored["versionId"] = key.version_id
    if hasattr(key, "etag"):  # a delete marker has none
        stored |= {"size": key.size, "eTag": key.etag.strip('"')}
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": bucket.region_name,
                "eventTime": iso_8601_datetime_with_milliseconds(),
                "eventName": event_name.removeprefix("s3:"),
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "configurationId": notification_id,
                    "bucket": {"name": bucket.name, "arn": bucket.arn},
                    "object": stored,
                },
            }
        ]
    }


def _send_later(account_id: str, event_body: Any, queue_name: str, region_name: str) -> None:
    backend = sqs_backends[account_id][region_name]
    if queue_name in backend.queues:
        backend.send_message(queue_name, json.dumps(event_body), delay_seconds=DELAY_SECONDS)


def _tell_of_deletions() -> None:
    delete = S3Backend.delete_object

    def delete_object(
        self: S3Backend,
        bucket_name: str,
        key_name: str,
        version_id: str | None = None,
        bypass: bool = False,
    ) -> tuple[bool, dict[str, Any]]:
        bucket = self.get_bucket(bucket_name)
        before = list(bucket.keys.getlist(key_name, []))
        _quiet.deleting = True
        try:
            done, answer = delete(self, bucket_name, key_name, version_id, bypass)
        finally:
            _quiet.deleting = False
        after = list(bucket.keys.getlist(key_name, []))
        # By identity: what is there now and was not is a marker, what is gone was deleted.
        for marker in (key for key in after if key not in before):
            event = _Event.OBJECT_REMOVED_DELETE_MARKER_CREATED_EVENT
            notifications.send_event(self.account_id, event, bucket, marker)
        if bucket.is_versioned == (version_id is not None):
            for gone in (key for key in before if key not in after):
                event = _Event.OBJECT_REMOVED_DELETE_EVENT
                notifications.send_event(self.account_id, event, bucket, gone)
        return done, answer

    S3Backend.delete_object = delete_object  # type: ignore[method-assign]
