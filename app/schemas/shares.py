"""Shares."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from app.schemas.fields import INT64_MAX, StrictSchema, Text, lifetime, page_limit


class NewShareSchema(StrictSchema):
    """What to open, and for how long: at most ``SHARE_MAX_TTL_SECONDS``."""

    path = Text(required=True)
    # The maximum is a setting, which the view holds it against.
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


class ShareQuerySchema(StrictSchema):
    """How many."""

    limit = page_limit(100)
    cursor = Text(8192, load_default=None)


class SharePageSchema(Schema):
    """Open shares, in no particular order."""

    items = fields.List(fields.Nested(ShareSchema), required=True)
    next_cursor = fields.Str(required=True, allow_none=True)
