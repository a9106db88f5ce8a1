"""How an asset is shown, alike in the API's answers and in the events that a back end is sent."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from app.domain.assets import StoredObject
from app.domain.metadata import decode_metadata
from app.domain.paths import AssetPath


@lru_cache(1024)  # the links of one batch share an instant
def rfc3339(instant: datetime) -> str:
    """``2026-11-22T17:00:00Z``."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def asset_document(path: AssetPath, found: StoredObject) -> dict[str, Any]:
    """One asset in full, but for its link."""
    return {
        **named(path, found.key),
        "size": found.size,
        "content_type": found.content_type,
        "etag": found.etag,
        "last_modified": rfc3339(found.last_modified),
        "metadata": decode_metadata(found.metadata),
        "checksum_sha256": found.checksum_sha256,
        "checksum_crc64nvme": found.checksum_crc64nvme,
        "expires_at": found.expires_at and rfc3339(found.expires_at),
    }


def named(path: AssetPath, key: str) -> dict[str, Any]:
    """What an asset's path says of it."""
    return {
        "path": path.text,
        "key": key,
        "kind": path.kind,
        "project_id": path.project_id,
        "asset_id": path.asset_id,
        "filename": path.filename,
    }
