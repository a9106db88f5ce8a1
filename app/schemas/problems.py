"""The problem document (RFC 9457)."""

from __future__ import annotations

from marshmallow import Schema, fields


class FaultSchema(Schema):
    """One thing wrong with the input."""

    pointer = fields.Str(metadata={"description": "RFC 6901 pointer to it", "example": "/size"})
    detail = fields.Str()


class ProblemSchema(Schema):
    """What went wrong, and what to change."""

    type = fields.Str(metadata={"example": "/problems/validation-error"})
    title = fields.Str()
    status = fields.Int()
    detail = fields.Str()
    request_id = fields.Str(allow_none=True)
    errors = fields.List(fields.Nested(FaultSchema))
    frees_at = fields.DateTime(
        metadata={"description": "Of `quota-exceeded`: when enough of what is held comes free"},
    )
    message = fields.Str(metadata={"description": "Of `/s3/`: the detail, where Uppy reads it"})
    error = fields.Str(metadata={"description": "The same"})
