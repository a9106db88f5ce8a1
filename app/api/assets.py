"""``/v1/assets``: what is the caller's."""

from __future__ import annotations

from flask import Response

from app.api.answers import answer, asset_answer, asset_page, package_answer
from app.api.context import caller, services
from app.api.cursors import open_cursor
from app.api.documentation import Blueprint
from app.domain.packages import is_main_file
from app.domain.paths import AssetPath
from app.schemas.assets import (
    AssetPageSchema,
    AssetPathSchema,
    AssetQuery,
    AssetQuerySchema,
    AssetSchema,
)

blp = Blueprint("assets", description="List, look at and verify assets")


@blp.route("/v1/assets", methods=["GET"])
@blp.arguments(AssetQuerySchema, location="query")
@blp.response(200, AssetPageSchema)
@blp.problems(404, 409, 422)
def list_assets(query: AssetQuery) -> Response:
    """List assets.

    In key order, which within a kind is the order of creation, or the newest first. A page may be
    shorter than `limit`, even empty, while there is a `next_cursor`.
    """
    listings = services.assets.listings
    name = listings.name(caller(), query.filters)
    state = open_cursor(query.cursor, name)
    page = listings.page(caller(), query.filters, limit=query.limit, state=state)
    return answer(asset_page(page, name, signed=query.sign))


@blp.route("/v1/assets/<path:path>", methods=["GET"])
@blp.response(200, AssetSchema)
@blp.problems(404, 422)
def get_asset(path: str) -> Response:
    """Show one asset, with its metadata and links to it and its preview.

    The manifest of a package tells its files and bytes, too.
    """
    asset_path = AssetPath.parse(path)
    found, preview, package = services.assets.library.show(caller(), asset_path)
    more = package_answer(package) if is_main_file(asset_path) else {}
    return asset_answer(asset_path, found, preview, more=more)


@blp.route("/v1/assets/verify", methods=["POST"])
@blp.arguments(AssetPathSchema)
@blp.response(200, AssetSchema)
@blp.problems(404)
def verify_asset(path: AssetPath) -> Response:
    """Judge an object that came without completion.

    By its kind's rules: type, size, first bytes. A bad one is removed if an upload of this
    service brought it; what a back end wrote is never removed.
    """
    return asset_answer(path, services.assets.completion.verify(caller(), path))
