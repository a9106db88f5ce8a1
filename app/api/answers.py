"""How domain values look in JSON.

Answers are built as plain dictionaries: dumping 1,000 assets through marshmallow costs more than
signing them. The schemas document them, and tests hold the answers against the OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from flask import Response

from app.api.context import caller, services
from app.api.cursors import sign_cursor
from app.assets.deletion import FolderDeletion
from app.assets.library import Exported
from app.assets.listing import ListingPage
from app.domain.access import Access
from app.domain.assets import Link, ListedObject, Playback, StoredObject
from app.domain.documents import asset_document, named, rfc3339
from app.domain.errors import NotFound
from app.domain.packages import PackageSize
from app.domain.paths import AssetPath, Root
from app.domain.policy import RULES, served_type
from app.domain.principal import Principal
from app.limits.quota import Quota
from app.operations.framework import FinalResponse, encode_json


def answer(
    document: Mapping[str, Any] | Sequence[Any],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """``document`` as JSON, never stored by a cache: most answers here carry signed URLs."""
    return FinalResponse(
        encode_json(document),
        status,
        [("Cache-Control", "no-store"), *(headers or {}).items()],
        content_type="application/json",
    )


def link_answer(link: Link) -> dict[str, Any]:
    return {"url": link.url, "expires_at": rfc3339(link.expires_at), "via": link.via}


def credentials_answer(access: Access) -> dict[str, Any]:
    """The caller's temporary credentials, under AWS' own names; ``NotFound`` without a role."""
    scoped = services.signing.scoped_credentials
    if scoped is None:
        raise NotFound("This service gives out no credentials")
    keys = scoped.of(Root(caller().sub), access)
    document = {
        "AccessKeyId": keys.access_key_id,
        "SecretAccessKey": keys.secret_access_key,
        "SessionToken": keys.session_token,
        "Expiration": rfc3339(keys.expires_at) if keys.expires_at else None,
    }
    return {"credentials": document, "bucket": scoped.bucket, "region": scoped.region}


def playback_answer(playback: Playback) -> dict[str, Any]:
    """One signature for a whole folder."""
    return {
        "url": playback.url,
        "query": playback.query,
        "cookies": playback.cookies,
        "expires_at": rfc3339(playback.expires_at),
    }


def folder_deletion_answer(done: FolderDeletion) -> Response:
    """How far the deletion of a folder came."""
    return answer(done._asdict())


def asset_answer(
    path: AssetPath,
    found: StoredObject,
    preview: AssetPath | None = None,
    status: int = 200,
    *,
    more: Mapping[str, Any] | None = None,
) -> Response:
    """One asset in full, with links to it and its preview; ``more``: further members."""
    wanted = [path] if preview is None else [path, preview]
    link, *others = services.signing.links.sign(Root(caller().sub), wanted)
    document = {
        **asset_document(path, found),
        "link": link_answer(link),
        "preview": link_answer(others[0]) if others else None,
        **(more or {}),
    }
    return answer(document, status)


def package_answer(package: PackageSize | None) -> dict[str, Any]:
    """What a package is, beside its manifest."""
    return {"package": package and package._asdict()}


def asset_page(page: ListingPage, listing: str, *, signed: bool) -> dict[str, Any]:
    """A page of assets, each with a link if ``signed``."""
    root = Root(caller().sub)
    links: Sequence[Link | None] = [None] * len(page.assets)
    previews: Mapping[AssetPath, Link] = {}
    if signed:
        sign = services.signing.links.sign
        links = sign(root, (path for path, _ in page.assets))
        if page.previews:
            previews = dict(zip(page.previews, sign(root, page.previews.values()), strict=True))
    items = []
    for (path, found), link in zip(page.assets, links, strict=True):
        item = listed_asset(path, found, link, previews.get(path))
        if page.packages and path in page.packages:
            item |= package_answer(page.packages[path])
        if page.deletions:
            deleted_at, version_id = page.deletions[path]
            item |= {"deleted_at": rfc3339(deleted_at), "version_id": version_id}
        items.append(item)
    return {"items": items, "next_cursor": sign_cursor(page.next_state, listing)}


def export_lines(
    root: Root, pages: Iterable[Sequence[Exported]], sign: Callable[..., list[Link]]
) -> Iterator[bytes]:
    """A page of NDJSON at a time, each asset a line with its links."""
    for page in pages:
        signed = sign(root, (path for path, _, _ in page))
        previews = iter(sign(root, [preview for _, _, preview in page if preview]))
        yield b"".join(
            encode_json(listed_asset(path, found, link, next(previews) if preview else None))
            + b"\n"
            for (path, found, preview), link in zip(page, signed, strict=True)
        )


def me_answer(principal: Principal, quota: Quota) -> dict[str, Any]:
    """Who is asking, what they may store, and what they do."""
    usage, quota_bytes, reserved_bytes, remaining_bytes = quota.balance(principal)
    max_bytes = services.assets.uploads.rules.max_bytes
    return {
        "sub": principal.sub,
        "username": principal.username,
        "client_id": principal.client_id,
        "groups": sorted(principal.groups),
        "scopes": sorted(principal.scopes),
        "prefix": Root(principal.sub).prefix,
        "limits": {
            str(kind): {"max_bytes": most, "content_types": sorted(RULES[kind].canonical_types)}
            for kind, most in max_bytes.items()
        },
        "usage": {
            **usage.total._asdict(),
            "by_kind": {kind: each._asdict() for kind, each in usage.by_kind.items()},
            "by_project": {name: each._asdict() for name, each in usage.by_project.items()},
            "quota_bytes": quota_bytes,
            "reserved_bytes": reserved_bytes,
            "remaining_bytes": remaining_bytes,
        },
    }


def listed_asset(
    path: AssetPath, found: ListedObject, link: Link | None, preview: Link | None = None
) -> dict[str, Any]:
    """One asset as a listing knows it: the type is the extension's."""
    return {
        **named(path, found.key),
        "size": found.size,
        "content_type": served_type(path.filename, path.kind),
        "etag": found.etag,
        "last_modified": rfc3339(found.last_modified),
        "metadata": None,
        "checksum_sha256": None,
        "checksum_crc64nvme": None,
        "expires_at": None,
        "link": link_answer(link) if link else None,
        "preview": link_answer(preview) if preview else None,
    }
