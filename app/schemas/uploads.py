"""Uploads: what is declared, and how the bytes are to be sent."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from app.domain.limits import MAX_BATCH, MAX_PARTS
from app.domain.paths import Kind
from app.domain.uploads import Declaration, Method
from app.schemas.fields import Text, WholeNumber, page_limit, whole_numbers
from app.schemas.inputs import InputSchema, PageQuery

SHA256_BYTES = 32


def check_sha256(text: str) -> None:
    """A SHA-256 digest in base64, as S3 writes it."""
    try:
        digest = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if len(digest) != SHA256_BYTES or base64.b64encode(digest).decode() != text:
        raise ValidationError("Must be the base64 of a SHA-256 digest.")


def _declaration(*, method: str, **declared: Any) -> Declaration:
    return Declaration(method=None if method == "auto" else Method(method.upper()), **declared)


class NewUploadSchema(InputSchema):
    """What the browser is about to send."""

    makes = staticmethod(_declaration)

    filename = Text(required=True, metadata={"example": "clip.mp4"})
    content_type = Text(
        255,
        required=True,
        metadata={
            "description": "As the browser calls it (docs/types.md); empty: by the extension",
            "example": "video/mp4",
        },
    )
    size = WholeNumber(required=True, metadata={"description": "Bytes", "example": 73400320})
    kind = fields.Enum(
        Kind,
        by_value=True,
        load_default=None,
        allow_none=True,
        metadata={"description": "Left out: taken from the content type"},
    )
    project_id = Text(load_default=None, allow_none=True)
    asset_id = Text(
        load_default=None,
        allow_none=True,
        metadata={"description": "UUID that groups the files of a package, such as HLS"},
    )
    method = fields.Str(
        load_default="auto", validate=validate.OneOf(["auto", "put", "post", "multipart"])
    )
    checksum_sha256 = fields.Str(
        load_default=None,
        allow_none=True,
        validate=check_sha256,
        metadata={"description": "Base64; S3 then refuses other bytes"},
    )
    metadata = fields.Dict(
        Text(),
        Text(),
        load_default=dict,
        metadata={"description": "Names of a-z 0-9 -, any text; 2 KB together once encoded"},
    )


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


class UploadSchema(Schema):
    """How to send the bytes: PUT, a form POST of ``fields`` and the file, or in parts."""

    upload_id = fields.Str(required=True)
    asset_id = fields.Str(required=True, allow_none=True)
    path = fields.Str(required=True)
    key = fields.Str(required=True)
    method = fields.Enum(Method, by_value=True, required=True)
    size = fields.Int(
        required=True, allow_none=True, metadata={"description": "Bytes declared, where known"}
    )
    part_size = fields.Int(
        required=True, allow_none=True, metadata={"description": "MULTIPART: bytes but of the last"}
    )
    part_count = fields.Int(required=True, allow_none=True)
    url = fields.Str(metadata={"description": "PUT and POST"})
    headers = fields.Dict(
        fields.Str(), fields.Str(), metadata={"description": "PUT: send exactly these"}
    )
    fields_ = fields.Dict(
        fields.Str(),
        fields.Str(),
        data_key="fields",
        metadata={"description": "POST: form fields to send before the file"},
    )
    parts = fields.List(
        fields.Nested(SignedPartSchema),
        metadata={"description": "MULTIPART, at creation: the first 1,000"},
    )
    expires_at = fields.DateTime(
        required=True,
        allow_none=True,
        metadata={"description": "Of the URLs here; null where there are none"},
    )


class UploadedPartSchema(Schema):
    """A part that has arrived."""

    part_number = fields.Int(required=True)
    size = fields.Int(required=True)
    etag = fields.Str(
        required=True, allow_none=True, metadata={"description": "Null once completed"}
    )


class UploadStateSchema(UploadSchema):
    """An upload and where it stands.

    With PUT and POST there are no parts: ``uploaded`` and ``missing`` are empty. Of an upload that
    was found by listing nothing declared is known: ``size``, ``part_size``, ``part_count`` and
    ``missing`` are null.
    """

    uploaded = fields.List(fields.Nested(UploadedPartSchema), required=True)
    missing = fields.List(
        fields.Int(),
        required=True,
        allow_none=True,
        metadata={"description": "Numbers of the parts still to be sent"},
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


class UploadsQuerySchema(InputSchema):
    """How many, and from where."""

    makes = PageQuery

    limit = page_limit()
    cursor = Text(
        8192, load_default=None, metadata={"description": "next_cursor of the page before"}
    )
