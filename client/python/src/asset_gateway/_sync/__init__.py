"""The blocking client: the same operations, driven to their end at once."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

import httpx

from asset_gateway._async import MOST_AT_ONCE, TIMEOUT, Operations
from asset_gateway._sync.account import Account
from asset_gateway._sync.assets import Assets
from asset_gateway._sync.folders import Folders
from asset_gateway._sync.io import SyncIO
from asset_gateway._sync.listings import Listings
from asset_gateway._sync.sharing import Sharing
from asset_gateway._sync.uploads import Uploads


class BlockingOperations(Uploads, Folders, Listings, Assets, Sharing, Account):
    """Every operation of the gateway."""

    def acting_for(self, sub: str) -> BlockingOperations:
        """The same gateway for one user, over the same connections."""
        return BlockingOperations(self._operations.acting_for(sub))


class Client(BlockingOperations):
    """A gateway. A context manager, and thread-safe.

    :param base_url: the gateway's address.
    :param token: an access token, or what gives one: ``ClientCredentials``.
    :param act_as: for back ends: the user whose assets these are.
    :param at_once: how many parts or files are sent at once.
    :param http: a client of your own, for proxies or certificates; it is not closed here.
    """

    def __init__(
        self,
        base_url: str,
        token: str | Callable[[], str],
        *,
        act_as: str | None = None,
        at_once: int = MOST_AT_ONCE,
        http: httpx.Client | None = None,
    ) -> None:
        self._own = http is None
        self._http = http or httpx.Client(timeout=TIMEOUT)
        super().__init__(Operations(SyncIO(self._http, token), base_url, act_as, at_once))

    def close(self) -> None:
        if self._own:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
