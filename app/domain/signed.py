"""What is signed for one upload: where the bytes go, and with what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class SignedUpload:
    """How to send the bytes: ``headers`` with PUT, ``fields`` with POST, the other empty."""

    url: str
    expires_at: datetime
    headers: dict[str, str]
    fields: dict[str, str]


class SignedRequest(NamedTuple):
    """A request for a client to send to S3 itself, with exactly these headers."""

    url: str
    headers: dict[str, str]


class PresignedPost(NamedTuple):
    """Where to post a form, and its fields; the file field goes last."""

    url: str
    fields: dict[str, str]
    expires_at: datetime

    def __repr__(self) -> str:
        return f"PresignedPost(url={self.url!r}, expires_at={self.expires_at!r})"


class SignedPart(NamedTuple):
    """Where one part goes; ``size`` in bytes is signed."""

    number: int
    size: int
    url: str


class SignedParts(NamedTuple):
    """Parts that were signed together."""

    parts: list[SignedPart]
    expires_at: datetime
