"""User metadata of an object, and the mark that says which upload wrote it.

S3 metadata travels as ASCII headers whose runs of spaces a signature folds, so values are
percent-encoded UTF-8 (RFC 3986) and come back as they went in. ``?`` is encoded as well: without
it there is no RFC 2047 word (``=?UTF-8?B?...?=``), which some stores decode.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote

from app.domain.errors import ValidationFailed
from app.domain.limits import MAX_METADATA_BYTES

MARK = "upload"
#: How S3 names user metadata in headers and form fields.
META_PREFIX = "x-amz-meta-"
_KEY = re.compile(r"[a-z0-9-]{1,64}")
_SAFE = "!#$&'()*+,-./:;=@_~"
#: Ends the mark of what was uploaded as one file of a package. No random mark has a dot.
_IN_PACKAGE = ".package"


def package_mark(mark: str) -> str:
    """``mark`` for a file of a package, which may be encrypted as a whole."""
    return mark if marks_package(mark) else mark + _IN_PACKAGE


def marks_package(mark: str | None) -> bool:
    """Whether ``mark`` is that of a file in a package."""
    return mark is not None and mark.endswith(_IN_PACKAGE)


def bare_mark(mark: str) -> str:
    """``mark`` as it was made, whatever it says besides (who wrote it, whether in a package)."""
    return mark.partition(".")[0]


def is_metadata_name(name: str) -> bool:
    """Whether S3 and every store takes ``name`` behind the prefix."""
    return _KEY.fullmatch(name) is not None


def encode_value(value: str) -> str:
    """``value`` in characters that every store keeps as they are."""
    return quote(value, safe=_SAFE)


def encode_metadata(metadata: Mapping[str, str], mark: str) -> dict[str, str]:
    """Names and encoded values as S3 stores them, the mark among them.

    Raises ``ValidationFailed`` for a bad name, the reserved one, or more than 2 KB.
    """
    for name in metadata:
        if not is_metadata_name(name):
            raise ValidationFailed.at(
                "/metadata", "Names of metadata are 1 to 64 characters of a-z, 0-9 and -."
            )
        if name == MARK:
            raise ValidationFailed.at("/metadata", f"The metadata name {MARK!r} is reserved.")
    encoded = {name: encode_value(value) for name, value in metadata.items()} | {MARK: mark}
    size = sum(len(name) + len(value) for name, value in encoded.items())
    if size > MAX_METADATA_BYTES:
        raise ValidationFailed.at(
            "/metadata",
            f"Metadata can be up to {MAX_METADATA_BYTES:,} bytes, names and percent-encoded values "
            f"together. This has {size:,}.",
        )
    return encoded


def decode_metadata(stored: Mapping[str, str]) -> dict[str, str]:
    """The metadata as the user gave it, without the mark.

    Only what carries a mark was encoded by ``encode_metadata``; what others wrote stays as it is.
    """
    if MARK not in stored:
        return dict(stored)
    return {name: unquote(value) for name, value in stored.items() if name != MARK}


def metadata_headers(encoded: Mapping[str, str]) -> dict[str, str]:
    """The headers, or form fields, that store it."""
    return {META_PREFIX + name: value for name, value in encoded.items()}
