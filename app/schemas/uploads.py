"""Uploads: what is declared, and how the bytes are to be sent."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

from marshmallow import Schema, ValidationError, fields, validate

from app.domain.errors import ValidationFailed
from app.domain.limits import MAX_BATCH, MAX_PARTS
from app.domain.paths import AssetPath, Kind
from app.domain.uploads import Declaration, Method
from app.schemas.assets import AssetSchema
from app.schemas.faults import schema_problem
from app.schemas.fields import (
    INT64_MAX,
    BoundedList,
    Flag,
    Text,
    WholeNumber,
    page_limit,
    texts,
    whole_numbers,
)
from app.schemas.inputs import InputSchema, PageQuery
from app.schemas.problems import ProblemSchema

#: What one call completes, each with a request or more to the store.
MAX_COMPLETED = 100


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


def _declaration(*, method: str, preview_for: str | None, **declared: Any) -> Declaration:
    asset = preview_for and AssetPath.parse(preview_for, pointer="/preview_for")
    return Declaration(
        method=None if method == "auto" else Method(method.upper()),
        preview_for=asset or None,
        **declared,
    )


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


class Batch(NamedTuple):
    """Uploads that are declared together, each a declaration or what is wrong with it."""

    uploads: list[Declaration | ValidationFailed]
    package: bool


def _batch(*, uploads: list[Any], package: bool) -> Batch:
    return Batch([_declared(each) for each in uploads], package)


#: Of an upload that nobody need look at closely, and of the values that it has.
_PLAIN_MEMBERS = {"filename": str, "content_type": str, "size": int}
_ONE_UPLOAD = NewUploadSchema()


def _declared(item: Any) -> Declaration | ValidationFailed:
    if type(item) is dict and item.keys() == _PLAIN_MEMBERS.keys() and _is_plain(item):
        return Declaration(**item)
    if not isinstance(item, Mapping):
        return ValidationFailed.at("", "An upload is a JSON object.")
    try:
        return cast(Declaration, _ONE_UPLOAD.load(item))
    except ValidationError as error:
        return schema_problem(error.messages)


def _is_plain(item: dict[str, Any]) -> bool:
    """Whether marshmallow, which takes as long as signing does, would find nothing."""
    texts = item["filename"], item["content_type"]
    return (
        type(item["size"]) is int
        and abs(item["size"]) <= INT64_MAX
        and all(type(text) is str and text.isascii() for text in texts)
        and len(texts[0]) <= 4096
        and len(texts[1]) <= 255
    )


class BatchSchema(InputSchema):
    """Up to 1,000 uploads, each as for one; with ``package`` all under one new asset id."""

    makes = staticmethod(_batch)

    uploads = BoundedList(fields.Raw(), MAX_BATCH, required=True)
    package = Flag(
        load_default=False,
        metadata={"description": "Files of one package: names may have folders, and no asset_id"},
    )


class BatchItemSchema(Schema):
    """One of the two."""

    upload = fields.Nested(UploadSchema)
    problem = fields.Nested(ProblemSchema)


class BatchAnswerSchema(Schema):
    """What became of each upload, in order."""

    items = fields.List(fields.Nested(BatchItemSchema), required=True)


class Completions(NamedTuple):
    """Uploads to complete, and what is known of each one's file."""

    upload_ids: list[str]
    checksums_crc64nvme: list[str | None]


def _completions(
    *, upload_ids: list[str], checksums_crc64nvme: list[str | None] | None
) -> Completions:
    checksums = checksums_crc64nvme
    if checksums is not None and len(checksums) != len(upload_ids):
        raise ValidationFailed.at("/checksums_crc64nvme", "One for each upload, or null.")
    return Completions(upload_ids, checksums or [None] * len(upload_ids))


class CompletionsSchema(InputSchema):
    """Uploads to complete, at most 100, with the checksum of each one's whole file if known."""

    makes = staticmethod(_completions)

    upload_ids = texts(MAX_COMPLETED, max_length=8192)
    checksums_crc64nvme = BoundedList(
        fields.Str(allow_none=True, validate=check_crc64nvme),
        MAX_COMPLETED,
        load_default=None,
        allow_none=True,
        metadata={"description": "In the order of the uploads; as for completing one"},
    )


class CompletedItemSchema(Schema):
    """One of the two."""

    asset = fields.Nested(AssetSchema)
    problem = fields.Nested(ProblemSchema)


class CompletedUploadsSchema(Schema):
    """What became of each upload, in order."""

    items = fields.List(fields.Nested(CompletedItemSchema), required=True)
