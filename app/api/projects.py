"""``/v1/projects``: the folders that a user's back-end jobs and uploads have made."""

from __future__ import annotations

from flask import Response

from app.api.answers import answer, folder_deletion_answer
from app.api.context import caller, services
from app.api.cursors import open_cursor, sign_cursor
from app.api.documentation import Blueprint
from app.assets.library import projects_prefix
from app.schemas.inputs import PageQuery, PageQuerySchema
from app.schemas.manage import FolderDeletionSchema, ProjectPageSchema

blp = Blueprint("projects", description="List and delete projects")


@blp.route("/v1/projects", methods=["GET"])
@blp.arguments(PageQuerySchema, location="query")
@blp.response(200, ProjectPageSchema)
@blp.problems(404)
def list_projects(query: PageQuery) -> Response:
    """List projects, by name."""
    listing = f"{projects_prefix(caller())}*"
    page = services.assets.library.projects(
        caller(), limit=query.limit, token=open_cursor(query.cursor, listing)
    )
    items = [{"project_id": project_id} for project_id in page.project_ids]
    return answer({"items": items, "next_cursor": sign_cursor(page.next_token, listing)})


@blp.route("/v1/projects/<project_id>", methods=["DELETE"])
@blp.response(200, FolderDeletionSchema)
@blp.problems(422)
def delete_project(project_id: str) -> Response:
    """Delete a project and all that lies in it.

    Up to 5,000 objects a call: call again until `complete`.
    """
    return folder_deletion_answer(services.assets.deletion.delete_project(caller(), project_id))
