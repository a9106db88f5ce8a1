"""Playback of packages: HLS, DASH."""

from __future__ import annotations

from typing import NamedTuple

from marshmallow import Schema, fields

from app.domain.limits import MAX_SIGNATURE_SECONDS
from app.domain.paths import AssetPath
from app.schemas.fields import Text, lifetime
from app.schemas.inputs import InputSchema


class NewPlayback(NamedTuple):
    """A manifest to play; ``expires_in`` in seconds, None for the setting."""

    path: AssetPath
    expires_in: int | None

    @classmethod
    def of(cls, *, path: str, expires_in: int | None) -> NewPlayback:
        return cls(AssetPath.parse(path), expires_in)


class NewPlaybackSchema(InputSchema):
    """The manifest to play; the signature covers the whole folder right below its kind."""

    makes = NewPlayback.of

    path = Text(required=True)
    expires_in = lifetime(MAX_SIGNATURE_SECONDS)


class PlaybackSchema(Schema):
    """One signature for every file of the folder."""

    url = fields.Str(required=True, metadata={"description": "The manifest, with the query on it"})
    query = fields.Str(
        required=True, metadata={"description": "To be put behind each URL, without `?`"}
    )
    cookies = fields.Dict(
        fields.Str(),
        fields.Str(),
        required=True,
        metadata={"description": "The same signature as cookies, by name"},
    )
    expires_at = fields.DateTime(required=True)
