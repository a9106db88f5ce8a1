"""``/v1/uploads``: declare, send straight to S3, complete."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Response, url_for
from uuid_utils import uuid7

from app.api.answers import answer, stored_asset, upload_answer
from app.api.context import caller_root, services
from app.api.documentation import Blueprint
from app.auth.bearer import current_principal
from app.domain.errors import AlreadyExists, ValidationFailed
from app.domain.uploads import Declaration, Upload, declare_upload
from app.schemas.assets import AssetSchema
from app.schemas.uploads import NewUploadSchema, UploadSchema

blp = Blueprint("uploads", description="Send a file from the browser straight to S3")


@blp.route("/v1/uploads", methods=["POST"])
@blp.arguments(NewUploadSchema)
@blp.response(201, UploadSchema)
@blp.problems(409, 413, 415)
def create_upload(declared: dict[str, Any]) -> Response:
    """Start an upload.

    Declares a file and answers with a presigned request for its bytes, which the browser sends to
    S3 itself. Size, type and checksum are signed, and nothing that exists is overwritten. Then call
    `complete`.
    """
    root, declaration = caller_root(), Declaration(**declared)
    if declaration.method == "post" and not services.post_policies:
        raise ValidationFailed.at("/method", "This store takes no form uploads; use put")
    upload = declare_upload(
        declaration,
        root,
        asset_id=str(uuid7()),
        mark=secrets.token_urlsafe(16),
        max_bytes=services.max_bytes,
    )
    if declaration.asset_id and services.store.head(root.key(upload.path)):
        raise AlreadyExists
    upload_id = services.upload_ids.seal(upload.to_claims())
    location = url_for("uploads.get_upload", upload_id=upload_id)
    signed = services.uploads.sign(upload)
    return answer(upload_answer(upload_id, upload, signed), 201, {"Location": location})


@blp.route("/v1/uploads/<upload_id>", methods=["GET"])
@blp.response(200, UploadSchema)
@blp.problems(404)
def get_upload(upload_id: str) -> Response:
    """Show an upload, signed afresh."""
    upload = open_upload(upload_id)
    return answer(upload_answer(upload_id, upload, services.uploads.sign(upload)))


@blp.route("/v1/uploads/<upload_id>/complete", methods=["POST"])
@blp.response(200, AssetSchema)
@blp.problems(404, 409, 422)
def complete_upload(upload_id: str) -> Response:
    """Finish an upload and verify what arrived.

    Holds size, type, checksum and the first bytes against what was declared. What differs is
    removed. A second call answers the same.
    """
    upload = open_upload(upload_id)
    found = services.verifier.verify_upload(upload)
    [link] = services.links.sign(caller_root(), [upload.path])
    return answer(stored_asset(upload.path, found, link))


@blp.route("/v1/uploads/<upload_id>", methods=["DELETE"])
@blp.response(204)
@blp.problems(404)
def abort_upload(upload_id: str) -> Response:
    """Give an upload up. An asset that was completed stays."""
    open_upload(upload_id)
    return Response(status=204)


def open_upload(upload_id: str) -> Upload:
    """The caller's upload that ``upload_id`` seals; ``NotFound`` for anything else (T22)."""
    return Upload.from_claims(services.upload_ids.open(upload_id), sub=current_principal.sub)
