"""What there is: assets and projects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Unpack

from asset_gateway._sync.base import Base
from asset_gateway._sync.io import iterate, run
from asset_gateway.models import Asset, Filters, Page


class Listings(Base):
    def page(
        self, *, limit: int | None = None, cursor: str | None = None, **filters: Unpack[Filters]
    ) -> Page[Asset]:
        """Part of a listing, in the order of keys unless ``order="newest"``. See ``Filters``."""
        return run(self._operations.page(limit=limit, cursor=cursor, **filters))

    def assets(self, **filters: Unpack[Filters]) -> Iterator[Asset]:
        """Every asset of a listing, page after page. See ``Filters``."""
        return iterate(self._operations.assets(**filters))

    def projects(self) -> list[str]:
        """The ids of all projects that something lies in."""
        return run(self._operations.projects())
