"""``/v1/uploads``: declare, send straight to S3, complete. What parts add is in ``multipart``."""

from __future__ import annotations

from flask import Response, url_for

from app.api.answers import answer, asset_answer
from app.api.context import caller, services
from app.api.documentation import Blueprint
from app.api.upload_answers import progress_answer, sending_answer, upload_answer
from app.api.upload_ids import find_upload, open_upload, sign_upload
from app.domain.declarations import Declaration
from app.operations.audit import concerns
from app.schemas.assets import AssetSchema
from app.schemas.uploads import (
    Completion,
    CompletionSchema,
    NewUploadSchema,
    UploadSchema,
    UploadStateSchema,
)

blp = Blueprint("uploads", description="Send a file from the browser straight to S3")


@blp.route("/v1/uploads", methods=["POST"])
@blp.arguments(NewUploadSchema)
@blp.response(201, UploadSchema)
@blp.problems(404, 409, 413, 415)
def create_upload(declaration: Declaration) -> Response:
    """Start an upload.

    Declares a file and answers with presigned requests for its bytes, which the browser sends to
    S3 itself: one, or one a part. Size, type and checksum are signed, and nothing that exists is
    overwritten. Then call `complete`.

    With `preview_for` it is a small picture beside that asset (WebP, JPEG or PNG, at most 1 MiB),
    which listings and answers show as the asset's `preview`: 404 without the asset, 409 when it has
    one, 422 for an asset without a folder of its own.
    """
    upload, sending = services.assets.uploads.declare(caller(), declaration)
    concerns(upload.path.text)
    upload_id = sign_upload(upload)
    document = upload_answer(upload_id, upload) | sending_answer(upload, sending)
    location = url_for("uploads.get_upload", upload_id=upload_id)
    return answer(document, 201, {"Location": location})


@blp.route("/v1/uploads/<upload_id>", methods=["GET"])
@blp.response(200, UploadStateSchema)
@blp.problems(404, 413)
def get_upload(upload_id: str) -> Response:
    """Show where an upload stands.

    One by PUT or POST is signed afresh. A multipart one names the parts that are there and those
    that are missing: sign these, send them, complete. A part of another size counts as missing.
    """
    upload = find_upload(upload_id)
    state = services.assets.uploads.state(caller(), upload)
    return answer(upload_answer(upload_id, upload) | progress_answer(upload, state))


@blp.route("/v1/uploads/<upload_id>/complete", methods=["POST"])
@blp.arguments(CompletionSchema, required=False)
@blp.response(200, AssetSchema)
@blp.problems(404, 409, 413, 422)
def complete_upload(known: Completion, upload_id: str) -> Response:
    """Finish an upload and verify what arrived.

    Puts the parts together if there are any, and names those that are missing. Holds size, type,
    checksum and the first bytes against what was declared, and `checksum_crc64nvme`, if it is sent,
    against the store's own. What differs is removed. A second call answers the same. The upload of
    a preview answers with the asset that it is for.
    """
    upload = open_upload(upload_id)
    return asset_answer(
        *services.assets.uploads.complete(caller(), upload, known.checksum_crc64nvme)
    )


@blp.route("/v1/uploads/<upload_id>", methods=["DELETE"])
@blp.response(204)
@blp.problems(404)
def abort_upload(upload_id: str) -> Response:
    """Give an upload up, also the second time. An asset that was completed stays.

    What a multipart upload reserved of the quota is free at once. The listing does not know what
    was declared: given up by an id from there, it is free when its URLs have expired.
    """
    services.assets.uploads.give_up(caller(), find_upload(upload_id))
    return Response(status=204)
