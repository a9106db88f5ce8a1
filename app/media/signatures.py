"""How the formats that are taken begin: a signature for each family of them.

puremagic 1.30 does not know MPEG-TS, fMP4 segments or files that begin with ``moov``, calls every
M4A a video, and answers plain texts with whatever two letters begin them. So the families are
written down here, and puremagic is asked about strangers only.
"""

from __future__ import annotations

import re

from app.media.markup import is_text

_HEIF_BRANDS = rb"(?:mif1|mif2|msf1|hei[cxms]|hev[ms]|avif|avis)"
#: What a file or a segment in ISO's base media format (ISO 14496-12 §4.2, and DASH's and CMAF's
#: segments) may begin with, and all atoms that QuickTime's stand among its own at the top.
_BOX = (
    rb"(?:ftyp|styp|moov|moof|mdat|wide|free|skip|sidx|ssix|emsg|prft|pnot|uuid|udta|meta|meco"
    rb"|junk|PICT|pict|mfra|pdin|idat|imda|imdt|thum|udat|frea|mcvr|prrt|ardt|mpvd|clip|ctab)"
)
_MPEG_AUDIO = rb"\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff]"
#: MPEG audio, layers 1 to 3, by its format tag (RFC 2361), also in WAVE_FORMAT_EXTENSIBLE.
_RIFF_MP3 = (
    rb"(?:RIFF|RIFX|RF64|BW64).{4}(?:RMP3|WAVE(?:(?!fmt ).)*fmt .{4}(?:\xfe\xff.{22})?"
    rb"(?:[\x50\x55]\x00|\x00[\x50\x55]))"
)
#: family -> (what people call it, its signature at the first byte). The first that matches counts.
FAMILIES: dict[str, tuple[str, re.Pattern[bytes]]] = {
    family: (name, re.compile(signature, re.DOTALL))
    for family, name, signature in (
        ("jpeg", "a JPEG", rb"\xff\xd8\xff"),
        ("png", "a PNG", rb"\x89PNG\r\n\x1a\n"),
        ("gif", "a GIF", rb"GIF8[79]a"),
        ("webp", "a WebP image", rb"RIFF.{4}WEBP"),
        ("riff", "an MP3 in a WAV", _RIFF_MP3),
        ("wav", "a WAV", rb"(?:RIFF|RIFX|RF64|BW64).{4}WAVE"),
        ("heif", "an HEIC or AVIF image", rb".{4}ftyp(?:.{4}){0,12}?" + _HEIF_BRANDS),
        # HEIF's brand for image sequences, which some encoders write into films.
        ("hevc", "an HEVC film or image sequence", rb".{4}ftyp(?:.{4}){0,12}?hev[cx]"),
        ("mp4", "an MP4 or QuickTime file", rb".{4}" + _BOX),
        ("webm", "a WebM or Matroska file", rb"\x1a\x45\xdf\xa3"),
        ("ogg", "an Ogg file", rb"OggS"),
        ("flac", "a FLAC", rb"fLaC"),
        ("aac", "an AAC file", rb"\xff[\xf0\xf1\xf8\xf9]|ADIF"),
        ("mp3", "an MP3", _MPEG_AUDIO),
        ("id3", "an audio file with an ID3 tag", rb"ID3[\x02-\x04]"),
        ("mpeg", "an MPEG program stream", rb"\x00\x00\x01[\xb3\xba\xbb]"),
        ("ts", "an MPEG transport stream", rb"(?:.{4})?\x47.{187}(?:.{4})?\x47"),
        ("pdf", "a PDF", rb"(?:\xef\xbb\xbf)?\s*%PDF-"),
        ("zip", "a ZIP archive", rb"PK(?:\x03\x04|\x05\x06|\x07\x08)"),
        ("font", "a TrueType or OpenType font", rb"\x00\x01\x00\x00|true\x00|OTTO\x00|ttcf\x00"),
        ("woff", "a WOFF font", rb"wOFF"),
        ("woff2", "a WOFF2 font", rb"wOF2"),
    )
}
#: Families whose signature words can spell: "Hey, free" is no MP4.
_SPELT = ("mp4",)


def family_of(head: bytes) -> str | None:
    """The family that ``head`` begins like."""
    for family, (_, signature) in FAMILIES.items():
        if signature.match(head) and not (family in _SPELT and is_text(head)):
            return family
    return None


def family_name(family: str) -> str:
    """What people call it, with its article."""
    return FAMILIES[family][0]
