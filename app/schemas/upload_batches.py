"""Uploads by the thousand: declared in one call, completed in another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from marshmallow import Schema, ValidationError, fields

from app.domain.declarations import Declaration
from app.domain.errors import ValidationFailed
from app.domain.limits import MAX_BATCH
from app.schemas.assets import AssetSchema
from app.schemas.faults import schema_problem
from app.schemas.fields import INT64_MAX, BoundedList, Flag, texts
from app.schemas.inputs import InputSchema
from app.schemas.problems import ProblemSchema
from app.schemas.uploads import NewUploadSchema, UploadSchema, check_crc64nvme

#: What one call completes, each with a request or more to the store.
MAX_COMPLETED = 100


class Batch(NamedTuple):
    """Uploads that are declared together, each a declaration or what is wrong with it."""

    uploads: list[Declaration | ValidationFailed]
    package: bool


def _batch(*, uploads: list[Any], package: bool) -> Batch:
    return Batch([_declared(each) for each in uploads], package)


#: Of an upload that nobody need look at closely.
_PLAIN_MEMBERS = {"filename", "content_type", "size"}
_ONE_UPLOAD = NewUploadSchema()


def _declared(item: Any) -> Declaration | ValidationFailed:
    if type(item) is dict and item.keys() == _PLAIN_MEMBERS and _is_plain(item):
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
