"""The caller: identity, limits, usage."""

from __future__ import annotations

from typing import NamedTuple

from marshmallow import Schema, fields

from app.schemas.fields import Flag
from app.schemas.inputs import InputSchema


class AmountSchema(Schema):
    """So much."""

    bytes = fields.Int(required=True)
    objects = fields.Int(required=True)


class LimitSchema(Schema):
    """What one file of a kind may be."""

    max_bytes = fields.Int(required=True)
    content_types = fields.List(
        fields.Str(),
        required=True,
        metadata={"description": "One for each format; its other names are taken, too"},
    )


class UsageSchema(AmountSchema):
    """What is stored: current objects, without old versions."""

    by_kind = fields.Dict(
        fields.Str(),
        fields.Nested(AmountSchema),
        required=True,
        metadata={"description": "By kind, library and projects together; `other`: all else"},
    )
    by_project = fields.Dict(
        fields.Str(),
        fields.Nested(AmountSchema),
        required=True,
        metadata={"description": "By project; the thousand largest"},
    )
    quota_bytes = fields.Int(
        required=True, allow_none=True, metadata={"description": "null: no quota"}
    )
    reserved_bytes = fields.Int(
        required=True,
        metadata={"description": "Held for what upload URLs that still work can bring"},
    )
    remaining_bytes = fields.Int(
        required=True, allow_none=True, metadata={"description": "After reservations"}
    )


class MeSchema(Schema):
    """Who is asking, and what they may and do store."""

    sub = fields.Str(required=True)
    username = fields.Str(required=True)
    client_id = fields.Str(required=True)
    groups = fields.List(fields.Str(), required=True)
    scopes = fields.List(fields.Str(), required=True)
    prefix = fields.Str(required=True, metadata={"example": "users/0f8fad5b/"})
    limits = fields.Dict(
        fields.Str(), fields.Nested(LimitSchema), required=True, metadata={"description": "By kind"}
    )
    usage = fields.Nested(UsageSchema, required=True)


class ErasureQuery(NamedTuple):
    """Whether the Cognito account is to go as well."""

    account: bool


class ErasureQuerySchema(InputSchema):
    """How far to go."""

    makes = ErasureQuery

    account = Flag(
        load_default=False,
        metadata={"description": "Also delete the Cognito account, once all data is gone"},
    )


class ErasedSchema(Schema):
    """What one call did."""

    deleted_objects = fields.Int(
        required=True, metadata={"description": "Versions and delete markers count as well"}
    )
    aborted_uploads = fields.Int(required=True)
    complete = fields.Bool(required=True, metadata={"description": "false: call again"})
