"""What the marks of objects say: who wrote one that was not its user (T61), what is a copy.

The mark of an upload is signed into it and kept with the object, so what it says reaches the event
worker whenever it comes. It is a MAC over the object's key: a user who can write metadata, by
temporary credentials, cannot make one up, nor carry one to another name.
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


class ActorMarks:
    """Puts actors into marks, and reads them there:
    ``{mark}.{s|a|r}{client, base64url}.{MAC}``, before ``.package``."""

    def __init__(self, secrets: Sequence[str]) -> None:
        """``secrets``: the one to sign with first, accepted former ones after."""
        self._keys = [f"asset-gateway.actor.{secret}".encode() for secret in secrets]

    def sign(self, mark: str, key: str, actor: Actor) -> str:
        """``mark`` of an object at ``key`` that ``actor`` writes; as it is for the user."""
        if actor.type is ActorType.USER:
            return mark
        client = (actor.client_id or "").encode()
        name = _text(client) if len(client) <= MAX_CLIENT_BYTES else ""
        bare, said = bare_mark(mark), _LETTERS[actor.type] + name
        signed = f"{bare}.{said}.{_mac(self._keys[0], bare, said, key)}"
        return package_mark(signed) if marks_package(mark) else signed

    def read(self, mark: str, key: str) -> Actor:
        """Who wrote the object of this ``mark`` at ``key``; the user where nothing is signed."""
        bare, *rest = mark.split(".")
        if len(rest) < 2 or rest[0][:1] not in _TYPES:
            return USER
        said, given = rest[0], rest[1].encode()
        macs = [_mac(secret, bare, said, key).encode() for secret in self._keys]
        if not any([hmac.compare_digest(given, mac) for mac in macs]):
            return USER
        return Actor(_TYPES[said[0]], _client(said[1:]) or None)


class CopyMarks:
    """Marks of what the gateway itself wrote: copies, moves, restored versions.

    Anybody who meets one can tell, without asking whoever made it: it is a MAC over the key and the
    size, so that it fits no other object. As long as an upload's own mark, since S3 counts both.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        """``secrets``: the one to sign with first, accepted former ones after."""
        self._keys = [f"asset-gateway.copy.{secret}".encode() for secret in secrets]
        self._actors = ActorMarks(secrets)

    def make(self, key: str, size: int, actor: Actor) -> str:
        """The mark of ``size`` bytes at ``key`` that ``actor`` has copied: 22 URL-safe characters,
        and more where that is not the user."""
        return self._actors.sign(_copy_mark(self._keys[0], key, size), key, actor)

    def fits(self, mark: str | None, key: str, size: int) -> bool:
        """Whether the gateway made ``mark`` for just that."""
        given = bare_mark(mark or "").encode()
        marks = [_copy_mark(secret, key, size).encode() for secret in self._keys]
        return any([hmac.compare_digest(given, made) for made in marks])


def _copy_mark(secret: bytes, key: str, size: int) -> str:
    digest = hmac.digest(secret, f"{size} {key}".encode(), "sha256")
    return _text(digest[:16])


def _mac(secret: bytes, bare: str, said: str, key: str) -> str:
    return _text(hmac.digest(secret, f"{bare} {said} {key}".encode(), "sha256")[:16])


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _client(name: str) -> str:
    try:
        return base64.urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode()
    except (binascii.Error, ValueError):
        return ""
