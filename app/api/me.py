"""``/v1/me``: the caller, what is theirs, and its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Response, request

from app.api.answers import answer, listed_asset
from app.api.context import caller_root, services
from app.api.documentation import Blueprint
from app.auth.act_as import HEADER
from app.auth.bearer import current_principal
from app.auth.claims import MissingScope
from app.domain.errors import ValidationFailed
from app.domain.paths import Root
from app.domain.policy import RULES
from app.domain.usage import Amount
from app.operations.framework import encode_json
from app.schemas.me import ErasedSchema, ErasureQuerySchema, MeSchema

blp = Blueprint("me", description="The caller: limits and usage, export and erasure")


@blp.route("/v1/me", methods=["GET"])
@blp.response(200, MeSchema)
def show_me() -> Response:
    """Show who is asking, what they may store, and what they do.

    Usage is counted from the storage's listing and remembered: a minute, longer where there is
    much. What is uploaded or deleted here makes it be counted again.
    """
    caller = current_principal
    usage, quota = services.quota.usage(caller.sub), services.quota.limit(caller)
    return answer(
        {
            "sub": caller.sub,
            "username": caller.username,
            "client_id": caller.client_id,
            "groups": sorted(caller.groups),
            "scopes": sorted(caller.scopes),
            "prefix": caller_root().prefix,
            "limits": {
                str(kind): {"max_bytes": most, "content_types": sorted(RULES[kind].content_types)}
                for kind, most in services.max_bytes.items()
            },
            "usage": {
                **_amount(usage.total),
                "by_kind": {kind: _amount(each) for kind, each in usage.by_kind.items()},
                "by_project": {name: _amount(each) for name, each in usage.by_project.items()},
                "quota_bytes": quota,
                "remaining_bytes": services.quota.remaining(caller),
            },
        }
    )


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
    root = caller_root()
    # The first page is asked for here, so that a fault is still a problem document.
    return Response(
        _lines(root, services.listing.page(root.prefix), services.listing, services.links),
        mimetype="application/x-ndjson",
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": 'attachment; filename="assets.ndjson"',
        },
    )


@blp.route("/v1/me/data", methods=["DELETE"])
@blp.arguments(ErasureQuerySchema, location="query")
@blp.response(200, ErasedSchema)
def erase_me(query: dict[str, Any]) -> Response:
    """Erase everything: objects, old versions, unfinished uploads, shares.

    Each call does a bounded part: call again until `complete`. With `account=true` the Cognito
    account is deleted last, by the access token of this call, which needs the scope
    `aws.cognito.signin.user.admin`; that is checked before anything is erased.
    """
    token = _account_token() if query["account"] else None
    root = caller_root()
    try:
        done = services.erasure.erase(root)
    finally:
        services.quota.changed(root.sub)
        services.edge.forget([root.prefix])
    if token and done.complete:
        services.accounts.delete(token)
    return answer(
        {
            "deleted_objects": done.objects,
            "aborted_uploads": done.uploads,
            "complete": done.complete,
        }
    )


def _account_token() -> str:
    """The access token that may delete the caller's own account (T49)."""
    if HEADER in request.headers:
        raise ValidationFailed.at("/account", f"Not with {HEADER}: an account is its owner's")
    if services.accounts.SCOPE not in current_principal.scopes:
        raise MissingScope(frozenset({services.accounts.SCOPE}))
    token = request.headers["Authorization"].partition(" ")[2].strip()
    services.accounts.check(token)
    return token


def _lines(root: Root, page: Any, listing: Any, links: Any) -> Iterator[bytes]:
    """One page at a time, each asset a line."""
    while True:
        named = [(path, found) for found in page.objects if (path := root.try_path_of(found.key))]
        signed = links.sign(root, (path for path, _ in named))
        yield b"".join(
            encode_json(listed_asset(path, found, link)) + b"\n"
            for (path, found), link in zip(named, signed, strict=True)
        )
        if page.next_token is None:
            return
        page = listing.page(root.prefix, token=page.next_token)


def _amount(amount: Amount) -> dict[str, int]:
    return {"bytes": amount.bytes, "objects": amount.objects}
