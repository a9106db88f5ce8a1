"""How uploads look in JSON: what they are, and the requests that carry their bytes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from app.api.answers import link_answer
from app.api.context import caller, services
from app.api.problems import problem_document
from app.assets.previews import Finished
from app.assets.uploads import Sending, UploadState
from app.domain.documents import asset_document, rfc3339
from app.domain.errors import Problem
from app.domain.paths import Root
from app.domain.signed import PresignedPost, SignedParts, SignedUpload
from app.domain.uploads import ListedUpload, Method, Upload


def upload_answer(upload_id: str, upload: Upload | ListedUpload) -> dict[str, Any]:
    """What an upload is; what was not declared with it is null."""
    plan = upload.plan if isinstance(upload, Upload) else None
    return {
        "upload_id": upload_id,
        "asset_id": upload.path.asset_id,
        "path": upload.path.text,
        "key": upload.key,
        "method": upload.method.value if isinstance(upload, Upload) else Method.MULTIPART.value,
        "size": upload.size if isinstance(upload, Upload) else None,
        "part_size": plan.part_size if plan else None,
        "part_count": plan.count if plan else None,
        "expires_at": None,
    }


def sending_answer(upload: Upload, sending: Sending) -> dict[str, Any]:
    """The requests that carry the bytes."""
    if isinstance(sending, SignedParts):
        return parts_answer(sending)
    by_form = upload.method is Method.POST
    method = {"fields": sending.fields} if by_form else {"headers": sending.headers}
    return {"url": sending.url, "expires_at": rfc3339(sending.expires_at), **method}


def parts_answer(signed: SignedParts) -> dict[str, Any]:
    """The requests that carry parts."""
    parts = [
        {"part_number": part.number, "size": part.size, "url": part.url, "headers": {}}
        for part in signed.parts
    ]
    return {"parts": parts, "expires_at": rfc3339(signed.expires_at)}


def progress_answer(upload: Upload | ListedUpload, state: UploadState) -> dict[str, Any]:
    """Where an upload stands, with a fresh request for the bytes where that is one."""
    arrived = [
        {"part_number": part.number, "size": part.size, "etag": part.etag or None}
        for part in state.uploaded
    ]
    progress = {"uploaded": arrived, "missing": state.missing}
    if state.sending is None or isinstance(upload, ListedUpload):
        return progress
    return sending_answer(upload, state.sending) | progress


def batch_answer(item: tuple[Upload, Sending] | Problem) -> dict[str, Any]:
    """One item of a batch: the upload, or its problem."""
    if isinstance(item, Problem):
        return {"problem": problem_document(item)}
    upload, sending = item
    upload_id = services.signing.upload_ids.sign(upload.to_claims())
    return {"upload": upload_answer(upload_id, upload) | sending_answer(upload, sending)}


def completed_answer(
    items: Sequence[Finished | Problem],
) -> list[dict[str, Any]]:
    """What each upload became: the asset with its links, or its problem."""
    done = [item for item in items if not isinstance(item, Problem)]
    root, sign = Root(caller().sub), services.signing.links.sign
    links = iter(sign(root, [item.path for item in done]))
    previews = iter(sign(root, [item.preview for item in done if item.preview]))
    return [
        {"problem": problem_document(item)}
        if isinstance(item, Problem)
        else {
            "asset": {
                **asset_document(item.path, item.found),
                "link": link_answer(next(links)),
                "preview": link_answer(next(previews)) if item.preview else None,
            }
        }
        for item in items
    ]


def unfinished_answer(upload_id: str, upload: ListedUpload) -> dict[str, Any]:
    """One line of the listing of unfinished uploads."""
    return {
        "upload_id": upload_id,
        "path": upload.path.text,
        "key": upload.key,
        "size": None,
        "initiated_at": rfc3339(upload.initiated_at),
    }


def single_answer(upload: Upload, sending: PresignedPost | SignedUpload) -> dict[str, Any]:
    """Uppy's request for a whole file. It reads the key from a field, also where it sends none."""
    expires = {"expires": seconds_until(sending.expires_at)}
    if isinstance(sending, PresignedPost):
        return {"method": "POST", "url": sending.url, "fields": sending.fields} | expires
    document = {"method": "PUT", "url": sending.url, "headers": sending.headers}
    return document | {"fields": {"key": upload.key}} | expires


def seconds_until(expires_at: datetime) -> int:
    """Whole seconds from now on, at least one: Uppy's ``expires``."""
    return max(1, int((expires_at - datetime.now(UTC)).total_seconds()))
