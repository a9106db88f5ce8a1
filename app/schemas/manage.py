"""Managing assets: copying, deleting, projects, versions."""

from __future__ import annotations

from typing import NamedTuple

from marshmallow import Schema, fields

from app.domain.copies import Destination
from app.domain.kinds import Kind
from app.domain.limits import MAX_BATCH
from app.domain.paths import AssetPath
from app.schemas.fields import Flag, Text, texts
from app.schemas.inputs import InputSchema, parse_paths


class Relocation(NamedTuple):
    """What is to be copied or moved, and where to."""

    path: AssetPath
    destination: Destination

    @classmethod
    def of(cls, *, path: str, kind: Kind | None, project_id: str | None) -> Relocation:
        return cls(AssetPath.parse(path), Destination(kind, project_id))


class RelocationSchema(InputSchema):
    """What to copy or move, and where to."""

    makes = Relocation.of

    path = Text(
        required=True,
        metadata={"description": "An asset, or …/{kind}/{asset_id} alone: the whole package"},
    )
    kind = fields.Enum(
        Kind,
        by_value=True,
        load_default=None,
        allow_none=True,
        metadata={"description": "Left out: the kind it has"},
    )
    project_id = Text(
        load_default=None, allow_none=True, metadata={"description": "Left out: the library"}
    )


class DeletionQuery(NamedTuple):
    """Whether a whole package is to go."""

    recursive: bool


class DeletionQuerySchema(InputSchema):
    """Whether a whole package goes."""

    makes = DeletionQuery

    recursive = Flag(
        load_default=False,
        metadata={"description": "With …/{kind}/{asset_id} alone, or a manifest: the package"},
    )


class FolderDeletionSchema(Schema):
    """How far a folder's deletion came; call again until it is ``complete``."""

    deleted_objects = fields.Int(required=True)
    complete = fields.Bool(required=True)


class PathsSchema(InputSchema):
    """Assets to delete, at most 1,000."""

    makes = staticmethod(lambda paths: parse_paths(paths))

    paths = texts(MAX_BATCH)


class PathErrorSchema(Schema):
    """What could not be deleted, and the slug of the problem."""

    path = fields.Str(required=True)
    code = fields.Str(required=True)


class DeletionSchema(Schema):
    """What is gone, and what is not."""

    deleted = fields.List(fields.Str(), required=True)
    errors = fields.List(fields.Nested(PathErrorSchema), required=True)


class ProjectSchema(Schema):
    """A project is there as long as something lies in it."""

    project_id = fields.Str(required=True)


class ProjectPageSchema(Schema):
    """A page of projects, by name."""

    items = fields.List(fields.Nested(ProjectSchema), required=True)
    next_cursor = fields.Str(required=True, allow_none=True)


class VersionSchema(Schema):
    """One version; a deletion is a version too, without size and ETag."""

    version_id = fields.Str(required=True)
    is_latest = fields.Bool(required=True)
    deleted = fields.Bool(required=True)
    size = fields.Int(required=True, allow_none=True)
    etag = fields.Str(required=True, allow_none=True)
    last_modified = fields.DateTime(required=True)


class VersionsSchema(Schema):
    """Versions, newest first."""

    items = fields.List(fields.Nested(VersionSchema), required=True)


class Restoration(NamedTuple):
    """What is to be brought back."""

    path: AssetPath
    version_id: str | None

    @classmethod
    def of(cls, *, path: str, version_id: str | None) -> Restoration:
        return cls(AssetPath.parse(path), version_id)


class RestorationSchema(InputSchema):
    """What to bring back: the newest version that is not a deletion, or the one named."""

    makes = Restoration.of

    path = Text(required=True)
    version_id = Text(1024, load_default=None, allow_none=True)
