"""``/v1/uploads`` in parts: fresh part URLs, and what is unfinished."""

from __future__ import annotations

from flask import Response

from app.api.answers import answer
from app.api.context import caller, caller_root, services
from app.api.cursors import open_cursor, sign_cursor
from app.api.documentation import Blueprint
from app.api.upload_answers import parts_answer, unfinished_answer
from app.api.upload_ids import open_upload, sign_upload
from app.schemas.inputs import PageQuery, PageQuerySchema
from app.schemas.multipart import (
    PartNumbersSchema,
    SignedPartsSchema,
    UnfinishedUploadsSchema,
)

blp = Blueprint("multipart", description="Send large files in parts, and resume")


@blp.route("/v1/uploads/<upload_id>/parts", methods=["POST"], signing=True, offline=True)
@blp.arguments(PartNumbersSchema)
@blp.response(200, SignedPartsSchema)
@blp.problems(404, 413)
def sign_parts(numbers: list[int], upload_id: str) -> Response:
    """Sign part URLs afresh.

    For up to 1,000 different parts of a multipart upload, each for exactly its size.
    """
    upload = open_upload(upload_id)
    return answer(parts_answer(services.assets.uploads.sign_parts(caller(), upload, numbers)))


@blp.route("/v1/uploads", methods=["GET"])
@blp.arguments(PageQuerySchema, location="query")
@blp.response(200, UnfinishedUploadsSchema)
@blp.problems(404)
def list_uploads(query: PageQuery) -> Response:
    """List unfinished multipart uploads.

    The ids given here serve to look and to abort; to resume, keep the id that creation gave. A page
    may be shorter than `limit` while there is a `next_cursor`.
    """
    listing = f"uploads of {caller_root().prefix}"
    found, token = services.assets.multipart_uploads.unfinished(
        caller(), limit=query.limit, token=open_cursor(query.cursor, listing)
    )
    items = [unfinished_answer(sign_upload(each), each) for each in found]
    return answer({"items": items, "next_cursor": sign_cursor(token, listing)})
