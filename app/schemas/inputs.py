"""Schemas whose input comes out as a typed value, not as a dictionary."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple

from marshmallow import post_load

from app.domain.paths import AssetPath
from app.schemas.fields import StrictSchema, page_cursor, page_limit


class InputSchema(StrictSchema):
    """A request's input; ``makes`` takes the fields by their names."""

    makes: ClassVar[Callable[..., Any]]

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Any:
        return self.makes(**data)


class PageQuery(NamedTuple):
    """A page of a listing that is asked for."""

    limit: int
    cursor: str | None


class PageQuerySchema(InputSchema):
    """Which page of a listing."""

    makes = PageQuery

    limit = page_limit()
    cursor = page_cursor()


class RecordPageQuerySchema(PageQuerySchema):
    """As ``PageQuerySchema``, where each item is a request to the store."""

    limit = page_limit(100)


def parse_paths(texts: Sequence[str]) -> list[AssetPath]:
    """The paths that ``paths`` of a body names; ``ValidationFailed`` at ``/paths/{index}``."""
    return [AssetPath.parse(text, pointer=f"/paths/{index}") for index, text in enumerate(texts)]
