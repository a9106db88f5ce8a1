"""``/v1/shares``: one asset, opened to whoever has the link."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response, url_for

from app.api.answers import answer
from app.api.context import caller_root, services
from app.api.cursors import open_cursor, seal_cursor
from app.api.documentation import Blueprint
from app.domain.documents import rfc3339
from app.domain.errors import NotFound, ValidationFailed
from app.domain.paths import AssetPath
from app.domain.shares import Share, mint_share_id, shares_prefix
from app.schemas.shares import NewShareSchema, SharePageSchema, ShareQuerySchema, ShareSchema

blp = Blueprint("shares", description="Open an asset to whoever has its link")


@blp.route("/v1/shares", methods=["POST"])
@blp.arguments(NewShareSchema)
@blp.response(201, ShareSchema)
@blp.problems(404)
def create_share(wanted: dict[str, Any]) -> Response:
    """Share an asset.

    The link needs no token. It lives until `expires_in` has passed, it is revoked, or the asset is
    deleted.
    """
    root, path = caller_root(), AssetPath.parse(wanted["path"])
    seconds = wanted["expires_in"] or services.share_max_seconds
    if seconds > services.share_max_seconds:
        limit = f"A share lives at most {services.share_max_seconds} seconds"
        raise ValidationFailed.at("/expires_in", limit)
    if services.store.head(root.key(path)) is None:
        raise NotFound
    expires_at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
    share = Share(root.sub, mint_share_id(path), path, wanted["disposition"], expires_at)
    services.shares.write(share)
    return answer(_share_answer(share), 201)


@blp.route("/v1/shares", methods=["GET"])
@blp.arguments(ShareQuerySchema, location="query")
@blp.response(200, SharePageSchema)
@blp.problems(404)
def list_shares(query: dict[str, Any]) -> Response:
    """List open shares.

    Those that have expired are removed on the way, so a page may be shorter than `limit` while
    there is a `next_cursor`.
    """
    root = caller_root()
    listing = shares_prefix(root)
    token = open_cursor(query["cursor"], listing)
    page = services.shares.page(root, limit=query["limit"], token=token)
    return answer(
        {
            "items": [_share_answer(share) for share in page.shares],
            "next_cursor": seal_cursor(page.next_token, listing),
        }
    )


@blp.route("/v1/shares/<share_id>", methods=["DELETE"])
@blp.response(204)
@blp.problems(404)
def revoke_share(share_id: str) -> Response:
    """Revoke a share.

    At once: no further redirect is given. One already given lives to the end of its own link.
    """
    services.shares.revoke(caller_root(), share_id)
    return Response(status=204)


def _share_answer(share: Share) -> dict[str, Any]:
    """The share with its link; the Host header is never trusted to make it absolute (T47)."""
    token = services.share_tokens.sign([share.sub, share.share_id])
    return {
        "share_id": share.share_id,
        "url": services.share_base_url + url_for("share_links.open_share", token=token),
        "path": share.path.text,
        "expires_at": rfc3339(share.expires_at),
        "disposition": share.disposition,
    }
