"""``/r/{token}``: where an upload request's link leads; the one way for strangers to store
something (T66 to T69)."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from app.api.answers import answer
from app.api.context import services
from app.api.documentation import Blueprint
from app.api.share_links import guard, preferred, render_not_found
from app.api.upload_answers import parts_answer, progress_answer, sending_answer, upload_answer
from app.assets.request_records import KeptRequest
from app.domain.declarations import Declaration
from app.domain.documents import rfc3339
from app.domain.errors import NotFound
from app.domain.policy import RULES
from app.operations.audit import concerns
from app.schemas.multipart import PartNumbersSchema, SignedPartsSchema
from app.schemas.upload_requests import OpenedRequestSchema, ReceiptSchema
from app.schemas.uploads import (
    Completion,
    CompletionSchema,
    SendingSchema,
    UploadSchema,
    UploadStateSchema,
)

blp = Blueprint("request_links", description="Where an upload request's link leads", public=True)
blp.register_error_handler(NotFound, render_not_found)
blp.after_request(guard)


@blp.route("/r/<token>", methods=["GET"])
@blp.response(200, OpenedRequestSchema, description="What is asked for")
@blp.alt_response(302, description="To the page that takes the files, for browsers")
@blp.problems(404, 502, 503)
def open_request(token: str) -> Response:
    """Open an upload request.

    Needs no token but the link's own. Browsers are sent to `REQUEST_PAGE_URL` where there is one.
    Unknown, expired, revoked: the same 404.
    """
    requests = services.assets.upload_requests
    wants_page = preferred("application/json", "text/html") == "text/html"
    if wants_page and (page := requests.page_for(token)):
        return Response(status=302, headers={"Location": page})
    return answer(_opened_answer(requests.look(token)))


@blp.route("/r/<token>/uploads", methods=["POST"])
@blp.arguments(SendingSchema)
@blp.response(201, UploadSchema)
@blp.problems(404, 409, 413, 415, 422, 429, 502, 503)
def create_requested_upload(wanted: Declaration, token: str) -> Response:
    """Start an upload that was asked for.

    As `POST /v1/uploads`, in the place that the owner chose. 409 `request-full` once as many files
    were declared as were asked for.
    """
    upload_id, upload, sending = services.assets.upload_requests.declare(token, wanted)
    concerns(upload.key)
    document = upload_answer(upload_id, upload) | sending_answer(upload, sending)
    location = url_for("request_links.get_requested_upload", token=token, upload_id=upload_id)
    return answer(document, 201, {"Location": location})


@blp.route("/r/<token>/uploads/<upload_id>", methods=["GET"])
@blp.response(200, UploadStateSchema)
@blp.problems(404, 413, 502, 503)
def get_requested_upload(token: str, upload_id: str) -> Response:
    """Show where such an upload stands; as `GET /v1/uploads/{upload_id}`."""
    upload, state = services.assets.upload_requests.state(token, upload_id)
    return answer(upload_answer(upload_id, upload) | progress_answer(upload, state))


@blp.route("/r/<token>/uploads/<upload_id>/parts", methods=["POST"])
@blp.arguments(PartNumbersSchema)
@blp.response(200, SignedPartsSchema)
@blp.problems(404, 413, 422, 502, 503)
def sign_requested_parts(numbers: list[int], token: str, upload_id: str) -> Response:
    """Sign part URLs of such an upload afresh."""
    signed = services.assets.upload_requests.sign_parts(token, upload_id, numbers)
    return answer(parts_answer(signed))


@blp.route("/r/<token>/uploads/<upload_id>/complete", methods=["POST"])
@blp.arguments(CompletionSchema, required=False)
@blp.response(200, ReceiptSchema)
@blp.problems(404, 409, 413, 422, 502, 503)
def complete_requested_upload(known: Completion, token: str, upload_id: str) -> Response:
    """Finish such an upload and verify what arrived; the answer leads to nothing."""
    upload, found = services.assets.upload_requests.complete(
        token, upload_id, known.checksum_crc64nvme
    )
    concerns(upload.key)
    named = {"filename": upload.path.filename, "content_type": upload.content_type}
    return answer(named | {"size": found.size})


@blp.route("/r/<token>/uploads/<upload_id>", methods=["DELETE"])
@blp.response(204)
@blp.problems(404, 502, 503)
def abort_requested_upload(token: str, upload_id: str) -> Response:
    """Give such an upload up. It still counts as one of the files."""
    services.assets.upload_requests.give_up(token, upload_id)
    return Response(status=204)


def _opened_answer(kept: KeptRequest) -> dict[str, Any]:
    terms = kept.request.terms
    return {
        "kind": terms.kind.value,
        "content_types": terms.content_types or sorted(RULES[terms.kind].content_types),
        "max_bytes": services.assets.upload_requests.max_bytes(kept.request),
        "max_files": terms.max_files,
        "files_left": max(0, terms.max_files - kept.files),
        "expires_at": rfc3339(kept.request.expires_at),
        "note": terms.note,
    }
