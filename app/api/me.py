"""``/v1/me``: the caller, what is theirs, and its end."""

from __future__ import annotations

from flask import Response, request

from app.api.answers import answer, export_lines, me_answer
from app.api.context import caller, caller_root, services
from app.api.documentation import Blueprint
from app.auth.act_as import HEADER
from app.auth.claims import MissingScope
from app.domain.errors import ValidationFailed
from app.schemas.me import ErasedSchema, ErasureQuery, ErasureQuerySchema, MeSchema

blp = Blueprint("me", description="The caller: limits and usage, export and erasure")


@blp.route("/v1/me", methods=["GET"])
@blp.response(200, MeSchema)
def show_me() -> Response:
    """Show who is asking, what they may store, and what they do.

    Usage is counted from the storage's listing and remembered: a minute, longer where there is
    much. What is uploaded or deleted here makes it be counted again.
    """
    return answer(me_answer(caller(), services.limits.quota))


@blp.route("/v1/me/export", methods=["GET"])
@blp.response(
    200,
    {"type": "string", "description": "Each line an asset with its link, as JSON"},
    content_type="application/x-ndjson",
)
def export_me() -> Response:
    """Export everything: each line an asset with a link to its bytes.

    Streamed, however much there is. A connection that ends without its last chunk tells that the
    export broke off.
    """
    pages = services.assets.library.pages(caller())
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": 'attachment; filename="assets.ndjson"',
    }
    lines = export_lines(caller_root(), pages, services.signing.links.sign)
    return Response(lines, mimetype="application/x-ndjson", headers=headers)


@blp.route("/v1/me/data", methods=["DELETE"])
@blp.arguments(ErasureQuerySchema, location="query")
@blp.response(200, ErasedSchema)
def erase_me(query: ErasureQuery) -> Response:
    """Erase everything: objects, old versions, unfinished uploads, shares.

    Each call does a bounded part: call again until `complete`. With `account=true` the Cognito
    account is deleted last, by the access token of this call, which needs the scope
    `aws.cognito.signin.user.admin`; that is checked before anything is erased.
    """
    token = _account_token() if query.account else None
    done = services.assets.erasure.erase(caller())
    if token and done.complete and services.auth.accounts:
        services.auth.accounts.delete(token)
    return answer(done._asdict())


def _account_token() -> str:
    """The access token that may delete the caller's own account (T49)."""
    if HEADER in request.headers:
        raise ValidationFailed.at("/account", f"Not with {HEADER}: an account is its owner's")
    accounts = services.auth.accounts
    if accounts is None:
        raise ValidationFailed.at(
            "/account", "Accounts are kept by another identity provider; delete this one there"
        )
    if accounts.SCOPE not in caller().scopes:
        raise MissingScope(frozenset({accounts.SCOPE}))
    token = request.headers["Authorization"].partition(" ")[2].strip()
    accounts.check(token)
    return token
