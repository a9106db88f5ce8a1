"""Uploads in parts: where parts go, which have arrived, and what is unfinished."""

from __future__ import annotations

from marshmallow import Schema, fields

from app.domain.limits import MAX_BATCH, MAX_PARTS
from app.schemas.fields import whole_numbers
from app.schemas.inputs import InputSchema


class SignedPartSchema(Schema):
    """Where one part goes: PUT exactly ``size`` bytes there."""

    part_number = fields.Int(required=True)
    size = fields.Int(required=True, metadata={"description": "Bytes; signed"})
    url = fields.Str(required=True)
    headers = fields.Dict(
        fields.Str(), fields.Str(), required=True, metadata={"description": "Send exactly these"}
    )


class SignedPartsSchema(Schema):
    """Parts, in the order asked for."""

    parts = fields.List(fields.Nested(SignedPartSchema), required=True)
    expires_at = fields.DateTime(required=True)


class PartNumbersSchema(InputSchema):
    """Parts to sign, at most 1,000 different ones."""

    makes = staticmethod(lambda part_numbers: part_numbers)

    part_numbers = whole_numbers(MAX_BATCH, 1, MAX_PARTS)


class UploadedPartSchema(Schema):
    """A part that has arrived."""

    part_number = fields.Int(required=True)
    size = fields.Int(required=True)
    etag = fields.Str(
        required=True, allow_none=True, metadata={"description": "Null once completed"}
    )


class UnfinishedUploadSchema(Schema):
    """An unfinished multipart upload; its id serves to look and to abort."""

    upload_id = fields.Str(required=True)
    path = fields.Str(required=True)
    key = fields.Str(required=True)
    size = fields.Int(
        required=True, allow_none=True, metadata={"description": "Null: S3 does not know it"}
    )
    initiated_at = fields.DateTime(required=True)


class UnfinishedUploadsSchema(Schema):
    """A page of unfinished uploads in key order."""

    items = fields.List(fields.Nested(UnfinishedUploadSchema), required=True)
    next_cursor = fields.Str(required=True, allow_none=True)
