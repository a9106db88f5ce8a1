"""What may be called after what: the links of the OpenAPI document (OpenAPI 3.1, "Link Object").

One table, from an answer to the calls that it leads to and what they take from it. Names are
``operationId``s; values are runtime expressions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_UPLOAD_ID = {"upload_id": "$response.body#/upload_id"}
_FIRST_UPLOAD_ID = {"upload_id": "$response.body#/items/0/upload_id"}
_UPPYS = {"upload_id": "$response.body#/uploadId", "key": "$response.body#/key"}
_PATH = "$response.body#/path"
_FIRST_PATH = "$response.body#/items/0/path"

Link = Mapping[str, Any]


def _takes(description: str, body: Mapping[str, Any] | None = None, /, **parameters: str) -> Link:
    link: dict[str, Any] = {"description": description}
    if parameters:
        link["parameters"] = parameters
    if body:
        link["requestBody"] = body
    return link


def _of_asset(path: str) -> dict[str, Link]:
    """What can be done with the asset at ``path``, an expression."""
    return {
        "get_asset": _takes("Look at it", path=path),
        "delete_asset": _takes("Delete it", path=path),
        "list_versions": _takes("See its versions, where the bucket keeps them", path=path),
        "create_links": _takes("Sign further links", {"paths": [path]}),
        "create_share": _takes("Open it to whoever has the link", {"path": path}),
        "copy_asset": _takes("Copy it to another kind or project", {"path": path}),
        "move_asset": _takes("Move it to another kind or project", {"path": path}),
    }


def _next_page(call: str, *filters: str) -> dict[str, Link]:
    """A cursor goes with the filters that the page before was asked with."""
    asked = {name: f"$request.query.{name}" for name in filters}
    cursor = "$response.body#/next_cursor"
    return {call: _takes("The next page, while `next_cursor` is there", cursor=cursor, **asked)}


#: Call -> status of its answer -> next call -> what that takes.
NEXT_CALLS: Mapping[str, Mapping[int, Mapping[str, Link]]] = {
    "create_upload": {
        201: {
            "get_upload": _takes("See where it stands", **_UPLOAD_ID),
            "sign_parts": _takes("MULTIPART: sign parts afresh", **_UPLOAD_ID),
            "complete_upload": _takes("Once the bytes are sent", **_UPLOAD_ID),
            "abort_upload": _takes("Give it up", **_UPLOAD_ID),
            "get_asset": _takes("Once it is completed", path=_PATH),
        }
    },
    "get_upload": {
        200: {
            "sign_parts": _takes(
                "MULTIPART: sign the missing parts, at most 1,000 a call",
                {"part_numbers": "$response.body#/missing"},
                **_UPLOAD_ID,
            ),
            "complete_upload": _takes("Once nothing is missing", **_UPLOAD_ID),
            "abort_upload": _takes("Give it up", **_UPLOAD_ID),
        }
    },
    "list_uploads": {
        200: {
            "get_upload": _takes("See where the first one stands", **_FIRST_UPLOAD_ID),
            "abort_upload": _takes("Give the first one up", **_FIRST_UPLOAD_ID),
            **_next_page("list_uploads"),
        }
    },
    "complete_upload": {200: _of_asset(_PATH)},
    "list_assets": {
        200: {
            **_of_asset(_FIRST_PATH),
            **_next_page(
                "list_assets", "kind", "project_id", "prefix", "order", "since", "until", "q"
            ),
        }
    },
    "get_asset": {
        200: {
            **_of_asset(_PATH),
            "verify_asset": _takes("Judge it by the rules of its kind", {"path": _PATH}),
        }
    },
    "verify_asset": {200: _of_asset(_PATH)},
    "delete_asset": {
        204: {
            "restore_asset": _takes(
                "Undelete it, where the bucket keeps versions", {"path": "$request.path.path"}
            )
        }
    },
    "list_versions": {
        200: {
            "restore_asset": _takes(
                "Make the first version listed the current one",
                {
                    "path": "$request.query.path",
                    "version_id": "$response.body#/items/0/version_id",
                },
            )
        }
    },
    "restore_asset": {200: _of_asset(_PATH)},
    "copy_asset": {201: _of_asset(_PATH)},
    "move_asset": {201: _of_asset(_PATH)},
    "list_projects": {
        200: {
            "list_assets": _takes(
                "What is in the first one", project_id="$response.body#/items/0/project_id"
            ),
            "delete_project": _takes(
                "Delete the first one", project_id="$response.body#/items/0/project_id"
            ),
            **_next_page("list_projects"),
        }
    },
    "create_share": {
        201: {"revoke_share": _takes("Revoke it", share_id="$response.body#/share_id")}
    },
    "list_shares": {
        200: {
            "revoke_share": _takes(
                "Revoke the first one", share_id="$response.body#/items/0/share_id"
            ),
            **_next_page("list_shares"),
        }
    },
    "create_multipart": {
        200: {
            "list_parts": _takes("See what has arrived", **_UPPYS),
            "sign_part": _takes("Sign one part", **_UPPYS),
            "sign_batch": _takes("Sign parts", **_UPPYS),
            "complete_multipart": _takes("Once the parts are sent", **_UPPYS),
            "abort_multipart": _takes("Give it up", **_UPPYS),
        }
    },
}


def links_of(call: str) -> dict[int, dict[str, dict[str, Any]]]:
    """Status -> name -> Link Object, for the answers of ``call``."""
    return {
        status: {name: {"operationId": name, **link} for name, link in following.items()}
        for status, following in NEXT_CALLS.get(call, {}).items()
    }
