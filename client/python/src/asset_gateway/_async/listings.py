"""What there is: assets and projects."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Unpack

from asset_gateway._async.base import Base, given
from asset_gateway.models import Asset, Filters, Page
from asset_gateway.models.listings import query


class Listings(Base):
    async def page(
        self, *, limit: int | None = None, cursor: str | None = None, **filters: Unpack[Filters]
    ) -> Page[Asset]:
        """Part of a listing, in the order of keys unless ``order="newest"``. See ``Filters``."""
        params = query(filters) | given(limit=limit, cursor=cursor)
        found = await self._calls("GET", "/v1/assets", params=params)
        return Page(tuple(map(Asset.of, found["items"])), found["next_cursor"])

    async def assets(self, **filters: Unpack[Filters]) -> AsyncGenerator[Asset, None]:
        """Every asset of a listing, page after page. See ``Filters``."""
        cursor: str | None = None
        while True:
            page = await self.page(cursor=cursor, **filters)
            for asset in page:
                yield asset
            cursor = page.next_cursor
            if cursor is None:
                return

    async def projects(self) -> list[str]:
        """The ids of all projects that something lies in."""
        return [str(project["project_id"]) for project in await self._all("/v1/projects")]
