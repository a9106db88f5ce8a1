"""The caller that a verified token names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.domain.actors import USER, Actor, ActorType

MAX_SUB_CHARS = 128
#: A user's folder. Cognito's subs are their own; `~XX` is a byte of a provider's odd one.
SUB = re.compile(r"(?:[A-Za-z0-9._:-]|~[0-9A-F]{2})+")
_ODD = re.compile(rb"[^A-Za-z0-9._:-]")


def is_sub(text: object) -> bool:
    """Whether ``text`` may stand between ``users/`` and ``/`` in a key (docs/api.md)."""
    return (
        isinstance(text, str)
        and len(text) <= MAX_SUB_CHARS
        and SUB.fullmatch(text) is not None
        and text not in (".", "..")
    )


def folder_of(sub: str) -> str | None:
    """The folder of a provider's ``sub``, which may hold anything; None for one of no use.

    Each byte outside ``[A-Za-z0-9._:-]`` is written as ``~XX``, the tilde too, and so are the dots
    of ``.`` and ``..``: no two subs share a folder (T60).
    """
    try:
        raw = sub.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return None
    odd = re.compile(rb".") if raw in (b".", b"..") else _ODD
    folder = odd.sub(lambda found: b"~%02X" % found[0][0], raw).decode()
    return folder if is_sub(folder) else None


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking, taken from verified claims only.

    ``sub`` is the user's folder. ``is_service``: a back end, which acts for users alone.
    ``is_administrator``: an administrator who acts for this user, as ``client_id``.
    ``upload_request``: the id of the request whose link somebody has, who is not known at all.
    """

    sub: str
    username: str = ""
    client_id: str = ""
    groups: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    is_service: bool = False
    is_administrator: bool = False
    upload_request: str = ""

    def __post_init__(self) -> None:
        if not is_sub(self.sub):
            raise ValueError("sub is not usable as a key segment")

    @property
    def actor(self) -> Actor:
        """Who does what is done in this user's name."""
        if self.is_service:
            return Actor(ActorType.SERVICE, self.client_id)
        if self.is_administrator:
            return Actor(ActorType.ADMINISTRATOR, self.client_id)
        if self.upload_request:
            return Actor(ActorType.REQUEST, self.upload_request)
        return USER
