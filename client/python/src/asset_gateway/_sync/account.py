"""The caller, all that is theirs, and its end."""

from __future__ import annotations

from collections.abc import Iterator

from asset_gateway._sync.base import Base
from asset_gateway._sync.io import iterate, run
from asset_gateway.models import Asset, Caller, Erased


class Account(Base):
    def me(self) -> Caller:
        """Who the gateway takes the caller for, with usage and limits."""
        return run(self._operations.me())

    def export(self) -> Iterator[Asset]:
        """Every asset with a link to its bytes, as they come, however many there are.

        Raises ``TransferError`` where the export breaks off: what came until then is not all.
        """
        return iterate(self._operations.export())

    def erase(self, *, account: bool = False) -> Erased:
        """Erase everything for good: assets, old versions, unfinished uploads, shares.

        ``account``: and last the caller's Cognito account, which only a user's own token can.
        """
        return run(self._operations.erase(account=account))
