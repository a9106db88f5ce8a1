"""``/v1/requests``: the caller asks for files from whoever has a link."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from app.api.answers import answer
from app.api.context import caller, caller_root, services
from app.api.cursors import open_cursor, sign_cursor
from app.api.documentation import Blueprint
from app.assets.request_records import KeptRequest
from app.domain.documents import rfc3339
from app.domain.upload_requests import requests_prefix
from app.schemas.inputs import PageQuery, RecordPageQuerySchema
from app.schemas.upload_requests import (
    NewRequest,
    NewRequestSchema,
    RequestPageSchema,
    UploadRequestSchema,
)

blp = Blueprint("upload_requests", description="Ask for files from whoever has a link")


@blp.route("/v1/requests", methods=["POST"])
@blp.arguments(NewRequestSchema)
@blp.response(201, UploadRequestSchema)
def create_request(wanted: NewRequest) -> Response:
    """Ask for files.

    Whoever has the link sends up to `max_files` files into this folder of yours, without an
    account, within your quota, and sees nothing else. It lives until `expires_in` has passed or it
    is revoked.
    """
    return answer(_request_answer(services.assets.upload_requests.create(caller(), *wanted)), 201)


@blp.route("/v1/requests", methods=["GET"])
@blp.arguments(RecordPageQuerySchema, location="query")
@blp.response(200, RequestPageSchema)
@blp.problems(404)
def list_requests(query: PageQuery) -> Response:
    """List open requests.

    A page may be shorter than `limit` while there is a `next_cursor`.
    """
    listing = requests_prefix(caller_root())
    token = open_cursor(query.cursor, listing)
    page = services.assets.upload_requests.page(caller(), limit=query.limit, token=token)
    items = [_request_answer(each) for each in page.requests]
    return answer({"items": items, "next_cursor": sign_cursor(page.next_token, listing)})


@blp.route("/v1/requests/<upload_request_id>", methods=["DELETE"])
@blp.response(204)
@blp.problems(404)
def revoke_request(upload_request_id: str) -> Response:
    """Revoke a request.

    At once: nothing more is declared or completed. A URL already given takes its bytes until it
    expires.
    """
    services.assets.upload_requests.revoke(caller(), upload_request_id)
    return Response(status=204)


def _request_answer(kept: KeptRequest) -> dict[str, Any]:
    """The request with its link; the Host header is never trusted to make it absolute (T47)."""
    requests, request = services.assets.upload_requests, kept.request
    path = url_for("request_links.open_request", token=requests.token_of(request))
    terms = request.terms
    return {
        "request_id": request.request_id,
        "url": services.signing.share_base_url + path,
        "kind": terms.kind.value,
        "project_id": terms.project_id,
        "content_types": terms.content_types,
        "max_bytes": requests.max_bytes(request),
        "max_files": terms.max_files,
        "files": kept.files,
        "expires_at": rfc3339(request.expires_at),
        "note": terms.note,
    }
