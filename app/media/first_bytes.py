"""Whether an object's first bytes contradict its declared content type (threat T18).

The verdict removes a user's file, so doubt is the file's wherever a browser would not run it.
Formats that share a container count as equal: MP4 with QuickTime and M4A, WebM with Matroska,
HEIC with AVIF. No medium is parsed (T42). A polyglot passes; it is never served to run (T19).
``docs/types.md`` says the rules in plain words.
"""

from __future__ import annotations

from app.media.markup import (
    begins_as_page,
    begins_with_markup,
    is_page,
    is_text,
    markup_name,
    root_element,
    unwrapped,
)
from app.media.names import known_name
from app.media.signatures import family_name, family_of
from app.media.types import BY_TYPE, Format

#: How much of an object is read to judge it.
FIRST_BYTES = 4096

#: Two bytes that each frame repeats. What is encrypted begins with such by chance, one file in four
#: thousand, and repeats them twice in one of millions.
_FRAMED = ("aac", "mp3")
#: In ``Format.starts``: players look for the first frame further on, and HLS encrypts its segments
#: whole, so that no signature is needed at all.
_ANYTHING = "?"


def check_first_bytes(declared: str, head: bytes, *, may_be_encrypted: bool = False) -> str | None:
    """None if ``head``, an object's first 4,096 bytes, may be a ``declared``; else why it is not.

    The answer is a sentence for the person who uploaded the file. A type outside the policy is
    only compared with markup. ``may_be_encrypted``: as HLS encrypts segments, also such as are
    named ``.mp4`` (RFC 8216 §4.3.2.4).
    """
    meant = BY_TYPE.get(known_name(declared))
    head = head[:FIRST_BYTES]
    if meant is None:
        found = markup_name(head) if begins_with_markup(head) else None
        return f"This isn't {declared}: its contents look like {found}." if found else None
    found = _contradiction(meant, head, may_be_encrypted)
    return f"This isn't {meant.noun}: its contents look like {found}." if found else None


def _contradiction(meant: Format, head: bytes, may_be_encrypted: bool) -> str | None:
    accepted = meant.starts
    first = accepted[0]
    if first in ("text", "prose") or first.startswith("<"):
        return _not_text(head, first)
    needs_none = _ANYTHING in accepted or (may_be_encrypted and "mp4" in accepted)
    if begins_as_page(head) if needs_none else begins_with_markup(head):
        return markup_name(head)
    family = family_of(head)
    if family in accepted:
        return None
    if first == "pdf" and b"%PDF-" in head[:1024]:
        return None
    if family and not (needs_none and family in _FRAMED and _is_chance(head)):
        return family_name(family)
    if not head:
        return "an empty file"
    if is_text(head):
        return "plain text"
    return _stranger(head) if needs_none else "something else"


def _is_chance(head: bytes) -> bool:
    """Whether the first two bytes begin no frames, of which MP3 has three in a head, AAC more."""
    return len(head) == FIRST_BYTES and head.count(head[:2]) < 3


def _stranger(head: bytes) -> str | None:
    """Whether puremagic knows a head that the table does not.

    It calls zeros, which may stand before a first frame, an embroidery; and less than three
    bytes alike are chance.
    """
    # Its tables are read from a file, which a process that only signs can do without.
    import puremagic

    try:
        found = puremagic.magic_string(head)
    except puremagic.PureError:
        return None
    told = any(match.offset == 0 and len(match.byte_match.strip(b"\0")) >= 3 for match in found)
    return "another kind of file" if told else None


def _not_text(head: bytes, wanted: str) -> str | None:
    """What ``head`` is instead of a text of the ``wanted`` sort; None if it is that."""
    family = family_of(head)
    if not is_text(head):
        return family_name(family) if family else "binary data"
    if family == "pdf":
        return family_name(family)
    if wanted == "prose":
        return markup_name(head) if is_page(head) else None
    if wanted == "text":
        return markup_name(head) if begins_with_markup(head) else None
    if not begins_with_markup(head):
        return "plain text"
    # Without a root in sight, behind a long comment, the doubt is the file's: XML never runs (T19).
    found = root_element(unwrapped(head))
    return None if found in (wanted[1:-1].encode(), None) else markup_name(head)
