"""Content-Disposition for whatever name a file has (RFC 6266, RFC 8187)."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal
from urllib.parse import quote

from app.domain.filenames import safe_filename

#: RFC 8187 §3.2.1 attr-char, besides letters and digits.
_ATTR_CHAR = "!#$&+-.^_`|~"
#: RFC 6266 appendix D: no quotes or backslashes, and no percent sign that some browsers decode.
_FALLBACK_UNSAFE = re.compile(r"[^ !#$&'()+,\-.0-9;=@A-Z\[\]^_`a-z{}~]")
#: What needs neither cleaning nor a second spelling, as most names do not.
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,150}\.[A-Za-z0-9]{1,10}")


def content_disposition(mode: Literal["inline", "attachment"], filename: str) -> str:
    """The header's value in pure ASCII, for a name of any characters and length.

    The name is made safe and cut to 200 bytes first. Where ASCII cannot spell it, ``filename``
    carries a likeness and ``filename*`` the name itself, which every browser prefers.
    """
    if _PLAIN.fullmatch(filename):
        return f'{mode}; filename="{filename}"'
    name = safe_filename(filename)
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    stem, dot, suffix = ascii_name.rpartition(".")
    if dot and not stem.strip(" ."):
        ascii_name = f"file.{suffix}"
    fallback = _FALLBACK_UNSAFE.sub("_", ascii_name).strip() or "file"
    value = f'{mode}; filename="{fallback}"'
    if fallback == name:
        return value
    return f"{value}; filename*=UTF-8''{quote(name, safe=_ATTR_CHAR)}"
