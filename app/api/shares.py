"""``/v1/shares``: one asset, opened to whoever has the link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, url_for

from app.api.answers import answer
from app.api.context import caller, caller_root, services
from app.api.cursors import open_cursor, sign_cursor
from app.api.documentation import Blueprint
from app.domain.documents import rfc3339
from app.domain.shares import Share, shares_prefix
from app.schemas.inputs import PageQuery, RecordPageQuerySchema
from app.schemas.shares import (
    NewShare,
    NewShareSchema,
    SharePageSchema,
    ShareSchema,
)

blp = Blueprint("shares", description="Open an asset to whoever has its link")


@blp.route("/v1/shares", methods=["POST"])
@blp.arguments(NewShareSchema)
@blp.response(201, ShareSchema)
@blp.problems(404, 409)
def create_share(wanted: NewShare) -> Response:
    """Share an asset, or a package by its manifest.

    The link needs no token. It lives until `expires_in` has passed, it is revoked, it was opened
    `max_opens` times, or the asset is deleted. A package takes CloudFront and `SHARE_PAGE_URL`.
    """
    share = services.assets.shares.create(caller(), wanted.path, wanted.terms)
    return answer(_share_answer(share, services.assets.shares.opens(caller(), [share])), 201)


@blp.route("/v1/shares", methods=["GET"])
@blp.arguments(RecordPageQuerySchema, location="query")
@blp.response(200, SharePageSchema)
@blp.problems(404)
def list_shares(query: PageQuery) -> Response:
    """List open shares.

    Those that have expired are removed on the way, so a page may be shorter than `limit` while
    there is a `next_cursor`.
    """
    listing = shares_prefix(caller_root())
    token = open_cursor(query.cursor, listing)
    page = services.assets.shares.page(caller(), limit=query.limit, token=token)
    opens = services.assets.shares.opens(caller(), page.shares)
    items = [_share_answer(share, opens) for share in page.shares]
    return answer({"items": items, "next_cursor": sign_cursor(page.next_token, listing)})


@blp.route("/v1/shares/<share_id>", methods=["DELETE"])
@blp.response(204)
@blp.problems(404)
def revoke_share(share_id: str) -> Response:
    """Revoke a share.

    At once: no further redirect is given. One already given lives to the end of its own link.
    """
    services.assets.shares.revoke(caller(), share_id)
    return Response(status=204)


def _share_answer(share: Share, opens: Mapping[str, int]) -> dict[str, Any]:
    """The share with its link; the Host header is never trusted to make it absolute (T47)."""
    token = services.assets.shares.token_of(share)
    return {
        "share_id": share.share_id,
        "url": services.signing.share_base_url + url_for("share_links.open_share", token=token),
        "path": share.path.text,
        "expires_at": rfc3339(share.expires_at),
        "disposition": share.disposition,
        "note": share.note,
        "max_opens": share.max_opens,
        "opens": opens.get(share.share_id),
    }
