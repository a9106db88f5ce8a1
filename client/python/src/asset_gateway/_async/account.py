"""The caller, all that is theirs, and its end."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing

from asset_gateway._async.base import Base
from asset_gateway.models import Asset, Caller, Erased


class Account(Base):
    async def me(self) -> Caller:
        """Who the gateway takes the caller for, with usage and limits."""
        return Caller.of(await self._calls("GET", "/v1/me"))

    async def export(self) -> AsyncGenerator[Asset, None]:
        """Every asset with a link to its bytes, as they come, however many there are.

        Raises ``TransferError`` where the export breaks off: what came until then is not all.
        """
        async with aclosing(self._calls.lines("/v1/me/export")) as lines:
            async for line in lines:
                yield Asset.of(json.loads(line))

    async def erase(self, *, account: bool = False) -> Erased:
        """Erase everything for good: assets, old versions, unfinished uploads, shares.

        ``account``: and last the caller's Cognito account, which only a user's own token can.
        """
        params = {"account": "true"} if account else {}
        answers = await self._until_complete("/v1/me/data", params)
        return Erased(
            sum(int(answer["deleted_objects"]) for answer in answers),
            sum(int(answer["aborted_uploads"]) for answer in answers),
        )
