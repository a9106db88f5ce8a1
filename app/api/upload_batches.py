"""``/v1/uploads`` by the thousand: declare many files in one call, complete many in another."""

from __future__ import annotations

from flask import Response

from app.api.answers import answer
from app.api.context import caller, services
from app.api.documentation import Blueprint
from app.api.upload_answers import batch_answer, completed_answer
from app.api.upload_ids import try_open_upload
from app.schemas.upload_batches import (
    Batch,
    BatchAnswerSchema,
    BatchSchema,
    CompletedUploadsSchema,
    Completions,
    CompletionsSchema,
)

blp = Blueprint("upload_batches", description="Send many files", signing=True, large_body=True)


@blp.route("/v1/uploads/batch", methods=["POST"])
@blp.arguments(BatchSchema)
@blp.response(200, BatchAnswerSchema)
def create_uploads(batch: Batch) -> Response:
    """Start up to 1,000 uploads.

    Each item answers with an upload, as `POST /v1/uploads` does, or with its own problem: one
    item's fault concerns that item alone. Quota is held in order. With `package` all files lie
    under one new asset id, and their names may have folders. At most 50 multipart uploads are begun
    in one call.
    """
    declared = services.assets.upload_batches.declare(
        caller(), batch.uploads, package=batch.package
    )
    return answer({"items": [batch_answer(item) for item in declared]})


@blp.route("/v1/uploads/complete", methods=["POST"])
@blp.arguments(CompletionsSchema)
@blp.response(200, CompletedUploadsSchema)
def complete_uploads(known: Completions) -> Response:
    """Finish up to 100 uploads and verify what arrived.

    Each item answers with its asset or with its own problem, as completing one does;
    `checksums_crc64nvme` has what is known of each file.
    """
    uploads = [try_open_upload(upload_id) for upload_id in known.upload_ids]
    completed = services.assets.completion_batches.complete(
        caller(), uploads, known.checksums_crc64nvme
    )
    return answer({"items": completed_answer(completed)})
