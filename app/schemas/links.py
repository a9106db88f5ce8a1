"""Links."""

from __future__ import annotations

from typing import Any, NamedTuple

from marshmallow import Schema, fields, validate

from app.domain.assets import Disposition, Via
from app.domain.limits import MAX_BATCH, MAX_SIGNATURE_SECONDS
from app.domain.paths import AssetPath
from app.schemas.assets import LinkSchema
from app.schemas.fields import lifetime, texts
from app.schemas.inputs import InputSchema, parse_paths


class NewLinks(NamedTuple):
    """Links that are asked for; ``expires_in`` in seconds, None for the setting."""

    paths: list[AssetPath]
    expires_in: int | None
    disposition: Disposition
    via: Via

    @classmethod
    def of(cls, *, paths: list[str], **rest: Any) -> NewLinks:
        return cls(parse_paths(paths), **rest)


class NewLinksSchema(InputSchema):
    """Paths to sign, at most 1,000."""

    makes = NewLinks.of

    paths = texts(MAX_BATCH)
    expires_in = lifetime(MAX_SIGNATURE_SECONDS)
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
