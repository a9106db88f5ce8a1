"""``/v1/uploads`` in parts: fresh part URLs, and what is unfinished."""

from __future__ import annotations

from typing import Any

from flask import Response

from app.api.answers import answer, parts_answer
from app.api.context import caller_root, services
from app.api.cursors import open_cursor, seal_cursor
from app.api.documentation import Blueprint
from app.api.uploads import open_upload, reserve
from app.domain.documents import rfc3339
from app.domain.errors import ValidationFailed
from app.domain.uploads import ListedUpload
from app.schemas.uploads import (
    PartNumbersSchema,
    SignedPartsSchema,
    UnfinishedUploadsSchema,
    UploadsQuerySchema,
)

blp = Blueprint("multipart", description="Send large files in parts, and resume")


@blp.route("/v1/uploads/<upload_id>/parts", methods=["POST"], signing=True)
@blp.arguments(PartNumbersSchema)
@blp.response(200, SignedPartsSchema)
@blp.problems(404, 413)
def sign_parts(asked: dict[str, list[int]], upload_id: str) -> Response:
    """Sign part URLs afresh.

    For up to 1,000 different parts of a multipart upload, each for exactly its size.
    """
    upload, numbers = open_upload(upload_id), asked["part_numbers"]
    plan = upload.plan
    if plan is None:
        raise ValidationFailed("This upload goes in one request and has no parts")
    plan.check_numbers(numbers)
    reserve(upload)
    return answer(parts_answer(services.uploads.sign_parts(upload, plan, numbers)))


@blp.route("/v1/uploads", methods=["GET"])
@blp.arguments(UploadsQuerySchema, location="query")
@blp.response(200, UnfinishedUploadsSchema)
@blp.problems(404)
def list_uploads(query: dict[str, Any]) -> Response:
    """List unfinished multipart uploads.

    The ids given here serve to look and to abort; to resume, keep the id that creation gave. A page
    may be shorter than `limit` while there is a `next_cursor`.
    """
    root = caller_root()
    listing = f"uploads of {root.prefix}"
    page, token = services.large_uploads.unfinished(
        root, limit=query["limit"], token=open_cursor(query["cursor"], listing)
    )
    items = [
        {
            "upload_id": services.upload_ids.sign(
                ListedUpload(root.sub, path, found.upload_id).to_claims()
            ),
            "path": path.text,
            "key": found.key,
            "size": None,
            "initiated_at": rfc3339(found.initiated_at),
        }
        for found in page
        if (path := root.try_path_of(found.key))
    ]
    return answer({"items": items, "next_cursor": seal_cursor(token, listing)})
