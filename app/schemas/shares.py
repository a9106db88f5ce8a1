"""Shares."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

from marshmallow import Schema, fields, validate

from app.domain.assets import Disposition
from app.domain.paths import AssetPath
from app.domain.shares import ShareTerms
from app.schemas.fields import INT64_MAX, Text, WholeNumber, lifetime
from app.schemas.inputs import InputSchema

#: What the signed record has room for, beside the longest path.
MAX_NOTE_CHARS = 300


class NewShare(NamedTuple):
    """A share that is asked for."""

    path: AssetPath
    terms: ShareTerms

    @classmethod
    def of(
        cls, *, path: str, disposition: Disposition, expires_in: int | None, **more: Any
    ) -> Self:
        return cls(AssetPath.parse(path), ShareTerms(disposition, expires_in, **more))


class NewShareSchema(InputSchema):
    """What to open, and for how long: at most ``SHARE_MAX_TTL_SECONDS``."""

    makes = NewShare.of

    path = Text(required=True)
    # The maximum is a setting, which the use case holds it against.
    expires_in = lifetime(INT64_MAX)
    disposition = fields.Str(
        load_default="inline", validate=validate.OneOf(["inline", "attachment"])
    )
    note = Text(
        MAX_NOTE_CHARS,
        load_default=None,
        allow_none=True,
        metadata={"description": "Plain text for whoever opens it"},
    )
    max_opens = WholeNumber(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 1_000_000),
        metadata={"description": "How often it can be opened; takes `REDIS_URL`"},
    )


class ShareSchema(Schema):
    """An open share. ``url`` is absolute when the gateway knows its own address."""

    share_id = fields.Str(required=True)
    url = fields.Str(required=True)
    path = fields.Str(required=True)
    expires_at = fields.DateTime(required=True)
    disposition = fields.Str(required=True, validate=validate.OneOf(["inline", "attachment"]))
    note = fields.Str(required=True, allow_none=True)
    max_opens = fields.Int(required=True, allow_none=True)
    opens = fields.Int(
        required=True,
        allow_none=True,
        metadata={"description": "How often it was opened; null where that is not counted"},
    )


class OpenedShareSchema(Schema):
    """What is shared, for a page that shows it."""

    filename = fields.Str(required=True)
    content_type = fields.Str(required=True)
    size = fields.Int(required=True, metadata={"description": "Bytes; of a package, its manifest"})
    url = fields.Str(required=True)
    query = fields.Str(
        required=True,
        allow_none=True,
        metadata={"description": "Of a package: to be put behind each of its URLs, without `?`"},
    )
    expires_at = fields.DateTime(
        required=True, metadata={"description": "When `url` and `query` end; ask again then"}
    )
    note = fields.Str(required=True, allow_none=True)


class SharePageSchema(Schema):
    """Open shares, in no particular order."""

    items = fields.List(fields.Nested(ShareSchema), required=True)
    next_cursor = fields.Str(required=True, allow_none=True)
