"""SignedTokens: text that only this service can have written, and may be given to anybody.

Upload ids, cursors and share tokens are signed, so that no replica has to remember them. A token is
``itsdangerous``' timed, signed, URL-safe JSON (HMAC-SHA256); each purpose has a key of its own, so
that one sort of token never passes for another.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer

from app.domain.errors import NotFound

MAX_SIGNED_CHARS = 7_000
REMEMBERED = 256
# Decoders pass over what is no base64, and 32 bytes leave two bits of the last character unused, so
# that many spellings would be one token; only the one that we write is taken.
_CANONICAL = re.compile(r"[A-Za-z0-9_.-]+\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")


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

    def verify(self, token: str) -> Any:
        """The payload, to be read only; ``NotFound`` for a broken, foreign or old token."""
        if len(token) > MAX_SIGNED_CHARS or not _CANONICAL.fullmatch(token):
            raise NotFound
        try:
            payload, signed_at = self._loads(token)
        except BadData:
            raise NotFound from None
        if time.time() - signed_at > self._max_age_seconds:
            raise NotFound
        return payload

    def _open_afresh(self, token: str) -> tuple[Any, float]:
        payload, signed_at = self._serializer.loads(token, return_timestamp=True)
        return payload, signed_at.timestamp()
