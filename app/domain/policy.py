"""What each kind of asset may be: its content types, its size, how long browsers keep it.

One table, ``RULES``. A content type stands in it exactly as a client must send it: lower case,
without parameters, and never as a list, because the same string is signed and stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.domain.errors import TooLarge, UnsupportedType, ValidationFailed
from app.domain.paths import LIBRARY_KINDS, PROJECT_KINDS, Kind
from app.media.types import (
    ALIASES,
    AUDIO,
    BRAND_KIT,
    EXTENSIONS,
    IMAGE,
    PACKAGE,
    VIDEO,
    is_active,
    served_type,
)

__all__ = [
    "EXTENSIONS",
    "RULES",
    "KindRule",
    "cache_control",
    "check_kind_place",
    "check_size",
    "check_type",
    "is_active",
    "kind_for",
    "served_type",
]

MIB = 1024**2
GIB = 1024**3
HOUR = 3600
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class KindRule:
    """The rules of one kind; ``default_max_bytes`` gives way to the ``MAX_BYTES_*`` settings."""

    kind: Kind
    content_types: frozenset[str]
    default_max_bytes: int
    cache_seconds: int


def _rule(
    kind: Kind, max_bytes: int, cache_seconds: int, *tables: Mapping[str, object]
) -> KindRule:
    listed = frozenset[str]().union(*tables)
    aliases = {alias for alias, target in ALIASES.items() if target in listed}
    return KindRule(kind, listed | aliases, max_bytes, cache_seconds)


RULES: Mapping[Kind, KindRule] = MappingProxyType(
    {
        rule.kind: rule
        for rule in (
            _rule(Kind.AUDIO, 2 * GIB, DAY, AUDIO),
            _rule(Kind.IMAGE, 50 * MIB, HOUR, IMAGE),
            _rule(Kind.FRAME, 50 * MIB, HOUR, IMAGE),
            _rule(Kind.VIDEO, 50 * GIB, DAY, VIDEO, PACKAGE),
            _rule(Kind.BRAND_KIT, 100 * MIB, HOUR, IMAGE, BRAND_KIT),
        )
    }
)


def kind_for(content_type: str, *, project_id: str | None) -> Kind:
    """The kind an upload without one belongs to; UnsupportedType when its place has none."""
    kinds = (Kind.IMAGE, Kind.VIDEO, Kind.AUDIO, Kind.BRAND_KIT)
    for kind in kinds if project_id is None else kinds[:3]:
        if content_type in RULES[kind].content_types:
            return kind
    place = "in the library" if project_id is None else "in a project"
    raise UnsupportedType(f"No kind {place} takes this content type.")


def check_kind_place(kind: Kind, project_id: str | None) -> None:
    """ValidationFailed unless ``kind`` exists in the library, or in a project if one is named."""
    if kind not in (LIBRARY_KINDS if project_id is None else PROJECT_KINDS):
        place = "the library" if project_id is None else "a project"
        raise ValidationFailed.at("/kind", f"There is no {kind} in {place}.")


def check_type(kind: Kind, content_type: str) -> None:
    """UnsupportedType unless ``content_type`` is, letter for letter, one that ``kind`` takes."""
    if content_type not in RULES[kind].content_types:
        allowed = ", ".join(sorted(RULES[kind].content_types))
        raise UnsupportedType(f"The content type is not one that {kind} takes: {allowed}.")


def check_size(kind: Kind, size: int, max_bytes: Mapping[Kind, int]) -> None:
    """ValidationFailed unless ``size`` is an int of at least 1; TooLarge above the limit."""
    if type(size) is not int or size < 1:
        raise ValidationFailed.at("/size", "The size is a whole number of bytes, at least 1.")
    limit = max_bytes.get(kind, RULES[kind].default_max_bytes)
    if size > limit:
        raise TooLarge(f"The limit for {kind} is {limit:,} bytes.")


def cache_control(kind: Kind) -> str:
    """Cache-Control to store with an object: without ``private``, which CloudFront never keeps."""
    return f"max-age={RULES[kind].cache_seconds}"
