"""Links."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from app.schemas.assets import LinkSchema
from app.schemas.fields import StrictSchema, lifetime, texts

MAX_LINK_SECONDS = 604_800


class NewLinksSchema(StrictSchema):
    """Paths to sign, at most 1,000."""

    paths = texts(1000)
    expires_in = lifetime(MAX_LINK_SECONDS)
    disposition = fields.Str(
        load_default="inline", validate=validate.OneOf(["inline", "attachment"])
    )
    via = fields.Str(load_default="auto", validate=validate.OneOf(["auto", "s3", "cloudfront"]))


class PathLinkSchema(LinkSchema):
    """A link and what it opens."""

    path = fields.Str(required=True)


class LinksSchema(Schema):
    """Links, in the order of the paths."""

    links = fields.List(fields.Nested(PathLinkSchema), required=True)
