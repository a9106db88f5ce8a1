"""Deleting assets: one, a package, a thousand by name."""

from __future__ import annotations

from flask import Response

from app.api.answers import answer, folder_deletion_answer
from app.api.context import caller, services
from app.api.documentation import Blueprint
from app.domain.paths import AssetPath
from app.schemas.manage import (
    DeletionQuery,
    DeletionQuerySchema,
    DeletionSchema,
    FolderDeletionSchema,
    PathsSchema,
)

blp = Blueprint("deletions", description="Delete assets")


@blp.route("/v1/assets/<path:path>", methods=["DELETE"])
@blp.arguments(DeletionQuerySchema, location="query")
@blp.response(204)
@blp.alt_response(200, schema=FolderDeletionSchema, description="With `recursive`")
@blp.problems(404, 422)
def delete_asset(query: DeletionQuery, path: str) -> Response:
    """Delete one asset, or a package.

    204 also the second time. With `recursive`, everything below `…/{kind}/{asset_id}` goes, by that
    path or by the manifest in it, up to 5,000 objects a call: call again until `complete`.
    """
    asset_path, deletion = AssetPath.parse(path), services.assets.deletion
    if query.recursive:
        return folder_deletion_answer(deletion.delete_package(caller(), asset_path))
    deletion.delete(caller(), asset_path)
    return Response(status=204)


@blp.route("/v1/assets/delete", methods=["POST"], large_body=True)
@blp.arguments(PathsSchema)
@blp.response(200, DeletionSchema)
def delete_assets(paths: list[AssetPath]) -> Response:
    """Delete up to 1,000 assets.

    What is not there counts as deleted. What could not be deleted is named with its problem.
    """
    failures = services.assets.deletion.delete_many(caller(), paths)
    deleted = dict.fromkeys(path.text for path in paths if path.text not in failures)
    errors = [{"path": path, "code": problem.slug} for path, problem in failures.items()]
    return answer({"deleted": [*deleted], "errors": errors})
