"""A share: one asset or package, opened to whoever has its link, until it expires or is revoked.

Its record lies in the owner's own root, where an owner with credentials for S3 itself can write.
So the record is signed with the service's secret, and says whose and which it is: a record that
was made up, changed, or taken from another share or another user opens nothing (T48).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple

from app.domain.assets import Disposition
from app.domain.errors import NotFound
from app.domain.packages import is_played
from app.domain.paths import AssetPath, Root

_PATH_DIGITS = 16
_RANDOM_BYTES = 16
_SHARE_ID = re.compile(rf"[0-9a-f]{{{_PATH_DIGITS + 2 * _RANDOM_BYTES}}}")


class ShareTerms(NamedTuple):
    """What an owner wants of a share; ``seconds`` None for the longest life that there is."""

    disposition: Disposition
    seconds: int | None
    note: str | None = None
    max_opens: int | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """What a record says. ``expires_at`` is aware UTC, in whole seconds; ``note`` is shown to
    whoever opens it, which can be done ``max_opens`` times, or None for as often as they like."""

    sub: str
    share_id: str
    path: AssetPath
    disposition: Disposition
    expires_at: datetime
    note: str | None = None
    max_opens: int | None = None

    @property
    def is_package(self) -> bool:
        """Whether what is shared is a manifest together with its folder."""
        return is_played(self.path) and self.path.has_asset_folder

    def to_claims(self) -> dict[str, Any]:
        """The facts as JSON, to be signed."""
        claims = {
            "sub": self.sub,
            "share_id": self.share_id,
            "path": self.path.text,
            "disposition": self.disposition,
            "expires": int(self.expires_at.timestamp()),
        }
        wanted = {"note": self.note, "max_opens": self.max_opens}
        return claims | {name: value for name, value in wanted.items() if value is not None}

    @classmethod
    def from_claims(
        cls, claims: Mapping[str, Any] | Sequence[Any], *, sub: str, share_id: str
    ) -> Share:
        """The share of ``claims``; ``NotFound`` when it is another user's, or another share."""
        named = _named(claims, ("sub", "share_id", "path", "disposition", "expires"))
        if (named["sub"], named["share_id"]) != (sub, share_id):
            raise NotFound
        expires_at = datetime.fromtimestamp(named["expires"], UTC)
        return cls(
            sub,
            share_id,
            AssetPath.parse(named["path"]),
            named["disposition"],
            expires_at,
            named.get("note"),
            named.get("max_opens"),
        )


class ShareToken(NamedTuple):
    """What the link of a share says, once its signature was found good."""

    sub: str
    share_id: str

    def to_claims(self) -> dict[str, str]:
        return self._asdict()

    @classmethod
    def from_claims(cls, claims: Mapping[str, Any] | Sequence[Any]) -> ShareToken:
        return cls(**_named(claims, cls._fields))


def _named(claims: Mapping[str, Any] | Sequence[Any], names: Sequence[str]) -> dict[str, Any]:
    """Claims by name. Version 0.1 wrote them by position, and its shares may live for a year."""
    if isinstance(claims, Mapping):
        return dict(claims)
    return dict(zip(names, claims, strict=True))


def mint_share_id(path: AssetPath) -> str:
    """A new id nobody can guess. It begins with its path's digest, so that deleting the asset
    finds its shares by their names."""
    return path_digest(path.text) + secrets.token_hex(_RANDOM_BYTES)


def path_digest(path: str) -> str:
    """What the ids of a path's shares begin with."""
    return sha256(path.encode()).hexdigest()[:_PATH_DIGITS]


def digest_of(share_id: str) -> str:
    """The ``path_digest`` that a share id begins with."""
    return share_id[:_PATH_DIGITS]


def is_share_id(text: str) -> bool:
    """Whether ``text`` may stand in the key of a record."""
    return _SHARE_ID.fullmatch(text) is not None


def shares_prefix(root: Root) -> str:
    """Where ``root`` keeps its records; no asset's path leads there."""
    return f"{root.prefix}shares/"


def record_key(root: Root, share_id: str) -> str:
    """The key of a record; ``NotFound`` for what is no share id."""
    if not is_share_id(share_id):
        raise NotFound
    return f"{shares_prefix(root)}{share_id}.json"
