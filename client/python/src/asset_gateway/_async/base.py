"""What every operation is made of."""

from __future__ import annotations

from typing import Any

from asset_gateway._calls import Calls
from asset_gateway._io import IO
from asset_gateway._transfers import Transfers


class Base:
    """One gateway, and for whom it is called."""

    def __init__(self, io: IO, base_url: str, act_as: str | None, at_once: int) -> None:
        self._io = io
        self._base_url = base_url
        self._at_once = at_once
        self._calls = Calls(io, base_url, act_as)
        self._transfers = Transfers(self._calls, at_once)

    async def _all(self, path: str) -> list[Any]:
        """Every item of a listing, page after page."""
        items: list[Any] = []
        cursor: str | None = None
        while True:
            found = await self._calls("GET", path, params={"cursor": cursor})
            items += found["items"]
            cursor = found.get("next_cursor")
            if cursor is None:
                return items

    async def _until_complete(
        self, path: str, params: dict[str, Any], act_as: str | None = None
    ) -> list[Any]:
        """The answers to a deletion that does a bounded part with each call."""
        answers: list[Any] = []
        while not answers or not answers[-1]["complete"]:
            answers.append(await self._calls("DELETE", path, params=params, act_as=act_as))
        return answers


def given(**fields: Any) -> dict[str, Any]:
    """A body of what was said: a member left out is the gateway's to decide."""
    return {name: value for name, value in fields.items() if value is not None}
