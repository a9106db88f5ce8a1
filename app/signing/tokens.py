"""SignedTokens: text that only this service can have written, and may be given to anybody.

Upload ids, cursors and share tokens are sealed, so that no replica has to remember them. A seal is
``itsdangerous``' timed, signed, URL-safe JSON (HMAC-SHA256); each purpose has a key of its own, so
that one sort of token never passes for another.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer

from app.domain.actors import Actor
from app.domain.errors import NotFound
from app.domain.metadata import bare_mark
from app.signing.actors import ActorSeals

MAX_SEAL_CHARS = 7_000
REMEMBERED = 256
# Decoders pass over what is no base64, and 32 bytes leave two bits of the last character unused, so
# that many spellings would be one seal; only the one that we write is taken.
_CANONICAL = re.compile(r"[A-Za-z0-9_.-]+\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")


class CopyMarks:
    """Marks of what the gateway itself wrote: copies, moves, restored versions.

    Anybody who meets one can tell, without asking whoever made it: it is a MAC over the key and the
    size, so that it fits no other object. As long as an upload's own mark, since S3 counts both.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        """``secrets``: the one to sign with first, accepted former ones after."""
        self._keys = [f"asset-gateway.copy.{secret}".encode() for secret in secrets]
        self._actors = ActorSeals(secrets)

    def make(self, key: str, size: int, actor: Actor) -> str:
        """The mark of ``size`` bytes at ``key`` that ``actor`` has copied: 22 URL-safe characters,
        and more where that is not the user."""
        return self._actors.seal(_mark(self._keys[0], key, size), key, actor)

    def fits(self, mark: str | None, key: str, size: int) -> bool:
        """Whether the gateway made ``mark`` for just that."""
        given = bare_mark(mark or "").encode()
        marks = [_mark(secret, key, size).encode() for secret in self._keys]
        return any([hmac.compare_digest(given, made) for made in marks])


def _mark(secret: bytes, key: str, size: int) -> str:
    digest = hmac.digest(secret, f"{size} {key}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()


class SignedTokens:
    """Tokens of one purpose; ``secrets`` has the signing key first, accepted former keys after."""

    def __init__(self, secrets: Sequence[str], purpose: str, max_age_seconds: int) -> None:
        self._max_age_seconds = max_age_seconds
        self._serializer = URLSafeTimedSerializer(
            # itsdangerous signs with the last key and tries them all.
            secret_key=[*reversed(secrets)],
            salt=f"asset-gateway.{purpose}",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )
        # The parts of one upload are signed in many calls that all bring the same id.
        self._loads = lru_cache(REMEMBERED)(self._open_afresh)

    def sign(self, payload: Any) -> str:
        """``payload`` (JSON) as URL-safe text."""
        return str(self._serializer.dumps(payload))

    def verify(self, sealed: str) -> Any:
        """The payload, to be read only; ``NotFound`` for a broken, foreign or old seal."""
        if len(sealed) > MAX_SEAL_CHARS or not _CANONICAL.fullmatch(sealed):
            raise NotFound
        try:
            payload, sealed_at = self._loads(sealed)
        except BadData:
            raise NotFound from None
        if time.time() - sealed_at > self._max_age_seconds:
            raise NotFound
        return payload

    def _open_afresh(self, sealed: str) -> tuple[Any, float]:
        payload, sealed_at = self._serializer.loads(sealed, return_timestamp=True)
        return payload, sealed_at.timestamp()
