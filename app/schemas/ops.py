"""Health and readiness."""

from __future__ import annotations

from marshmallow import Schema, fields, validate


class HealthSchema(Schema):
    """The process is up."""

    status = fields.Str(required=True, validate=validate.OneOf(["ok"]))


class ReadinessSchema(Schema):
    """Whether requests can be served, and which check failed."""

    status = fields.Str(required=True, validate=validate.OneOf(["ok", "unavailable"]))
    checks = fields.Dict(
        fields.Str(), fields.Str(validate=validate.OneOf(["ok", "failed"])), required=True
    )
