"""One upload: what is declared, how its bytes are to be sent, and where it stands."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any, NamedTuple

from marshmallow import Schema, ValidationError, fields, validate

from app.domain.declarations import Declaration
from app.domain.kinds import Kind
from app.domain.paths import AssetPath
from app.domain.uploads import Method
from app.schemas.fields import Text, WholeNumber
from app.schemas.inputs import InputSchema
from app.schemas.multipart import SignedPartSchema, UploadedPartSchema


def _base64_of(byte_count: int, what: str) -> Callable[[str], None]:
    """A check that a text is so many bytes in base64, as S3 writes them."""

    def check(text: str) -> None:
        try:
            digest = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            digest = b""
        if len(digest) != byte_count or base64.b64encode(digest).decode() != text:
            raise ValidationError(f"Must be the base64 of {what}.")

    return check


check_sha256 = _base64_of(32, "a SHA-256 digest")
check_crc64nvme = _base64_of(8, "a CRC-64/NVME, its 8 bytes in network order")


def _declaration(*, method: str, preview_for: str | None = None, **declared: Any) -> Declaration:
    asset = None
    if preview_for is not None:
        asset = AssetPath.parse(preview_for, pointer="/preview_for")
    return Declaration(
        method=None if method == "auto" else Method(method.upper()), preview_for=asset, **declared
    )


class SendingSchema(InputSchema):
    """A file that somebody is about to send."""

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
    method = fields.Str(
        load_default="auto", validate=validate.OneOf(["auto", "put", "post", "multipart"])
    )
    checksum_sha256 = fields.Str(
        load_default=None,
        allow_none=True,
        validate=check_sha256,
        metadata={"description": "Base64; S3 then refuses other bytes"},
    )
    checksum_crc64nvme = fields.Str(
        load_default=None,
        allow_none=True,
        validate=check_crc64nvme,
        metadata={"description": "Base64, instead of the above: PUT and POST; see complete"},
    )
    part_size = WholeNumber(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "MULTIPART: bytes, 5 MiB to `PART_SIZE_BYTES`, which is the default; "
            "more where there would be over 1,000 parts"
        },
    )


class NewUploadSchema(SendingSchema):
    """What the browser is about to send, and where it goes."""

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
    metadata = fields.Dict(
        Text(),
        Text(),
        load_default=dict,
        metadata={"description": "Names of a-z 0-9 -, any text; 2 KB together once encoded"},
    )
    preview_for = Text(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "Path of an asset that this is a preview of: WebP, JPEG or PNG, at most "
            "1 MiB; then without kind, project_id and asset_id"
        },
    )
    expires_in = WholeNumber(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "Seconds after which S3 removes the file: whole days for which the "
            "bucket has a rule (`EXPIRY_DAYS`); not with POST. Left out: it stays"
        },
    )


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


class Completion(NamedTuple):
    """What is known of a file once it has been sent."""

    checksum_crc64nvme: str | None


class CompletionSchema(InputSchema):
    """What the whole file must have, held against the store's own checksum if it keeps one."""

    makes = Completion

    checksum_crc64nvme = fields.Str(
        load_default=None,
        allow_none=True,
        validate=check_crc64nvme,
        metadata={"description": "Base64 of the 8 bytes of the whole file's CRC-64/NVME"},
    )
