"""Marks that say who wrote an object, where that was not its user (T61).

The mark of an upload is signed into it and kept with the object, so what it says reaches the event
worker whenever it comes. It is a MAC over the object's key: a user who can write metadata, by
temporary credentials, cannot make one up, nor carry one to another name.

``{mark}.{s|a|r}{client, base64url}.{MAC}``, before ``.package``.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence

from app.domain.actors import USER, Actor, ActorType
from app.domain.metadata import bare_mark, marks_package, package_mark

#: A longer client is left out: S3 gives metadata 2 KB, and users have them.
MAX_CLIENT_BYTES = 128
_LETTERS = {ActorType.SERVICE: "s", ActorType.ADMINISTRATOR: "a", ActorType.REQUEST: "r"}
_TYPES = {letter: kind for kind, letter in _LETTERS.items()}


class ActorSeals:
    """Puts actors into marks, and reads them there."""

    def __init__(self, secrets: Sequence[str]) -> None:
        """``secrets``: the one to sign with first, accepted former ones after."""
        self._keys = [f"asset-gateway.actor.{secret}".encode() for secret in secrets]

    def seal(self, mark: str, key: str, actor: Actor) -> str:
        """``mark`` of an object at ``key`` that ``actor`` writes; as it is for the user."""
        if actor.type is ActorType.USER:
            return mark
        client = (actor.client_id or "").encode()
        name = _text(client) if len(client) <= MAX_CLIENT_BYTES else ""
        bare, said = bare_mark(mark), _LETTERS[actor.type] + name
        sealed = f"{bare}.{said}.{_mac(self._keys[0], bare, said, key)}"
        return package_mark(sealed) if marks_package(mark) else sealed

    def read(self, mark: str, key: str) -> Actor:
        """Who wrote the object of this ``mark`` at ``key``; the user where nothing is sealed."""
        bare, *rest = mark.split(".")
        if len(rest) < 2 or rest[0][:1] not in _TYPES:
            return USER
        said, given = rest[0], rest[1].encode()
        macs = [_mac(secret, bare, said, key).encode() for secret in self._keys]
        if not any([hmac.compare_digest(given, mac) for mac in macs]):
            return USER
        return Actor(_TYPES[said[0]], _client(said[1:]) or None)


def _mac(secret: bytes, bare: str, said: str, key: str) -> str:
    return _text(hmac.digest(secret, f"{bare} {said} {key}".encode(), "sha256")[:16])


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _client(name: str) -> str:
    try:
        return base64.urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode()
    except (binascii.Error, ValueError):
        return ""
