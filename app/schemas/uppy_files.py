"""A file as Uppy tells of it: its name, its type, and what the page wrote into ``file.meta``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, post_load

from app.domain.kinds import PROJECT_ID, Kind
from app.domain.metadata import is_metadata_name
from app.domain.uppy import UppyFile
from app.schemas.fields import INT64_MAX, Text
from app.schemas.uppy import UppySchema

_BRACKETED = re.compile(r"metadata\[(.+)\]", re.DOTALL)
_DIGITS = re.compile(r"[0-9]{1,19}")
# By default Uppy sends all of `file.meta`: what is told already, and names that S3 does not take.
_TOLD = frozenset({"name", "type", "size", "kind", "project_id", "upload"})
# What `String(value)` makes of a field that the page left open.
_ABSENT = frozenset({"", "null", "undefined"})


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
