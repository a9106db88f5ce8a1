"""``/v1/projects``: the folders that a user's back-end jobs and uploads have made."""

from __future__ import annotations

from typing import Any

from flask import Response

from app.api.answers import answer
from app.api.context import caller_root, services
from app.api.cursors import open_cursor, seal_cursor
from app.api.deletions import delete_folder
from app.api.documentation import Blueprint
from app.domain.kinds import PROJECT_ID, check_project_id
from app.schemas.manage import FolderDeletionSchema, ProjectPageSchema, ProjectQuerySchema

blp = Blueprint("projects", description="List and delete projects")


@blp.route("/v1/projects", methods=["GET"])
@blp.arguments(ProjectQuerySchema, location="query")
@blp.response(200, ProjectPageSchema)
@blp.problems(404)
def list_projects(query: dict[str, Any]) -> Response:
    """List projects, by name."""
    folder = f"{caller_root().prefix}projects/"
    listing = f"{folder}*"
    page = services.listing.page(
        folder, limit=query["limit"], token=open_cursor(query["cursor"], listing), delimiter="/"
    )
    names = [name.removeprefix(folder).removesuffix("/") for name in page.folders]
    items = [{"project_id": name} for name in names if PROJECT_ID.fullmatch(name)]
    return answer({"items": items, "next_cursor": seal_cursor(page.next_token, listing)})


@blp.route("/v1/projects/<project_id>", methods=["DELETE"])
@blp.response(200, FolderDeletionSchema)
@blp.problems(422)
def delete_project(project_id: str) -> Response:
    """Delete a project and all that lies in it.

    Up to 5,000 objects a call: call again until `complete`.
    """
    return delete_folder(caller_root(), f"projects/{check_project_id(project_id)}/")
