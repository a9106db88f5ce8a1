"""What every blocking operation is made of."""

from __future__ import annotations

from asset_gateway._async import Operations


class Base:
    """The operations that are driven to their end here; parts and files are sent by threads."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
