"""``/v1/uploads``: declare, send straight to S3, complete. What parts add is in ``multipart``."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Response, url_for
from uuid_utils import uuid7

from app.api.answers import (
    answer,
    parts_answer,
    progress_answer,
    sending_answer,
    stored_asset,
    upload_answer,
)
from app.api.context import caller_root, services
from app.api.documentation import Blueprint
from app.assets.metrics import COMPLETED, DECLARED
from app.auth.bearer import current_principal
from app.domain.errors import AlreadyExists, Problem, UploadRejected, ValidationFailed
from app.domain.parts import MAX_BATCH
from app.domain.uploads import Declaration, ListedUpload, Upload, declare_upload, upload_of
from app.operations.audit import concerns
from app.schemas.assets import AssetSchema
from app.schemas.uploads import NewUploadSchema, UploadSchema, UploadStateSchema

blp = Blueprint("uploads", description="Send a file from the browser straight to S3")


@blp.route("/v1/uploads", methods=["POST"])
@blp.arguments(NewUploadSchema)
@blp.response(201, UploadSchema)
@blp.problems(409, 413, 415)
def create_upload(declared: dict[str, Any]) -> Response:
    """Start an upload.

    Declares a file and answers with presigned requests for its bytes, which the browser sends to
    S3 itself: one, or one a part. Size, type and checksum are signed, and nothing that exists is
    overwritten. Then call `complete`.
    """
    upload = _declare(Declaration(**declared))
    if plan := upload.plan:
        reserve(upload)
        upload = begin(upload)
        first = range(1, min(plan.count, MAX_BATCH) + 1)
        sending = parts_answer(services.uploads.sign_parts(upload, plan, first))
    else:
        sending = sending_answer(upload, services.uploads.sign(upload))
        # Last, so that what could not be signed reserves nothing.
        reserve(upload)
    DECLARED.inc(upload.size)
    upload_id = services.upload_ids.sign(upload.to_claims())
    location = url_for("uploads.get_upload", upload_id=upload_id)
    return answer(upload_answer(upload_id, upload) | sending, 201, {"Location": location})


@blp.route("/v1/uploads/<upload_id>", methods=["GET"])
@blp.response(200, UploadStateSchema)
@blp.problems(404, 413)
def get_upload(upload_id: str) -> Response:
    """Show where an upload stands.

    One by PUT or POST is signed afresh. A multipart one names the parts that are there and those
    that are missing: sign these, send them, complete. A part of another size counts as missing.
    """
    upload = _open(upload_id)
    document = upload_answer(upload_id, upload)
    if isinstance(upload, ListedUpload):
        return answer(document | progress_answer(services.large_uploads.parts(upload), None))
    if plan := upload.plan:
        return answer(document | progress_answer(*services.large_uploads.progress(upload, plan)))
    reserve(upload)
    sending = sending_answer(upload, services.uploads.sign(upload))
    return answer(document | sending | progress_answer([], []))


@blp.route("/v1/uploads/<upload_id>/complete", methods=["POST"])
@blp.response(200, AssetSchema)
@blp.problems(404, 409, 413, 422)
def complete_upload(upload_id: str) -> Response:
    """Finish an upload and verify what arrived.

    Puts the parts together if there are any, and names those that are missing. Holds size, type,
    checksum and the first bytes against what was declared. What differs is removed. A second call
    answers the same.
    """
    upload = open_upload(upload_id)
    if plan := upload.plan:
        services.large_uploads.finish(upload, plan)
    try:
        found = services.verifier.verify_upload(upload)
    except UploadRejected:
        if upload.plan:  # its URLs are dead; those of a PUT or a POST are not
            services.quota.release(current_principal, upload.mark)
        raise
    services.quota.settle(
        current_principal,
        upload.mark,
        found.size,
        found.last_modified,
        remove=lambda: services.store.delete_version(found),
    )
    COMPLETED.inc(found.size)
    [link] = services.links.sign(caller_root(), [upload.path])
    return answer(stored_asset(upload.path, found, link))


@blp.route("/v1/uploads/<upload_id>", methods=["DELETE"])
@blp.response(204)
@blp.problems(404)
def abort_upload(upload_id: str) -> Response:
    """Give an upload up, also the second time. An asset that was completed stays.

    What a multipart upload reserved of the quota is free at once. The listing does not know what
    was declared: given up by an id from there, it is free when its URLs have expired.
    """
    upload = _open(upload_id)
    if isinstance(upload, ListedUpload) or upload.plan:
        services.large_uploads.give_up(upload)
        if isinstance(upload, Upload):
            services.quota.release(current_principal, upload.mark)
    return Response(status=204)


def open_upload(upload_id: str) -> Upload:
    """The caller's upload that ``upload_id`` seals; ``NotFound`` for anything else (T22).

    Raises ``ValidationFailed`` for an id from a listing, which knows nothing that was declared.
    """
    upload = _open(upload_id)
    if isinstance(upload, ListedUpload):
        raise ValidationFailed("An id from a listing serves to look and to abort")
    return upload


def reserve(upload: Upload) -> None:
    """Hold the upload's bytes against the quota as long as the URLs that are about to be signed.

    Raises ``QuotaExceeded``.
    """
    services.quota.reserve(
        current_principal, upload.mark, upload.size, multipart=upload.plan is not None
    )


def begin(upload: Upload) -> Upload:
    """``upload`` with S3's upload id; what was reserved is given back when S3 refuses."""
    try:
        return services.large_uploads.begin(upload)
    except Problem:
        services.quota.release(current_principal, upload.mark)
        raise


def _open(upload_id: str) -> Upload | ListedUpload:
    upload = upload_of(services.upload_ids.verify(upload_id), sub=current_principal.sub)
    concerns(upload.path.text)
    return upload


def _declare(declaration: Declaration) -> Upload:
    """The upload that is asked for; ``AlreadyExists`` when its place in a package is taken."""
    root = caller_root()
    if declaration.method == "post" and not services.post_policies:
        raise ValidationFailed.at("/method", "This store takes no form uploads; use put")
    upload = declare_upload(
        declaration,
        root,
        asset_id=str(uuid7()),
        mark=secrets.token_urlsafe(16),
        max_bytes=services.max_bytes,
        part_sizes=services.part_sizes,
    )
    concerns(upload.path.text)
    if declaration.asset_id and services.store.head(root.key(upload.path)):
        raise AlreadyExists
    return upload
