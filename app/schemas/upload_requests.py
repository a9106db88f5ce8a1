"""Upload requests: what an owner asks for, and what whoever has the link sends."""

from __future__ import annotations

from typing import Any, NamedTuple

from marshmallow import Schema, fields, validate

from app.domain.kinds import Kind
from app.domain.upload_requests import MAX_FILES, RequestTerms
from app.schemas.fields import INT64_MAX, BoundedList, Text, WholeNumber, lifetime
from app.schemas.inputs import InputSchema
from app.schemas.shares import MAX_NOTE_CHARS

#: What the signed record has room for.
MAX_TYPES = 32


class NewRequest(NamedTuple):
    """A request that is asked for."""

    terms: RequestTerms

    @classmethod
    def of(cls, *, content_types: list[str], expires_in: int | None, **more: Any) -> NewRequest:
        terms = RequestTerms(content_types=tuple(content_types), seconds=expires_in, **more)
        return cls(terms)


class NewRequestSchema(InputSchema):
    """What may be sent, to where, and for how long: at most ``REQUEST_MAX_TTL_SECONDS``."""

    makes = NewRequest.of

    kind = fields.Enum(Kind, by_value=True, required=True)
    project_id = Text(load_default=None, allow_none=True)
    content_types = BoundedList(
        Text(255),
        MAX_TYPES,
        load_default=list,
        metadata={"description": "Left out: all that the kind takes"},
    )
    max_bytes = WholeNumber(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, INT64_MAX),
        metadata={"description": "Of one file; left out: the kind's own limit"},
    )
    max_files = WholeNumber(load_default=1, validate=validate.Range(1, MAX_FILES))
    expires_in = lifetime(INT64_MAX)
    note = Text(
        MAX_NOTE_CHARS,
        load_default=None,
        allow_none=True,
        metadata={"description": "Plain text for whoever opens it"},
    )


class UploadRequestSchema(Schema):
    """An open request. ``url`` is absolute when the gateway knows its own address."""

    request_id = fields.Str(required=True)
    url = fields.Str(required=True)
    kind = fields.Enum(Kind, by_value=True, required=True)
    project_id = fields.Str(required=True, allow_none=True)
    content_types = fields.List(
        fields.Str(), required=True, metadata={"description": "Empty: all that the kind takes"}
    )
    max_bytes = fields.Int(required=True, metadata={"description": "Of one file"})
    max_files = fields.Int(required=True)
    files = fields.Int(required=True, metadata={"description": "How many were declared"})
    expires_at = fields.DateTime(required=True)
    note = fields.Str(required=True, allow_none=True)


class RequestPageSchema(Schema):
    """Open requests, in no particular order."""

    items = fields.List(fields.Nested(UploadRequestSchema), required=True)
    next_cursor = fields.Str(required=True, allow_none=True)


class OpenedRequestSchema(Schema):
    """What is asked for, for a page that takes the files."""

    kind = fields.Enum(Kind, by_value=True, required=True)
    content_types = fields.List(fields.Str(), required=True)
    max_bytes = fields.Int(required=True, metadata={"description": "Of one file"})
    max_files = fields.Int(required=True)
    files_left = fields.Int(required=True)
    expires_at = fields.DateTime(required=True)
    note = fields.Str(required=True, allow_none=True)


class ReceiptSchema(Schema):
    """A file that has arrived."""

    filename = fields.Str(required=True)
    content_type = fields.Str(required=True)
    size = fields.Int(required=True)
