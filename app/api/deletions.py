"""Deleting assets: one, a package, a thousand by name."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask import Response

from app.api.answers import answer
from app.api.context import caller_root, services
from app.api.documentation import Blueprint
from app.domain.errors import ValidationFailed
from app.domain.paths import AssetPath, Root
from app.schemas.manage import (
    DeletionQuerySchema,
    DeletionSchema,
    FolderDeletionSchema,
    PathsSchema,
)

blp = Blueprint("deletions", description="Delete assets")

#: A thousand objects each: what one call does of a folder.
MAX_BATCHES = 5


@blp.route("/v1/assets/<path:path>", methods=["DELETE"])
@blp.arguments(DeletionQuerySchema, location="query")
@blp.response(204)
@blp.alt_response(200, schema=FolderDeletionSchema, description="With `recursive`")
@blp.problems(404, 422)
def delete_asset(query: dict[str, Any], path: str) -> Response:
    """Delete one asset, or a package.

    204 also the second time. With `recursive`, everything below `…/{kind}/{asset_id}` goes, up to
    5,000 objects a call: call again until `complete`.
    """
    root, asset_path = caller_root(), AssetPath.parse(path)
    if not query["recursive"]:
        key = root.key(asset_path)
        services.store.delete(key)
        forget(root, [key])
        return Response(status=204)
    if not asset_path.names_package or asset_path.package_folder is None:
        raise ValidationFailed.at("/path", "A package is …/{kind}/{asset_id} and nothing more")
    return delete_folder(root, asset_path.package_folder)


@blp.route("/v1/assets/delete", methods=["POST"], large_body=True)
@blp.arguments(PathsSchema)
@blp.response(200, DeletionSchema)
def delete_assets(wanted: dict[str, list[str]]) -> Response:
    """Delete up to 1,000 assets.

    What is not there counts as deleted. What could not be deleted is named with its problem.
    """
    root = caller_root()
    keys = {
        root.key(AssetPath.parse(text, pointer=f"/paths/{index}"), pointer=f"/paths/{index}"): text
        for index, text in enumerate(wanted["paths"])
    }
    failures = services.deleter.delete_keys(keys)
    gone = {key: text for key, text in keys.items() if key not in failures}
    forget(root, gone)
    errors = [{"path": keys[key], "code": problem.slug} for key, problem in failures.items()]
    return answer({"deleted": [*gone.values()], "errors": errors})


def delete_folder(root: Root, folder: str) -> Response:
    """Delete some thousands of what lies in ``folder``, a path that ends in ``/``.

    Raises the first problem when nothing could be deleted, so that calling again ends.
    """
    deleted, complete, problem = 0, False, None
    batches = services.deleter.delete_folder(root.prefix + folder, max_batches=MAX_BATCHES)
    for batch in batches:
        forget(root, batch.keys)
        deleted += len(batch.keys)
        problem = problem or next(iter(batch.failures.values()), None)
        complete = batch.complete and problem is None
    if problem is not None and not deleted:
        raise problem
    return answer({"deleted_objects": deleted, "complete": complete})


def forget(root: Root, keys: Collection[str]) -> None:
    """End what outlives an object: its place in the usage, its shares, the edge's copy (T35)."""
    services.edge.forget(keys)
    services.quota.changed(root.sub)
    services.shares.end(root, keys)
    if services.teller:
        services.teller.deleted(keys)
