"""Who is asking, and the end of all that they have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from asset_gateway.models.values import Json


@dataclass(frozen=True, slots=True)
class Caller:
    """Who the gateway takes the caller for. ``usage`` and ``limits`` are as ``GET /v1/me`` has
    them."""

    sub: str
    prefix: str
    usage: Json
    limits: Json
    raw: Json = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, found: Json) -> Caller:
        usage, limits = found.get("usage", {}), found.get("limits", {})
        return cls(found["sub"], found["prefix"], usage, limits, found)


class Erased(NamedTuple):
    """What an erasure removed: objects, with their old versions, and unfinished uploads."""

    objects: int
    uploads: int
