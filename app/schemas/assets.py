"""Assets and their listings."""

from __future__ import annotations

from typing import NamedTuple

from marshmallow import Schema, fields, validate

from app.domain.paths import AssetPath, Kind
from app.schemas.fields import Flag, Text, page_limit
from app.schemas.inputs import InputSchema


class LinkSchema(Schema):
    """A signed URL."""

    url = fields.Str(required=True)
    expires_at = fields.DateTime(required=True)
    via = fields.Str(required=True, validate=validate.OneOf(["s3", "cloudfront"]))


class AssetSchema(Schema):
    """One object of the caller's.

    In listings ``metadata`` and checksums are null, and ``link`` too unless asked for.
    """

    path = fields.Str(required=True)
    key = fields.Str(required=True)
    kind = fields.Enum(Kind, by_value=True, required=True)
    project_id = fields.Str(required=True, allow_none=True)
    asset_id = fields.Str(required=True, allow_none=True)
    filename = fields.Str(required=True)
    size = fields.Int(required=True, metadata={"description": "Bytes"})
    content_type = fields.Str(required=True)
    etag = fields.Str(required=True)
    last_modified = fields.DateTime(required=True)
    metadata = fields.Dict(fields.Str(), fields.Str(), required=True, allow_none=True)
    checksum_sha256 = fields.Str(required=True, allow_none=True)
    checksum_crc64nvme = fields.Str(
        required=True,
        allow_none=True,
        metadata={"description": "Base64, of the whole object, where the store keeps one"},
    )
    link = fields.Nested(LinkSchema, required=True, allow_none=True)


class AssetPageSchema(Schema):
    """A page of assets in key order, which within a kind is the order of creation."""

    items = fields.List(fields.Nested(AssetSchema), required=True)
    next_cursor = fields.Str(required=True, allow_none=True)


class AssetQuery(NamedTuple):
    """A page of assets that is asked for."""

    kind: Kind | None
    project_id: str | None
    prefix: str
    limit: int
    cursor: str | None
    sign: bool


class AssetQuerySchema(InputSchema):
    """Which assets, and how many."""

    makes = AssetQuery

    kind = fields.Enum(
        Kind,
        by_value=True,
        load_default=None,
        metadata={"description": "Without project_id: of the library"},
    )
    project_id = Text(load_default=None)
    prefix = Text(load_default="", metadata={"description": "Beginning of a path"})
    limit = page_limit()
    cursor = Text(
        8192, load_default=None, metadata={"description": "next_cursor of the page before"}
    )
    sign = Flag(load_default=False, metadata={"description": "Add a link to each asset"})


class AssetPathSchema(InputSchema):
    """Names one asset."""

    makes = staticmethod(lambda path: AssetPath.parse(path))

    path = Text(required=True)
