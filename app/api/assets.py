"""``/v1/assets``: what is the caller's."""

from __future__ import annotations

from typing import Any

from flask import Response

from app.api.answers import answer, listed_asset, stored_asset
from app.api.context import caller_root, services
from app.api.cursors import open_cursor, seal_cursor
from app.api.documentation import Blueprint
from app.assets.metrics import COMPLETED
from app.domain.errors import NotFound
from app.domain.paths import AssetPath
from app.schemas.assets import AssetPageSchema, AssetPathSchema, AssetQuerySchema, AssetSchema

blp = Blueprint("assets", description="List, look at and verify assets")


@blp.route("/v1/assets", methods=["GET"])
@blp.arguments(AssetQuerySchema, location="query")
@blp.response(200, AssetPageSchema)
@blp.problems(404, 422)
def list_assets(query: dict[str, Any]) -> Response:
    """List assets.

    In key order, which within a kind is the order of creation. A page may be shorter than `limit`
    while there is a `next_cursor`.
    """
    root = caller_root()
    prefix = root.list_prefix(
        kind=query["kind"], project_id=query["project_id"], prefix=query["prefix"]
    )
    page = services.listing.page(
        prefix, limit=query["limit"], token=open_cursor(query["cursor"], prefix)
    )
    named = [(path, found) for found in page.objects if (path := root.try_path_of(found.key))]
    links = services.links.sign(root, (path for path, _ in named)) if query["sign"] else None
    items = [
        listed_asset(path, found, links[index] if links else None)
        for index, (path, found) in enumerate(named)
    ]
    return answer({"items": items, "next_cursor": seal_cursor(page.next_token, prefix)})


@blp.route("/v1/assets/<path:path>", methods=["GET"])
@blp.response(200, AssetSchema)
@blp.problems(404, 422)
def get_asset(path: str) -> Response:
    """Show one asset, with its metadata and a link."""
    root, asset_path = caller_root(), AssetPath.parse(path)
    found = services.store.head(root.key(asset_path))
    if found is None:
        raise NotFound
    [link] = services.links.sign(root, [asset_path])
    return answer(stored_asset(asset_path, found, link))


@blp.route("/v1/assets/verify", methods=["POST"])
@blp.arguments(AssetPathSchema)
@blp.response(200, AssetSchema)
@blp.problems(404)
def verify_asset(named: dict[str, str]) -> Response:
    """Judge an object that came without completion.

    By its kind's rules: type, size, first bytes. A bad one is removed if an upload of this
    service brought it; what a back end wrote is never removed.
    """
    root, path = caller_root(), AssetPath.parse(named["path"])
    try:
        found = services.verifier.verify_object(root, path)
    finally:
        # It came without the gateway's knowledge, or is removed. What Uppy reserved for it stays
        # held: its form can still be replayed, with more bytes.
        services.quota.changed(root.sub)
    COMPLETED.inc(found.size)
    [link] = services.links.sign(root, [path])
    return answer(stored_asset(path, found, link))
