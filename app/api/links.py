"""``/v1/links``: signed URLs by the thousand."""

from __future__ import annotations

from flask import Response

from app.api.answers import answer, link_answer
from app.api.context import caller_root, services
from app.api.documentation import Blueprint
from app.schemas.links import LinksSchema, NewLinks, NewLinksSchema

blp = Blueprint("links", description="Links by which a browser plays or downloads")


@blp.route("/v1/links", methods=["POST"], signing=True, large_body=True, offline=True)
@blp.arguments(NewLinksSchema)
@blp.response(200, LinksSchema)
@blp.problems(409, 413, 415)
def create_links(wanted: NewLinks) -> Response:
    """Sign links for up to 1,000 paths.

    Offline: a link to a missing object is not an error here. The same request repeats the same
    URL for a quarter of its lifetime, so that browser caches work. `via` left at `auto` is
    CloudFront where it is set up, else S3.
    """
    root = caller_root()
    root.check_keys(wanted.paths)
    links = services.signing.links.sign(
        root,
        wanted.paths,
        expires_seconds=wanted.expires_in,
        disposition=wanted.disposition,
        via=wanted.via,
    )
    return answer({"links": [{"path": link.path.text, **link_answer(link)} for link in links]})
