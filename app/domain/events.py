"""What a back end is told about assets (docs/webhooks.md).

The id is a hash of what happened to which version, so that the same event has the same id, whoever
tells it and however often.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.domain.actors import Actor, ActorType
from app.domain.assets import StoredObject
from app.domain.documents import asset_document, named, rfc3339
from app.domain.grammar import USERS
from app.domain.notifications import Notification
from app.domain.paths import AssetPath, Root


class EventType(StrEnum):
    """What happened."""

    CREATED = "asset.created"
    REJECTED = "asset.rejected"
    DELETED = "asset.deleted"
    #: Nothing: an operator tries out whether webhooks arrive.
    TEST = "test"


@dataclass(frozen=True, slots=True)
class AssetEvent:
    """One thing to tell: ``body`` is the JSON to send, the same text at every attempt."""

    id: str
    type: EventType
    body: str


def created(
    bucket: str,
    found: StoredObject,
    actor: Actor | None,
    *,
    verified: bool = True,
    reason: str | None = None,
) -> AssetEvent:
    """An object is there. Not ``verified``: a back end wrote it; ``reason`` says what it breaks.

    ``actor`` is who wrote it, None where nobody knows.
    """
    return _of_object(EventType.CREATED, bucket, found, actor, verified, reason)


def rejected(bucket: str, found: StoredObject, actor: Actor | None, reason: str) -> AssetEvent:
    """An object was not what it had to be, and was removed."""
    return _of_object(EventType.REJECTED, bucket, found, actor, False, reason)


def deleted(told: Notification, actor: Actor | None = None) -> AssetEvent:
    """An object is no longer there. What it was, S3 does not tell, nor who deleted it.

    Without versions nothing but S3's sequencer keeps two deletions of one name apart, and where
    that is missing, their time.
    """
    pins = (told.version_id or told.etag, told.sequencer if told.version_id is None else None)
    when = told.occurred_at.isoformat() if pins == (None, None) else None
    root, path = owner_of(told.key)
    nothing = dict.fromkeys(
        (
            "size",
            "content_type",
            "etag",
            "last_modified",
            "metadata",
            "checksum_sha256",
            "checksum_crc64nvme",
            "expires_at",
        )
    )
    return _event(
        event_id(EventType.DELETED, told.bucket, told.key, *pins, when),
        EventType.DELETED,
        told.occurred_at,
        {
            "sub": root.sub,
            "actor": _actor_document(actor),
            "asset": named(path, told.key) | nothing,
            "verified": True,
            "reason": None,
        },
    )


def tried(now: datetime, nonce: str) -> AssetEvent:
    """A test, about no asset; ``nonce`` makes its id its own."""
    return _event(f"evt_test_{nonce}", EventType.TEST, now, {})


def owner_of(key: str) -> tuple[Root, AssetPath]:
    """Whose asset ``key`` is; ``NotFound`` or ``ValidationFailed`` for what is no asset's key."""
    root = Root(key.removeprefix(USERS).partition("/")[0])
    return root, root.path_of(key)


def event_id(kind: EventType, bucket: str, key: str, *pins: str | None) -> str:
    """``evt_`` and 40 hexadecimal digits; ``pins`` say which of the key's objects it was."""
    text = json.dumps([kind.value, bucket, key, *pins])
    return f"evt_{hashlib.sha256(text.encode()).hexdigest()[:40]}"


def _of_object(
    kind: EventType,
    bucket: str,
    found: StoredObject,
    actor: Actor | None,
    verified: bool,
    reason: str | None,
) -> AssetEvent:
    root, path = owner_of(found.key)
    # Without versions the same bytes may come again, and be another object then.
    mark = found.mark or found.last_modified.isoformat()
    pins = (found.own_version,) if found.own_version else (found.etag.strip('"'), mark)
    return _event(
        event_id(kind, bucket, found.key, *pins),
        kind,
        found.last_modified,
        {
            "sub": root.sub,
            "actor": _actor_document(actor),
            "asset": asset_document(path, found),
            "verified": verified,
            "reason": reason,
        },
    )


def _actor_document(actor: Actor | None) -> dict[str, Any] | None:
    if actor is None:
        return None
    if actor.type is ActorType.REQUEST:
        return {"type": actor.type.value, "client_id": None, "request_id": actor.client_id}
    return {"type": actor.type.value, "client_id": actor.client_id}


def _event(id: str, kind: EventType, when: datetime, data: Mapping[str, Any]) -> AssetEvent:
    document = {"type": kind.value, "timestamp": rfc3339(when), "data": data}
    return AssetEvent(id, kind, json.dumps(document, separators=(",", ":")))
