"""``/s/{token}``: where a share's link leads; the one route that gives strangers an asset (T36)."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from app.api.answers import answer
from app.api.context import services
from app.api.documentation import Blueprint
from app.api.problems import render_problem
from app.assets.shares import OpenedShare
from app.domain.documents import rfc3339
from app.domain.errors import NotFound
from app.domain.policy import stored_type
from app.schemas.shares import OpenedShareSchema

blp = Blueprint("share_links", description="Where a share's link leads", public=True)

# No token may leak by Referer, no redirect outlive a revocation in a cache, no share be found by a
# search engine.
_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}
_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>This link does not work</title>
<style>body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem}
:root{color-scheme:light dark}</style>
<h1>This link does not work</h1>
<p>It may have expired, or its owner may have withdrawn it. Ask whoever sent it for a new one.</p>
</html>
"""
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


@blp.route("/s/<token>", methods=["GET"])
@blp.response(200, OpenedShareSchema, description="For whoever asks for JSON")
@blp.alt_response(302, description="To the page that shows it, or to a fresh URL of the asset")
@blp.problems(404, 502, 503)
def open_share(token: str) -> Response:
    """Open a shared asset.

    Needs no token but the link's own. JSON is for the front end's own player, to which browsers are
    sent where `SHARE_PAGE_URL` names it. Unknown, expired, revoked, opened too often: the same 404,
    a short page for whoever asks for HTML.
    """
    wanted = preferred("application/octet-stream", "application/json", "text/html")
    if wanted == "text/html" and (page := services.assets.shares.page_for(token)):
        return Response(status=302, headers={"Location": page})
    # Flask gives this view HEAD as well, and a link that S3 takes for GET answers no HEAD.
    opened = services.assets.shares.open(token, "HEAD" if request.method == "HEAD" else "GET")
    if wanted == "application/json":
        return answer(_opened_answer(opened))
    return Response(status=302, headers={"Location": opened.url})


def _opened_answer(opened: OpenedShare) -> dict[str, Any]:
    path = opened.share.path
    return {
        "filename": path.filename,
        # By its name where a back end stored it without a type: the page chooses a player by it.
        "content_type": stored_type(opened.found.content_type, path.filename, path.kind),
        "size": opened.found.size,
        "url": opened.url,
        "query": opened.query,
        "expires_at": rfc3339(opened.expires_at),
        "note": opened.share.note,
    }


def preferred(*offered: str) -> str | None:
    """The type that the client asks for; the first of those that it takes alike."""
    return request.accept_mimetypes.best_match(offered)


@blp.errorhandler(NotFound)
def render_not_found(problem: NotFound) -> Response:
    """A page for a person, a problem document for a program."""
    if preferred("application/problem+json", "application/json", "text/html") != "text/html":
        return render_problem(problem)
    return Response(_PAGE, 404, _PAGE_HEADERS, mimetype="text/html")


@blp.after_request
def guard(response: Response) -> Response:
    response.headers.update(_HEADERS)
    response.vary.add("Accept")
    return response
