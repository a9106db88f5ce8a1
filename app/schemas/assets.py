"""Assets and their listings."""

from __future__ import annotations

from typing import Any, NamedTuple

from marshmallow import Schema, fields, validate

from app.domain.errors import ValidationFailed
from app.domain.kinds import Kind
from app.domain.listing import Filters
from app.domain.paths import AssetPath
from app.schemas.fields import Flag, Moment, Text, page_cursor, page_limit
from app.schemas.inputs import InputSchema


class LinkSchema(Schema):
    """A signed URL."""

    url = fields.Str(required=True)
    expires_at = fields.DateTime(required=True)
    via = fields.Str(required=True, validate=validate.OneOf(["s3", "cloudfront"]))


class PackageSchema(Schema):
    """All files of a package, the manifest among them."""

    files = fields.Int(required=True)
    bytes = fields.Int(required=True)


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
    expires_at = fields.DateTime(
        required=True,
        allow_none=True,
        metadata={"description": "When S3 removes it by itself; null for never, and in listings"},
    )
    link = fields.Nested(LinkSchema, required=True, allow_none=True)
    preview = fields.Nested(
        LinkSchema,
        required=True,
        allow_none=True,
        metadata={
            "description": "A small picture, where there is one: of an asset that is shown, "
            "copied, moved or restored, in listings with sign=true, and when it is completed"
        },
    )
    package = fields.Nested(
        PackageSchema,
        allow_none=True,
        metadata={
            "description": "Of the manifest of a package, when it is shown and in listings with "
            "group=package; null when there are too many files to count"
        },
    )
    deleted_at = fields.DateTime(metadata={"description": "In listings with deleted=true"})
    version_id = fields.Str(
        metadata={"description": "In listings with deleted=true: what restoring it brings back"}
    )


class AssetPageSchema(Schema):
    """A page of assets, in the order that was asked for."""

    items = fields.List(fields.Nested(AssetSchema), required=True)
    next_cursor = fields.Str(required=True, allow_none=True)


class AssetQuery(NamedTuple):
    """A page of assets that is asked for."""

    filters: Filters
    limit: int
    cursor: str | None
    sign: bool

    @classmethod
    def of(
        cls,
        *,
        limit: int,
        cursor: str | None,
        sign: bool,
        order: str,
        group: str | None,
        deleted: bool,
        **filters: Any,
    ) -> AssetQuery:
        if deleted and sign:
            raise ValidationFailed.at("/sign", "What was deleted has no link until it is restored.")
        wanted = Filters(
            newest=order == "newest", deleted=deleted, grouped=group == "package", **filters
        )
        return cls(wanted, limit, cursor, sign)


class AssetQuerySchema(InputSchema):
    """Which assets, in which order, and how many."""

    makes = AssetQuery.of

    kind = fields.Enum(
        Kind,
        by_value=True,
        load_default=None,
        metadata={"description": "Without project_id: of the library"},
    )
    project_id = Text(load_default=None)
    prefix = Text(
        load_default="",
        metadata={"description": "Beginning of a path. Not with order=newest, since, until"},
    )
    order = fields.Str(
        load_default="key",
        validate=validate.OneOf(["key", "newest"]),
        metadata={
            "description": "newest: by the time in the asset id, newest first; the library, or the "
            "project that project_id names. Names without such an id come last, in key order"
        },
    )
    since = Moment(
        load_default=None,
        metadata={
            "description": "Asset ids of this time or later, in the library or one project; names "
            "without such an id are left out"
        },
    )
    until = Moment(load_default=None, metadata={"description": "Asset ids before this time"})
    q = Text(
        200,
        load_default="",
        metadata={
            "description": "Part of the file name, letter case aside. A call looks at a bounded "
            "number of objects: go on with next_cursor"
        },
    )
    deleted = Flag(
        load_default=False,
        metadata={"description": "What was deleted and can be restored; newest first in a page"},
    )
    group = fields.Str(
        load_default=None,
        validate=validate.OneOf(["package"]),
        metadata={"description": "package: an HLS or DASH package is one entry, its manifest"},
    )
    limit = page_limit()
    cursor = page_cursor()
    sign = Flag(
        load_default=False, metadata={"description": "Add links to each asset and its preview"}
    )


class AssetPathSchema(InputSchema):
    """Names one asset."""

    makes = staticmethod(lambda path: AssetPath.parse(path))

    path = Text(required=True)
