"""What Uppy 6's ``signRequest`` sends and reads."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from marshmallow import Schema, fields, post_load, validate

from app.domain.limits import MAX_PARTS
from app.schemas.fields import Text, WholeNumber
from app.schemas.uppy import UppySchema

MAX_UPLOAD_ID_CHARS = 4_096


class HttpMethod(StrEnum):
    """What Uppy asks S3 for."""

    GET = "GET"
    PUT = "PUT"
    POST = "POST"
    DELETE = "DELETE"


class SignRequest(NamedTuple):
    """A request of Uppy 6 that is to be signed."""

    method: HttpMethod
    key: str
    content_type: str | None
    upload_id: str | None
    part_number: int | None


class SignSchema(UppySchema):
    """The request that Uppy 6 hands to ``signRequest``, as it is."""

    method = fields.Str(required=True, validate=validate.OneOf([*HttpMethod]))
    key = Text(required=True)
    contentType = Text(255, load_default=None, allow_none=True)
    uploadId = Text(MAX_UPLOAD_ID_CHARS, load_default=None, allow_none=True)
    partNumber = WholeNumber(
        load_default=None, allow_none=True, validate=validate.Range(1, MAX_PARTS)
    )

    @post_load
    def to_request(self, data: dict[str, Any], **_: Any) -> SignRequest:
        return SignRequest(
            HttpMethod(data["method"]),
            data["key"],
            data["contentType"],
            data["uploadId"],
            data["partNumber"],
        )


class SignedSchema(Schema):
    """What ``signRequest`` answers with."""

    url = fields.Str(required=True)
    key = fields.Str(metadata={"description": "Instead of the one that was asked for"})
    headers = fields.Dict(fields.Str(), fields.Str(), metadata={"description": "Send these"})
    fields_ = fields.Dict(
        fields.Str(), fields.Str(), data_key="fields", metadata={"description": "Send as a form"}
    )
