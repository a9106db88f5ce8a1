"""Shares."""

from __future__ import annotations

from typing import NamedTuple

from marshmallow import Schema, fields, validate

from app.domain.assets import Disposition
from app.domain.paths import AssetPath
from app.schemas.fields import INT64_MAX, Text, lifetime, page_limit
from app.schemas.inputs import InputSchema, PageQuery


class NewShare(NamedTuple):
    """A share that is asked for; ``expires_in`` in seconds, None for the longest there is."""

    path: AssetPath
    expires_in: int | None
    disposition: Disposition

    @classmethod
    def of(cls, *, path: str, expires_in: int | None, disposition: Disposition) -> NewShare:
        return cls(AssetPath.parse(path), expires_in, disposition)


class NewShareSchema(InputSchema):
    """What to open, and for how long: at most ``SHARE_MAX_TTL_SECONDS``."""

    makes = NewShare.of

    path = Text(required=True)
    # The maximum is a setting, which the use case holds it against.
    expires_in = lifetime(INT64_MAX)
    disposition = fields.Str(
        load_default="inline", validate=validate.OneOf(["inline", "attachment"])
    )


class ShareSchema(Schema):
    """An open share. ``url`` is absolute when the gateway knows its own address."""

    share_id = fields.Str(required=True)
    url = fields.Str(required=True)
    path = fields.Str(required=True)
    expires_at = fields.DateTime(required=True)
    disposition = fields.Str(required=True, validate=validate.OneOf(["inline", "attachment"]))


class ShareQuerySchema(InputSchema):
    """How many."""

    makes = PageQuery

    limit = page_limit(100)
    cursor = Text(8192, load_default=None)


class SharePageSchema(Schema):
    """Open shares, in no particular order."""

    items = fields.List(fields.Nested(ShareSchema), required=True)
    next_cursor = fields.Str(required=True, allow_none=True)
