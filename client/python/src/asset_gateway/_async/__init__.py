"""The client for asyncio, and every operation, written once."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import httpx

from asset_gateway._async.account import Account
from asset_gateway._async.assets import Assets
from asset_gateway._async.folders import Folders
from asset_gateway._async.io import AsyncIO
from asset_gateway._async.listings import Listings
from asset_gateway._async.sharing import Sharing
from asset_gateway._async.uploads import Uploads
from asset_gateway._io import Token

TIMEOUT = httpx.Timeout(connect=10, read=60, write=60, pool=None)
MOST_AT_ONCE = 4


class Operations(Uploads, Folders, Listings, Assets, Sharing, Account):
    """What both clients do. See the README for each."""

    def acting_for(self, sub: str) -> Operations:
        """The same gateway for one user, over the same connections."""
        return Operations(self._io, self._base_url, sub, self._at_once)


class AsyncClient(Operations):
    """A gateway, for asyncio. An async context manager.

    :param base_url: the gateway's address.
    :param token: an access token, or what gives one, plain or async: ``ClientCredentials``.
    :param act_as: for back ends: the user whose assets these are.
    :param at_once: how many parts or files are sent at once.
    :param http: a client of your own, for proxies or certificates; it is not closed here.
    """

    def __init__(
        self,
        base_url: str,
        token: Token,
        *,
        act_as: str | None = None,
        at_once: int = MOST_AT_ONCE,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._own = http is None
        self._http = http or httpx.AsyncClient(timeout=TIMEOUT)
        super().__init__(AsyncIO(self._http, token), base_url, act_as, at_once)

    async def aclose(self) -> None:
        if self._own:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()
