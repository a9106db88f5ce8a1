"""What everything signed with one set of keys at one instant for one lifetime shares.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from app.signing.canonical import SignedHeaders, encode_name, encode_value
from app.signing.credentials import Credentials

if TYPE_CHECKING:
    from hashlib import _Hash

ALGORITHM = "AWS4-HMAC-SHA256"

# RFC 2104 by its definition, as a keyed hash that is copied costs half of what `hmac` does.
_IPAD = bytes(byte ^ 0x36 for byte in range(256))
_OPAD = bytes(byte ^ 0x5C for byte in range(256))


class Form(NamedTuple):
    """What URLs share that sign the same headers under one grant."""

    auth: str
    """The authentication half of the query, in botocore's order."""
    sorted_auth: str
    """The same, sorted, as the canonical request has it."""
    ending: str
    """The canonical request after its query."""


@dataclass(frozen=True, slots=True, repr=False)
class Grant:
    """The power to sign, ready to use: the key of the day, the scope, the instant."""

    made_of: tuple[Credentials, datetime, int]
    """Keys, signing instant (aware UTC, whole seconds), lifetime in seconds."""
    expires_at: datetime
    stamp: str
    credential: str
    _auth: str
    _token_auth: str
    _preamble: bytes
    _inner: _Hash
    _outer: _Hash

    @classmethod
    def of(
        cls, credentials: Credentials, at: datetime, lifetime: int, region: str, service: str
    ) -> Grant:
        stamp = at.strftime("%Y%m%dT%H%M%SZ")
        scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
        credential = f"{credentials.access_key_id}/{scope}"
        token = credentials.session_token
        key = _signing_key(credentials.secret_access_key, stamp[:8], region, service)
        return cls(
            made_of=(credentials, at, lifetime),
            expires_at=at + timedelta(seconds=lifetime),
            stamp=stamp,
            credential=credential,
            _auth=f"X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={encode_value(credential)}"
            f"&X-Amz-Date={stamp}&X-Amz-Expires={lifetime}",
            _token_auth=f"&X-Amz-Security-Token={encode_value(token)}" if token else "",
            _preamble=f"{ALGORITHM}\n{stamp}\n{scope}\n".encode(),
            _inner=sha256(key.ljust(64, b"\0").translate(_IPAD)),
            _outer=sha256(key.ljust(64, b"\0").translate(_OPAD)),
        )

    @property
    def session_token(self) -> str | None:
        return self.made_of[0].session_token

    def form(self, headers: SignedHeaders) -> Form:
        names = f"&X-Amz-SignedHeaders={encode_name(headers.names)}"
        return Form(
            auth=f"{self._auth}{names}{self._token_auth}",
            sorted_auth=f"{self._auth}{self._token_auth}{names}",
            ending=f"{headers.block}\n{headers.names}\nUNSIGNED-PAYLOAD",
        )

    def sign(self, request_digest: str) -> str:
        """The hex signature of a canonical request, given its SHA-256 in hex."""
        return self.mac(self._preamble + request_digest.encode())

    def mac(self, message: bytes) -> str:
        """The hex HMAC-SHA-256 of a message under the key of the day."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.hexdigest()


@lru_cache(maxsize=64)
def _signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The key of the day. Bounded, as role credentials bring a new secret every hour."""
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
