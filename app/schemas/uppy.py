"""What Uppy sends and reads, as it is on the wire (Companion's protocol, and signRequest's)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

from app.domain.access import Access
from app.domain.kinds import PROJECT_ID
from app.domain.limits import MAX_BATCH, MAX_PARTS
from app.domain.metadata import is_metadata_name
from app.domain.paths import Kind
from app.domain.uppy import UppyFile
from app.schemas.fields import INT64_MAX, BoundedList, Text, WholeNumber

MAX_UPLOAD_ID_CHARS = 4_096
_BRACKETED = re.compile(r"metadata\[(.+)\]", re.DOTALL)
_PART_NUMBER = r"[1-9][0-9]{0,4}"
_PART_NUMBERS = re.compile(f"{_PART_NUMBER}(?:,{_PART_NUMBER})*")
_DIGITS = re.compile(r"[0-9]{1,19}")
# By default Uppy sends all of `file.meta`: what is told already, and names that S3 does not take.
_TOLD = frozenset({"name", "type", "size", "kind", "project_id", "upload"})
# What `String(value)` makes of a field that the page left open.
_ABSENT = frozenset({"", "null", "undefined"})


class HttpMethod(StrEnum):
    """What Uppy asks S3 for."""

    GET = "GET"
    PUT = "PUT"
    POST = "POST"
    DELETE = "DELETE"


class UppySchema(Schema):
    """An object of Uppy's, which may have more members in its next version."""

    class Meta:
        unknown = EXCLUDE


class UppyFileSchema(UppySchema):
    """A file that Uppy is about to upload.

    ``metadata`` is Uppy's ``file.meta``. ``kind``, ``project_id`` and ``size`` choose the place and
    bound the size; other members are stored if their names are of a-z 0-9 -.
    """

    filename = Text(required=True, metadata={"example": "clip.mp4"})
    type = Text(255, load_default="", allow_none=True, metadata={"example": "video/mp4"})
    metadata = fields.Dict(Text(), fields.Raw(allow_none=True), load_default=dict, allow_none=True)

    @post_load
    def to_file(self, data: dict[str, Any], **_: Any) -> UppyFile:
        return _file(data["filename"], data["type"], data["metadata"] or {})


class SingleQuerySchema(UppySchema):
    """The same in a query string, where Uppy writes ``metadata[title]=...`` for each member."""

    filename = Text(required=True, metadata={"example": "clip.mp4"})
    type = Text(255, load_default="", metadata={"example": "video/mp4"})
    kind = Text(data_key="metadata[kind]", metadata={"enum": ["", *Kind]})
    project_id = Text(data_key="metadata[project_id]")
    size = Text(data_key="metadata[size]", metadata={"description": "Bytes"})

    @post_load(pass_original=True)
    def to_file(self, data: dict[str, Any], original: Mapping[str, Any], **_: Any) -> UppyFile:
        matches = ((_BRACKETED.fullmatch(name), name) for name in original)
        meta = {match[1]: original[name] for match, name in matches if match}
        return _file(data["filename"], data["type"], meta)


class Parts(NamedTuple):
    """Parts of the upload at ``key``."""

    key: str
    numbers: list[int]


class SignRequest(NamedTuple):
    """A request of Uppy 6 that is to be signed."""

    method: HttpMethod
    key: str
    content_type: str | None
    upload_id: str | None
    part_number: int | None


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
            "pattern": f"^{_PART_NUMBER}(,{_PART_NUMBER})*$",
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


class SignedSchema(Schema):
    """What ``signRequest`` answers with."""

    url = fields.Str(required=True)
    key = fields.Str(metadata={"description": "Instead of the one that was asked for"})
    headers = fields.Dict(fields.Str(), fields.Str(), metadata={"description": "Send these"})
    fields_ = fields.Dict(
        fields.Str(), fields.Str(), data_key="fields", metadata={"description": "Send as a form"}
    )


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


def _file(filename: str, content_type: str | None, file_meta: Mapping[str, Any]) -> UppyFile:
    meta = {n: text for n, value in file_meta.items() if (text := _text(value)) is not None}
    given = {name: text for name, text in meta.items() if text not in _ABSENT}
    return UppyFile(
        filename,
        content_type or "",
        _kind(given.get("kind")),
        _project_id(given.get("project_id")),
        _size(given.get("size")),
        {n: text for n, text in meta.items() if n not in _TOLD and is_metadata_name(n)},
    )


def _text(value: Any) -> str | None:
    """A member of ``file.meta`` as text; None for what is no plain value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        try:
            return str(value).encode().decode()
        except UnicodeEncodeError:
            raise ValidationError("Holds half of a surrogate pair.", "metadata") from None
    return None


def _kind(text: str | None) -> Kind | None:
    try:
        return None if text is None else Kind(text)
    except ValueError:
        kinds = ", ".join(Kind)
        raise ValidationError({"metadata": {"kind": [f"Must be one of: {kinds}."]}}) from None


def _project_id(text: str | None) -> str | None:
    if text is not None and PROJECT_ID.fullmatch(text) is None:
        raise ValidationError({"metadata": {"project_id": ["Is no project id."]}})
    return text


def _size(text: str | None) -> int | None:
    if text is None:
        return None
    if not _DIGITS.fullmatch(text) or not 0 < int(text) <= INT64_MAX:
        raise ValidationError({"metadata": {"size": ["Must be a whole number of bytes."]}})
    return int(text)
