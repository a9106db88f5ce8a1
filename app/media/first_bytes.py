"""Whether an object's first bytes contradict its declared content type (threat T18).

The verdict removes a user's file, so the formats this service takes have signatures of their own
here: puremagic 1.30 does not know MPEG-TS, fMP4 segments or files that begin with ``moov``, calls
every M4A a video, and answers plain texts with whatever two letters begin them. puremagic is
asked about everything else, where naming the stranger is enough: executables, archives, projects.

Formats that share a container count as equal: MP4 with QuickTime and M4A, WebM with Matroska,
HEIC with AVIF. No medium is parsed (T42). A polyglot passes; it is never served to run (T19).
"""

from __future__ import annotations

import re

from app.media.markup import begins_as_page, begins_with_markup, is_text, root_element, unwrapped
from app.media.types import ALIASES

#: How much of an object is read to judge it.
FIRST_BYTES = 4096

_HEIF_BRANDS = rb"(?:mif1|mif2|msf1|hei[cxms]|hev[cxms]|avif|avis)"
_BOX = rb"(?:ftyp|styp|moov|moof|mdat|wide|free|skip|sidx|ssix|emsg|prft|pnot|uuid)"
_MPEG_AUDIO = rb"\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff]"
#: family -> (what people call it, its signature at the first byte). The first that matches counts.
_FAMILIES: dict[str, tuple[str, re.Pattern[bytes]]] = {
    family: (name, re.compile(signature, re.DOTALL))
    for family, name, signature in (
        ("jpeg", "a JPEG image", rb"\xff\xd8\xff"),
        ("png", "a PNG image", rb"\x89PNG\r\n\x1a\n"),
        ("gif", "a GIF image", rb"GIF8[79]a"),
        ("webp", "a WebP image", rb"RIFF.{4}WEBP"),
        ("wav", "a WAV sound", rb"(?:RIFF|RIFX|RF64|BW64).{4}WAVE"),
        ("heif", "a HEIF or AVIF image", rb".{4}ftyp(?:.{4}){0,12}?" + _HEIF_BRANDS),
        ("mp4", "an MP4 or QuickTime file", rb".{4}" + _BOX),
        ("webm", "a WebM or Matroska file", rb"\x1a\x45\xdf\xa3"),
        ("ogg", "an Ogg file", rb"OggS"),
        ("flac", "a FLAC sound", rb"fLaC"),
        ("aac", "an AAC sound", rb"\xff[\xf0\xf1\xf8\xf9]|ADIF"),
        ("mp3", "an MP3 sound", _MPEG_AUDIO),
        ("id3", "a sound with an ID3 tag", rb"ID3[\x02-\x04]"),
        ("mpeg", "an MPEG program stream", rb"\x00\x00\x01[\xb3\xba\xbb]"),
        ("ts", "an MPEG transport stream", rb"(?:.{4})?\x47.{187}(?:.{4})?\x47"),
        ("pdf", "a PDF document", rb"(?:\xef\xbb\xbf)?\s*%PDF-"),
        ("zip", "a ZIP archive", rb"PK(?:\x03\x04|\x05\x06|\x07\x08)"),
        ("font", "a font", rb"\x00\x01\x00\x00|true\x00|OTTO\x00|ttcf\x00"),
        ("woff", "a WOFF font", rb"wOFF"),
        ("woff2", "a WOFF2 font", rb"wOF2"),
    )
}
#: Two bytes that each frame repeats. What is encrypted begins with such by chance, one file in four
#: thousand, and repeats them twice in one of millions.
_FRAMED = ("aac", "mp3")
#: content type -> the families that are it. Those that end in "?" need no signature at all:
#: players look for the first frame further on, and HLS encrypts its segments whole.
_DECLARED = {
    "image/jpeg": "jpeg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/avif": "heif",
    "image/heic": "heif",
    "audio/mpeg": "mp3 id3 ?",
    "audio/aac": "aac id3 ?",
    "audio/mp4": "mp4",
    "audio/wav": "wav",
    "audio/ogg": "ogg",
    "audio/webm": "webm",
    "audio/flac": "flac id3",
    "video/mp4": "mp4",
    "video/quicktime": "mp4",
    "video/iso.segment": "mp4",
    "video/webm": "webm",
    "video/x-matroska": "webm",
    "video/mpeg": "mpeg ts ?",
    "video/mp2t": "ts id3 ?",
    "font/ttf": "font",
    "font/otf": "font",
    "font/sfnt": "font",
    "font/collection": "font",
    "font/woff": "woff",
    "font/woff2": "woff2",
    "application/pdf": "pdf",
    "application/zip": "zip",
}
#: Content types that are text, and the root element of those that are XML.
_TEXTS = {
    "application/json": None,
    "application/vnd.apple.mpegurl": None,
    "text/plain": None,
    "text/css": None,
    "text/vtt": None,
    "image/svg+xml": b"svg",
    "application/dash+xml": b"mpd",
}


def check_first_bytes(declared: str, head: bytes) -> str | None:
    """None if ``head``, an object's first 4,096 bytes, may be a ``declared``; else why it is not.

    The answer is a sentence for the person who uploaded the file. A type outside the policy is
    only compared with markup.
    """
    looks_like = _contradiction(ALIASES.get(declared, declared), head[:FIRST_BYTES])
    return f"The file says {declared} but begins like {looks_like}." if looks_like else None


def _contradiction(declared: str, head: bytes) -> str | None:
    if declared in _TEXTS:
        return _not_text(head, _TEXTS[declared])
    accepted = _DECLARED.get(declared, "").split()
    needs_none = "?" in accepted
    if begins_as_page(head) if needs_none else begins_with_markup(head):
        return "HTML or XML"
    family = _family(head)
    if not accepted or family in accepted:
        return None
    if declared == "application/pdf" and b"%PDF-" in head[:1024]:
        return None
    if family and not (needs_none and family in _FRAMED and _is_chance(head)):
        return _FAMILIES[family][0]
    if not head or not needs_none:
        return "something else"
    return "plain text" if is_text(head) else _stranger(head)


def _family(head: bytes) -> str | None:
    for family, (_, signature) in _FAMILIES.items():
        if signature.match(head):
            return family
    return None


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


def _not_text(head: bytes, root: bytes | None) -> str | None:
    """What ``head`` is instead of a text, or of XML with this root element; None if it is that."""
    family = _family(head)
    if not is_text(head):
        return _FAMILIES[family][0] if family else "a binary file"
    if family == "pdf":
        return _FAMILIES[family][0]
    if root is None:
        return "HTML or XML" if begins_with_markup(head) else None
    if not begins_with_markup(head):
        return "plain text"
    # Without a root in sight, behind a long comment, the doubt is the file's: XML never runs (T19).
    found = root_element(unwrapped(head))
    return None if found in (root, None) else "HTML or another kind of XML"
