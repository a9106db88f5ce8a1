"""What a segment of a path may hold (docs/api.md, Path grammar); the rest is refused as it is."""

from __future__ import annotations

import re
import unicodedata

from app.domain.errors import ValidationFailed
from app.domain.limits import MAX_KEY_BYTES

#: Characters that no segment may hold, by what to call them.
_UNSAFE = {
    "a backslash": r"\\",
    "'*' or '?', which are CloudFront's wildcards": r"*?",
    "a control character": "\x00-\x1f\x7f-\x9f\u2028\u2029",
    # Format characters one cannot see, two of which would make two names look the same.
    "an invisible or text-direction character": (
        "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
        "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    ),
    # U+FFFD stands where bytes were no UTF-8; surrogates have no UTF-8 at all.
    "bytes that are not UTF-8": "\ufffd\ufffe\uffff\ud800-\udfff",
}
_UNSAFE_CLASSES = [(name, re.compile(f"[{chars}]")) for name, chars in _UNSAFE.items()]
_ANY_UNSAFE = "".join(_UNSAFE.values())
_ESCAPE = "%(?=[0-9A-Fa-f]{2})"
_UNSAFE_IN_PATH = re.compile(f"[{_ANY_UNSAFE}]|{_ESCAPE}")
#: What a file name must be cleaned of: all of the above, and the separator.
UNSAFE_IN_NAME = re.compile(f"[/{_ANY_UNSAFE}]|{_ESCAPE}")

#: Segments that need no closer look: ASCII, no ``%``, no backslash, no wildcard, no dot segment.
_PLAIN_NAME = r"(?!\.{1,2}(?:/|\Z))[A-Za-z0-9 !\"#$&'()+,\-.:;<=>@\[\]^_`{|}~]+"
PLAIN_SEGMENTS = f"{_PLAIN_NAME}(?:/{_PLAIN_NAME})*"
_PLAIN = re.compile(PLAIN_SEGMENTS)


def fault_in(text: str, *, partial: bool = False) -> str | None:
    """What is wrong with ``text`` as segments joined by ``/``, as a predicate; None if nothing.

    ``partial`` allows what a prefix may be: nothing at all, or a name that ends in ``/``.
    """
    if _PLAIN.fullmatch(text) or (partial and not text):
        return None
    if text.startswith("/"):
        return "begins with '/'"
    if unsafe := _UNSAFE_IN_PATH.search(text):
        for name, pattern in _UNSAFE_CLASSES:
            if pattern.match(unsafe[0]):
                return f"holds {name}"
        return "holds a percent escape (%XX); send it decoded"
    segments = text.split("/")
    if partial and not segments[-1]:
        segments.pop()
    if "" in segments:
        return "holds an empty segment"
    if "." in segments or ".." in segments:
        return "holds a '.' or '..' segment"
    if not unicodedata.is_normalized("NFC", text):
        return "is not in Unicode normal form C (NFC)"
    return None


def check_key_bytes(key: str, pointer: str) -> None:
    """ValidationFailed at ``pointer`` when ``key`` is longer than S3 takes."""
    # A code point is one byte at least and four at most, so most keys need no encoding.
    if len(key) * 4 > MAX_KEY_BYTES and (
        len(key) > MAX_KEY_BYTES or len(key.encode("utf-8", "surrogatepass")) > MAX_KEY_BYTES
    ):
        raise ValidationFailed.at(
            pointer, f"The path is too long: a whole key has at most {MAX_KEY_BYTES:,} bytes."
        )
