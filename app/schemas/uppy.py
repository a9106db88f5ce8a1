"""What Uppy sends and reads, as it is on the wire (Companion's protocol)."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

from app.domain.access import Access
from app.domain.limits import MAX_BATCH, MAX_PARTS
from app.domain.parts import PART_NUMBER
from app.schemas.fields import BoundedList, Text, WholeNumber

_PART_NUMBERS = re.compile(f"{PART_NUMBER}(?:,{PART_NUMBER})*")


class UppySchema(Schema):
    """An object of Uppy's, which may have more members in its next version."""

    class Meta:
        unknown = EXCLUDE


class Parts(NamedTuple):
    """Parts of the upload at ``key``."""

    key: str
    numbers: list[int]


class KeyQuerySchema(UppySchema):
    """Whose upload it is."""

    key = Text(required=True, metadata={"description": "The full key, as creation gave it"})


class UploadKeyQuerySchema(KeyQuerySchema):
    @post_load
    def to_key(self, data: dict[str, Any], **_: Any) -> str:
        return str(data["key"])


class BatchQuerySchema(KeyQuerySchema):
    """Parts to sign."""

    partNumbers = Text(
        MAX_BATCH * 6,
        required=True,
        metadata={
            "description": f"At most {MAX_BATCH}, comma-separated",
            "example": "1,2,3",
            "pattern": f"^{PART_NUMBER}(,{PART_NUMBER})*$",
        },
    )

    @post_load
    def to_parts(self, data: dict[str, Any], **_: Any) -> Parts:
        text = data["partNumbers"]
        numbers = [*map(int, text.split(","))] if _PART_NUMBERS.fullmatch(text) else []
        if not 1 <= len(numbers) <= MAX_BATCH or max(numbers) > MAX_PARTS:
            raise ValidationError(
                f"Must be at most {MAX_BATCH} numbers of 1 to {MAX_PARTS}.", "partNumbers"
            )
        return Parts(data["key"], numbers)


class NamedPartSchema(UppySchema):
    """A part that Uppy sent. Its ETag is not looked at: S3's own word counts."""

    PartNumber = WholeNumber(required=True, validate=validate.Range(1, MAX_PARTS))
    ETag = fields.Raw(allow_none=True, load_default=None)


class CompleteSchema(UppySchema):
    """The parts that make the object."""

    parts = BoundedList(fields.Nested(NamedPartSchema), MAX_PARTS, required=True)

    @post_load
    def to_numbers(self, data: dict[str, Any], **_: Any) -> list[int]:
        numbers = [part["PartNumber"] for part in data["parts"]]
        if len(set(numbers)) != len(numbers):
            raise ValidationError("A part number occurs twice.", "parts")
        return numbers


class SingleSchema(Schema):
    """A form POST, or a PUT where the store takes no forms. ``expires`` in seconds."""

    method = fields.Str(required=True, validate=validate.OneOf(["POST", "PUT"]))
    url = fields.Str(required=True)
    fields_ = fields.Dict(fields.Str(), fields.Str(), required=True, data_key="fields")
    headers = fields.Dict(fields.Str(), fields.Str(), metadata={"description": "PUT: send these"})
    expires = fields.Int(required=True)


class CreatedSchema(Schema):
    """A multipart upload."""

    key = fields.Str(required=True)
    uploadId = fields.Str(required=True)
    bucket = fields.Str(required=True)


class PartUrlSchema(Schema):
    """Where a part goes. ``expires`` in seconds."""

    url = fields.Str(required=True)
    expires = fields.Int(required=True)


class PartUrlsSchema(Schema):
    """Where parts go, by number."""

    presignedUrls = fields.Dict(fields.Str(), fields.Str(), required=True)


class ArrivedPartSchema(Schema):
    """A part as S3 holds it."""

    PartNumber = fields.Int(required=True)
    ETag = fields.Str(required=True)
    Size = fields.Int(required=True)


class CompletedSchema(Schema):
    """The object. Its location opens nothing by itself; ask for a link."""

    location = fields.Str(required=True)
    key = fields.Str(required=True)
    bucket = fields.Str(required=True)


class CredentialsQuerySchema(UppySchema):
    """What the credentials are for."""

    access = fields.Enum(
        Access,
        by_value=True,
        load_default=Access.WRITE,
        metadata={
            "description": "`write` uploads, `read` lists and gets, `readwrite` does both and "
            "deletes"
        },
    )

    @post_load
    def to_access(self, data: dict[str, Any], **_: Any) -> Access:
        return Access(data["access"])


class KeysSchema(Schema):
    """AWS' own names."""

    AccessKeyId = fields.Str(required=True)
    SecretAccessKey = fields.Str(required=True)
    SessionToken = fields.Str(required=True)
    Expiration = fields.DateTime(required=True)


class CredentialsSchema(Schema):
    """Temporary credentials for the caller's folders of kinds and projects, and nothing else."""

    credentials = fields.Nested(KeysSchema, required=True)
    bucket = fields.Str(required=True)
    region = fields.Str(required=True)
