"""Documents that the gateway keeps in a user's own space, signed: of shares, of upload requests."""

from __future__ import annotations

import json
from typing import Any

from app.domain.errors import NotFound
from app.s3.objects import Objects
from app.signing.tokens import SignedTokens

#: An owner can put anything there; no record of ours is larger.
_MAX_RECORD_BYTES = 8192


class SignedRecords:
    """Records of one kind, which ``tokens`` signs. Raises ``StorageError`` and
    ``StorageUnavailable``."""

    def __init__(self, objects: Objects, tokens: SignedTokens) -> None:
        self._objects = objects
        self._tokens = tokens

    def write(self, key: str, claims: Any) -> None:
        """Keep ``claims``, which JSON can say."""
        document = json.dumps({"record": self._tokens.sign(claims)})
        headers = {"content-type": "application/json", "cache-control": "no-store"}
        self._objects.put(key, document.encode(), headers)

    def read(self, key: str) -> Any:
        """The claims at ``key``; ``NotFound`` where there are none, or none of ours."""
        record = self._objects.beginning(key, _MAX_RECORD_BYTES)
        if record is None:
            raise NotFound
        return self._tokens.verify(_signed_text(record))


def _signed_text(document: bytes) -> str:
    try:
        found = json.loads(document)
    except (ValueError, RecursionError):
        raise NotFound from None
    signed = found.get("record") if isinstance(found, dict) else None
    if not isinstance(signed, str) or not signed.isascii():
        raise NotFound
    return signed
