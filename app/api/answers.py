"""How domain values look in JSON.

Answers are built as plain dictionaries: dumping 1,000 assets through marshmallow costs more than
signing them. The schemas document them, and tests hold the answers against the OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import Response

from app.domain.assets import Link, ListedObject, StoredObject
from app.domain.documents import asset_document, named, rfc3339
from app.domain.parts import Part
from app.domain.paths import AssetPath, Root
from app.domain.policy import served_type
from app.domain.signed import SignedParts, SignedUpload
from app.domain.uploads import ListedUpload, Method, Upload
from app.operations.framework import FinalResponse, encode_json


def answer(
    document: Mapping[str, Any] | Sequence[Any],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """``document`` as JSON, never stored by a cache: most answers here carry signed URLs."""
    return FinalResponse(
        encode_json(document),
        status,
        [("Cache-Control", "no-store"), *(headers or {}).items()],
        content_type="application/json",
    )


def link_answer(link: Link) -> dict[str, Any]:
    return {"url": link.url, "expires_at": rfc3339(link.expires_at), "via": link.via}


def upload_answer(upload_id: str, upload: Upload | ListedUpload) -> dict[str, Any]:
    """What an upload is; what was not declared with it is null."""
    plan = upload.plan if isinstance(upload, Upload) else None
    return {
        "upload_id": upload_id,
        "asset_id": upload.path.asset_id,
        "path": upload.path.text,
        "key": Root(upload.sub).key(upload.path),
        "method": upload.method.value if isinstance(upload, Upload) else Method.MULTIPART.value,
        "size": upload.size if isinstance(upload, Upload) else None,
        "part_size": plan.part_size if plan else None,
        "part_count": plan.count if plan else None,
        "expires_at": None,
    }


def sending_answer(upload: Upload, signed: SignedUpload) -> dict[str, Any]:
    """The one request that carries the bytes."""
    method: dict[str, Any] = (
        {"fields": signed.fields} if upload.method is Method.POST else {"headers": signed.headers}
    )
    return {"url": signed.url, "expires_at": rfc3339(signed.expires_at), **method}


def parts_answer(signed: SignedParts) -> dict[str, Any]:
    """The requests that carry parts."""
    parts = [
        {"part_number": part.number, "size": part.size, "url": part.url, "headers": {}}
        for part in signed.parts
    ]
    return {"parts": parts, "expires_at": rfc3339(signed.expires_at)}


def progress_answer(uploaded: Iterable[Part], missing: list[int] | None) -> dict[str, Any]:
    """Where a multipart upload stands."""
    arrived = [
        {"part_number": part.number, "size": part.size, "etag": part.etag or None}
        for part in uploaded
    ]
    return {"uploaded": arrived, "missing": missing}


def stored_asset(path: AssetPath, found: StoredObject, link: Link) -> dict[str, Any]:
    """One asset in full."""
    return {**asset_document(path, found), "link": link_answer(link)}


def listed_asset(path: AssetPath, found: ListedObject, link: Link | None) -> dict[str, Any]:
    """One asset as a listing knows it: the type is the extension's."""
    return {
        **named(path, found.key),
        "size": found.size,
        "content_type": served_type(path.filename),
        "etag": found.etag,
        "last_modified": rfc3339(found.last_modified),
        "metadata": None,
        "checksum_sha256": None,
        "link": link_answer(link) if link else None,
    }
