"""File names as people choose them, made into segments that every path accepts."""

from __future__ import annotations

import re
import unicodedata

from app.domain.errors import ValidationFailed
from app.domain.limits import MAX_NAME_BYTES
from app.domain.segments import UNSAFE_IN_NAME, fault_in
from app.media.types import EXTENSIONS

MAX_PACKAGE_SEGMENTS = 4

#: A suffix longer than this is part of the name.
_SUFFIX = re.compile(r"[A-Za-z0-9]{1,16}")
#: Suffixes that claim a type, and so give way when they claim the wrong one. Any other
#: ("v1.2", "Interview.Anna") is part of the name and stays.
_FOREIGN = """
    3gp 7z ai aif aiff apk app asp aspx avi bat bin bmp cgi class cmd com csv dll dmg doc docx
    eps exe flv gz htm html ico jar js jse jsp jxl mht mhtml mid midi mjs msi ps1 php phtml
    ppt pptx psd py rar rtf sh shtml svgz swf tar tif tiff tmp vbs wasm wma wmv xht xhtml xls
    xlsx xml xsl xslt
"""
_CLAIMS = frozenset(_FOREIGN.split()).union(*EXTENSIONS.values())


def safe_filename(name: str, *, content_type: str | None = None) -> str:
    """``name`` as one valid path segment of at most 200 bytes, its extension kept.

    With a canonical ``content_type`` the extension is made to agree with it. Idempotent.
    """
    text = UNSAFE_IN_NAME.sub("_", unicodedata.normalize("NFC", name)).strip()
    stem, suffix = _split(text, content_type)
    stem = stem.lstrip(". \u00a0\u3000")
    room = MAX_NAME_BYTES - len(suffix)
    stem = stem.encode()[:room].decode("utf-8", "ignore").strip().lstrip(".").strip()
    return (stem or "file") + suffix


def _split(text: str, content_type: str | None) -> tuple[str, str]:
    """(stem, the suffix to wear with its dot, or nothing)."""
    stem, dot, suffix = text.rpartition(".")
    claims = suffix.lower() in _CLAIMS
    if not dot or _SUFFIX.fullmatch(suffix) is None or not (claims or stem.strip(". ")):
        stem, suffix, claims = text, "", False
    agreeing = EXTENSIONS.get(content_type or "", ())
    if not agreeing:
        return stem, f".{suffix}" if suffix else ""
    if suffix.lower() in agreeing:
        return stem, f".{suffix}"
    return (stem if claims else text.rstrip(". ")), f".{agreeing[0]}"


def package_filename(name: str) -> tuple[str, ...]:
    """The segments of a file in a package (``720p/seg1.ts``), checked and not cleaned."""
    if fault := fault_in(name):
        raise ValidationFailed.at("/filename", f"The file name {fault}.")
    segments = tuple(name.split("/"))
    if len(segments) > MAX_PACKAGE_SEGMENTS:
        raise ValidationFailed.at(
            "/filename", f"A file name in a package has at most {MAX_PACKAGE_SEGMENTS} segments."
        )
    return segments
