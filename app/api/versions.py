"""Versions of assets, and bringing them back."""

from __future__ import annotations

from flask import Response

from app.api.answers import answer, asset_answer
from app.api.context import caller, services
from app.api.documentation import Blueprint
from app.domain.documents import rfc3339
from app.domain.paths import AssetPath
from app.schemas.assets import AssetPathSchema, AssetSchema
from app.schemas.manage import (
    Restoration,
    RestorationSchema,
    VersionsSchema,
)

blp = Blueprint("versions", description="See and restore what a versioned bucket kept")


@blp.route("/v1/versions", methods=["GET"])
@blp.arguments(AssetPathSchema, location="query")
@blp.response(200, VersionsSchema)
@blp.problems(404, 409)
def list_versions(path: AssetPath) -> Response:
    """List the versions of an asset, newest first.

    The newest 1,000, deletions among them.
    """
    items = [
        {**version._asdict(), "last_modified": rfc3339(version.last_modified)}
        for version in services.assets.versions.list(caller(), path)
    ]
    return answer({"items": items})


@blp.route("/v1/assets/restore", methods=["POST"])
@blp.arguments(RestorationSchema)
@blp.response(200, AssetSchema)
@blp.problems(404, 409, 413)
def restore_asset(wanted: Restoration) -> Response:
    """Bring a deleted asset or an old version back.

    Without `version_id`: undelete. An old version becomes the newest one; those above it are kept.
    The manifest of a package, or `…/{kind}/{asset_id}` alone, without a `version_id` stands for all
    its files: every one that was deleted comes back, up to 1,000.
    """
    return asset_answer(*services.assets.versions.restore(caller(), wanted.path, wanted.version_id))
