"""Every resource, in the order of the OpenAPI document."""

from __future__ import annotations

from app.api import (
    assets,
    copies,
    deletions,
    links,
    me,
    multipart,
    ops,
    playback,
    projects,
    request_links,
    share_links,
    shares,
    upload_batches,
    upload_requests,
    uploads,
    uppy,
    uppy_sign,
    versions,
)

BLUEPRINTS = (
    uploads.blp,
    multipart.blp,
    upload_batches.blp,
    assets.blp,
    copies.blp,
    deletions.blp,
    versions.blp,
    projects.blp,
    shares.blp,
    share_links.blp,
    upload_requests.blp,
    request_links.blp,
    links.blp,
    playback.blp,
    uppy.blp,
    uppy_sign.blp,
    me.blp,
    ops.blp,
)
