"""Copying and moving assets between the library and projects."""

from __future__ import annotations

from flask import Response

from app.api.answers import asset_answer
from app.api.context import caller, services
from app.api.documentation import Blueprint
from app.schemas.assets import AssetSchema
from app.schemas.manage import Relocation, RelocationSchema

blp = Blueprint("copies", description="Copy and move assets between library and projects")


@blp.route("/v1/assets/copy", methods=["POST"])
@blp.arguments(RelocationSchema)
@blp.response(201, AssetSchema)
@blp.problems(404, 409, 413, 415)
def copy_asset(wanted: Relocation) -> Response:
    """Copy an asset.

    To a kind of the library, or of a project, under a new asset id: nothing is overwritten.
    `…/{kind}/{asset_id}` alone, or the manifest in it, stands for the whole package, of at most
    1,000 files; the answer is then its manifest.
    """
    return asset_answer(*services.assets.copies.copy(caller(), *wanted), status=201)


@blp.route("/v1/assets/move", methods=["POST"])
@blp.arguments(RelocationSchema)
@blp.response(201, AssetSchema)
@blp.problems(404, 409, 413, 415)
def move_asset(wanted: Relocation) -> Response:
    """Move an asset.

    As `copy`; the original is deleted once the copy has been verified. Whatever fails on the way,
    the asset is still there, at one place or both.
    """
    return asset_answer(*services.assets.copies.move(caller(), *wanted), status=201)
