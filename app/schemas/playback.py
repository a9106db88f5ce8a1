"""Playback of packages: HLS, DASH."""

from __future__ import annotations

from marshmallow import Schema, fields

from app.schemas.fields import StrictSchema, Text, lifetime
from app.schemas.links import MAX_LINK_SECONDS


class NewPlaybackSchema(StrictSchema):
    """The manifest to play; the signature covers the whole folder right below its kind."""

    path = Text(required=True)
    expires_in = lifetime(MAX_LINK_SECONDS)


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
