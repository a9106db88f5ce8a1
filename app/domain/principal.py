"""The caller that a verified Cognito token names."""

from __future__ import annotations

import re
from dataclasses import dataclass

SUB = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def is_sub(text: object) -> bool:
    """Whether ``text`` may stand between ``users/`` and ``/`` in a key (docs/api.md)."""
    return isinstance(text, str) and SUB.fullmatch(text) is not None and text not in (".", "..")


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking, taken from verified claims only."""

    sub: str
    username: str = ""
    client_id: str = ""
    groups: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not is_sub(self.sub):
            raise ValueError("sub is not usable as a key segment")
