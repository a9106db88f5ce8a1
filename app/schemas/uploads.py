"""Uploads: what is declared, and how the bytes are to be sent."""

from __future__ import annotations

import base64
import binascii

from marshmallow import Schema, ValidationError, fields, validate

from app.domain.paths import Kind
from app.domain.uploads import Method
from app.schemas.fields import StrictSchema, Text, WholeNumber

SHA256_BYTES = 32


def check_sha256(text: str) -> None:
    """A SHA-256 digest in base64, as S3 writes it."""
    try:
        digest = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if len(digest) != SHA256_BYTES or base64.b64encode(digest).decode() != text:
        raise ValidationError("Must be the base64 of a SHA-256 digest.")


class NewUploadSchema(StrictSchema):
    """What the browser is about to send."""

    filename = Text(required=True, metadata={"example": "clip.mp4"})
    content_type = Text(255, required=True, metadata={"example": "video/mp4"})
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


class UploadSchema(Schema):
    """How to send the bytes: PUT with ``headers``, or a form POST of ``fields`` and the file."""

    upload_id = fields.Str(required=True)
    asset_id = fields.Str(required=True, allow_none=True)
    path = fields.Str(required=True)
    key = fields.Str(required=True)
    method = fields.Enum(Method, by_value=True, required=True)
    size = fields.Int(required=True, metadata={"description": "Bytes declared"})
    url = fields.Str()
    headers = fields.Dict(
        fields.Str(), fields.Str(), metadata={"description": "PUT: send exactly these"}
    )
    fields_ = fields.Dict(
        fields.Str(),
        fields.Str(),
        data_key="fields",
        metadata={"description": "POST: form fields to send before the file"},
    )
    expires_at = fields.DateTime(required=True)
