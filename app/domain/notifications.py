"""What S3 says happened in the bucket, whichever way its messages came.

S3 writes to a queue itself, or through SNS (an envelope around the same text), or through
EventBridge (another shape). Its test messages, and news of other things than objects coming and
going, say nothing to us.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import unquote_plus

from app.domain.instants import parse_instant

_MAX_ENVELOPES = 3
_NO_VERSION = "null"


class Unreadable(Exception):
    """The message is nothing that S3, SNS or EventBridge writes."""


class Change(StrEnum):
    """What happened to an object."""

    CREATED = "created"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Notification:
    """One object came or went.

    ``key`` is decoded, ``etag`` unquoted; ``version_id`` is None on a bucket without versions,
    ``principal`` (``AWS:{id}:{session}``) where S3 does not tell it.
    """

    change: Change
    bucket: str
    key: str
    occurred_at: datetime
    version_id: str | None = None
    etag: str | None = None
    sequencer: str | None = None
    principal: str | None = None


_CHANGES = {
    "ObjectCreated": Change.CREATED,
    "ObjectRemoved": Change.REMOVED,
    "LifecycleExpiration": Change.REMOVED,
}
_EVENTBRIDGE_CHANGES = {"Object Created": Change.CREATED, "Object Deleted": Change.REMOVED}


def read_notifications(body: str) -> list[Notification]:
    """What a queue's message tells, which may be nothing; ``Unreadable`` for a foreign text."""
    try:
        return list(_read(body, _MAX_ENVELOPES))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable(type(error).__name__) from error


def _read(body: str, envelopes: int) -> Iterator[Notification]:
    message = json.loads(body)
    if "Records" in message:
        yield from (found for record in message["Records"] if (found := _from_s3(record)))
    elif "detail-type" in message:
        if found := _from_eventbridge(message):
            yield found
    elif "TopicArn" in message and envelopes:
        # SNS asks for confirmation in the same envelope, in prose.
        if message["Type"] == "Notification":
            yield from _read(message["Message"], envelopes - 1)
    elif message["Event"] != "s3:TestEvent":
        raise ValueError("neither an event nor a test of one")


def _from_s3(record: Mapping[str, Any]) -> Notification | None:
    change = _CHANGES.get(record["eventName"].removeprefix("s3:").partition(":")[0])
    if change is None:
        return None
    stored = record["s3"]["object"]
    return Notification(
        change,
        _text(record["s3"]["bucket"]["name"]),
        # A form's encoding: spaces travel as "+".
        unquote_plus(stored["key"], errors="strict"),
        parse_instant(record["eventTime"]),
        _version(stored.get("versionId")),
        _optional(stored.get("eTag")),
        _optional(stored.get("sequencer")),
        _optional((record.get("userIdentity") or {}).get("principalId")),
    )


def _from_eventbridge(message: Mapping[str, Any]) -> Notification | None:
    change = _EVENTBRIDGE_CHANGES.get(message["detail-type"])
    if change is None or message["source"] != "aws.s3":
        return None
    stored = message["detail"]["object"]
    return Notification(
        change,
        _text(message["detail"]["bucket"]["name"]),
        # Not encoded here. The requester is an account's number, which tells no role.
        _text(stored["key"]),
        parse_instant(message["time"]),
        _version(stored.get("version-id")),
        _optional(stored.get("etag")),
        _optional(stored.get("sequencer")),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a name is a text")
    return value


def _optional(value: object) -> str | None:
    return None if value is None else _text(value)


def _version(value: object) -> str | None:
    text = _optional(value)
    return None if text == _NO_VERSION else text or None
