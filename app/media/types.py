"""Content types, the extensions that agree with them, and which of them a browser would run."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: Every content type with the extensions that agree with it; the first is put where one is missing.
AUDIO = {
    "audio/mpeg": ("mp3", "mpga"),
    "audio/mp4": ("m4a", "mp4", "m4b"),
    "audio/aac": ("aac", "adts"),
    "audio/wav": ("wav", "wave"),
    "audio/ogg": ("ogg", "oga", "opus"),
    "audio/webm": ("weba", "webm"),
    "audio/flac": ("flac",),
}
IMAGE = {
    "image/jpeg": ("jpg", "jpeg", "jfif"),
    "image/png": ("png",),
    "image/webp": ("webp",),
    "image/gif": ("gif",),
    "image/avif": ("avif",),
    "image/heic": ("heic", "heif"),
}
VIDEO = {
    "video/mp4": ("mp4", "m4v"),
    "video/quicktime": ("mov", "qt"),
    "video/webm": ("webm",),
    "video/x-matroska": ("mkv",),
    "video/mpeg": ("mpg", "mpeg"),
}
PACKAGE = {
    "application/vnd.apple.mpegurl": ("m3u8",),
    "application/dash+xml": ("mpd",),
    "video/mp2t": ("ts", "mts", "m2ts"),
    "video/iso.segment": ("m4s", "cmfv", "cmfa", "mp4"),
    "text/vtt": ("vtt",),
}
BRAND_KIT = {
    "image/svg+xml": ("svg",),
    "font/ttf": ("ttf",),
    "font/otf": ("otf",),
    "font/woff": ("woff",),
    "font/woff2": ("woff2",),
    "font/collection": ("ttc", "otc"),
    "font/sfnt": ("ttf", "otf"),
    "application/pdf": ("pdf",),
    "application/zip": ("zip",),
    "application/json": ("json",),
    "text/plain": ("txt", "text", "md"),
    "text/css": ("css",),
}
#: What browsers call some of these (File.type). Taken as sent, ruled as the type on the right.
ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "audio/mp3": "audio/mpeg",
        "audio/x-m4a": "audio/mp4",
        "audio/x-aac": "audio/aac",
        "audio/vnd.dlna.adts": "audio/aac",
        "audio/x-wav": "audio/wav",
        "audio/wave": "audio/wav",
        "audio/vnd.wave": "audio/wav",
        "audio/x-flac": "audio/flac",
        "video/x-m4v": "video/mp4",
        "video/matroska": "video/x-matroska",
        "application/x-zip-compressed": "application/zip",
    }
)
_LISTED = {**AUDIO, **IMAGE, **VIDEO, **PACKAGE, **BRAND_KIT}
EXTENSIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    _LISTED | {alias: _LISTED[listed] for alias, listed in ALIASES.items()}
)

#: XML of any sort may carry XHTML scripts, so a manifest is as active as a drawing.
_ACTIVE = frozenset({"image/svg+xml", "application/dash+xml"})
_INERT = frozenset(EXTENSIONS) - _ACTIVE
_UNKNOWN = "application/octet-stream"

#: Where two types share an extension, the type that a browser plays either as.
_BY_EXTENSION: dict[str, str] = {}
for _table in (IMAGE, VIDEO, PACKAGE, AUDIO, BRAND_KIT):
    for _type, _extensions in _table.items():
        for _extension in _extensions:
            _BY_EXTENSION.setdefault(_extension, _type)


def served_type(filename: str) -> str:
    """The content type to serve a file by its extension; unknown ones as octets."""
    _, dot, extension = filename.rpartition(".")
    return _BY_EXTENSION.get(extension.lower(), _UNKNOWN) if dot else _UNKNOWN


def is_active(content_type: str) -> bool:
    """Whether a browser might run it. Whatever is not known to be harmless counts as active."""
    return content_type not in _INERT
