"""User metadata of an object, and the mark that says which upload wrote it.

S3 metadata travels as ASCII headers whose runs of spaces a signature folds, so values are
percent-encoded UTF-8 (RFC 3986) and come back as they went in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote

from app.domain.errors import ValidationFailed

MARK = "upload"
MAX_METADATA_BYTES = 2048  # S3's limit on names and values together
_KEY = re.compile(r"[a-z0-9-]{1,64}")
_SAFE = "!#$&'()*+,-./:;=?@_~"


def encode_metadata(metadata: Mapping[str, str], mark: str) -> dict[str, str]:
    """Names and encoded values as S3 stores them, the mark among them.

    Raises ``ValidationFailed`` for a bad name, the reserved one, or more than 2 KB.
    """
    for name in metadata:
        if not _KEY.fullmatch(name):
            raise ValidationFailed.at("/metadata", "names are 1 to 64 of a-z, 0-9 and -")
        if name == MARK:
            raise ValidationFailed.at("/metadata", f"the name {MARK!r} is reserved")
    encoded = {name: quote(value, safe=_SAFE) for name, value in metadata.items()} | {MARK: mark}
    if sum(len(name) + len(value) for name, value in encoded.items()) > MAX_METADATA_BYTES:
        raise ValidationFailed.at(
            "/metadata", f"names and values must fit {MAX_METADATA_BYTES} bytes, percent-encoded"
        )
    return encoded


def decode_metadata(stored: Mapping[str, str]) -> dict[str, str]:
    """The metadata as the user gave it, without the mark.

    Only what carries a mark was encoded by ``encode_metadata``; what others wrote stays as it is.
    """
    if MARK not in stored:
        return dict(stored)
    return {name: unquote(value) for name, value in stored.items() if name != MARK}
