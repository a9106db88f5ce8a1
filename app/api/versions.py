"""Versions of assets, and bringing them back."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Response

from app.api.answers import answer, stored_asset
from app.api.context import caller_root, services
from app.api.documentation import Blueprint
from app.auth.bearer import current_principal
from app.domain.copies import plan_return
from app.domain.documents import rfc3339
from app.domain.errors import NotFound
from app.domain.paths import AssetPath
from app.schemas.assets import AssetSchema
from app.schemas.manage import RestorationSchema, VersionQuerySchema, VersionsSchema

blp = Blueprint("versions", description="See and restore what a versioned bucket kept")


@blp.route("/v1/versions", methods=["GET"])
@blp.arguments(VersionQuerySchema, location="query")
@blp.response(200, VersionsSchema)
@blp.problems(404, 409)
def list_versions(query: dict[str, str]) -> Response:
    """List the versions of an asset, newest first.

    The newest 1,000, deletions among them.
    """
    versions = services.versions.of(caller_root().key(AssetPath.parse(query["path"])))
    items = [
        {**version._asdict(), "last_modified": rfc3339(version.last_modified)}
        for version in versions
    ]
    return answer({"items": items})


@blp.route("/v1/assets/restore", methods=["POST"])
@blp.arguments(RestorationSchema)
@blp.response(200, AssetSchema)
@blp.problems(404, 409)
def restore_asset(wanted: dict[str, Any]) -> Response:
    """Bring a deleted asset or an old version back.

    Without `version_id`: undelete. An old version becomes the newest one; those above it are kept.
    """
    root, path = caller_root(), AssetPath.parse(wanted["path"])
    key = root.key(path)
    found = services.versions.find(key, wanted["version_id"])
    with services.quota.reserved(current_principal, found.target.size or 0):
        if found.uncovers:
            services.versions.uncover(key, found)
        else:
            _bring_back(path, key, found.target.version_id)
    asset = services.store.head(key)
    if asset is None:
        raise NotFound
    [link] = services.links.sign(root, [path])
    return answer(stored_asset(path, asset, link))


def _bring_back(path: AssetPath, key: str, version_id: str) -> None:
    version = services.store.head(key, version_id)
    if version is None:
        raise NotFound
    services.copier.copy([plan_return(version, path, mark=secrets.token_urlsafe(16))])
