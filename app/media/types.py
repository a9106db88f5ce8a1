"""Every format that is taken: one table of its names, its extensions, and how its bytes begin.

Where the names come from: IANA's registry, the tables of Chromium (``net/base/mime_util.cc``) and
Firefox (``nsExternalHelperAppService.cpp``), shared-mime-info, Apache's and Debian's
``mime.types``, the registry of Windows and the types that macOS and Android declare.
``docs/types.md`` shows the table, and the browser client's is made from it; tests hold both to it.

Over 200 lines because the table is one, and is searched as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_IMAGE = ("image", "frame", "brand_kit")
_VIDEO = ("video",)
_AUDIO = ("audio",)
#: Sounds that HLS and DASH also put into packages of video (RFC 8216 §3.4, "Packed Audio").
_PACKED = ("audio", "package")
_BRAND = ("brand_kit",)


@dataclass(frozen=True, slots=True)
class Format:
    """One format.

    ``content_type`` is its canonical name, the one that is signed, stored and shown; ``noun`` what
    to call a file of it; ``kinds`` the kinds of asset that take it, ``package`` for video only
    where a package is; ``extensions`` those that agree with it, the first for files without one.

    ``aliases`` are other names for the same; ``borrowed`` names that mean something else as well,
    and so are taken for it only when the file has one of its extensions. ``starts`` are the
    families of first bytes that are it (``signatures``), and ``?`` if none is needed. An
    ``active`` format is one that a browser would run.
    """

    content_type: str
    noun: str
    kinds: tuple[str, ...]
    extensions: tuple[str, ...]
    aliases: tuple[str, ...]
    borrowed: tuple[str, ...]
    starts: tuple[str, ...]
    active: bool


def _format(
    content_type: str,
    noun: str,
    kinds: tuple[str, ...],
    extensions: str,
    starts: str,
    *,
    aliases: str = "",
    borrowed: str = "",
    active: bool = False,
) -> Format:
    return Format(
        content_type,
        noun,
        kinds,
        tuple(extensions.split()),
        tuple(aliases.split()),
        tuple(borrowed.split()),
        tuple(starts.split()),
        active,
    )


#: Where formats share an extension, the earlier one is what a browser plays either as.
FORMATS: tuple[Format, ...] = (
    _format(
        *("image/jpeg", "a JPEG", _IMAGE, "jpg jpeg jpe jfif pjpeg pjp", "jpeg"),
        aliases="image/jpg image/pjpeg image/jpe image/jfif image/pjp image/pipeg image/x-jpeg"
        " image/x-jpg image/x-pjpeg image/x-citrix-jpeg image/vnd.swiftview-jpeg application/jpg"
        " application/jpeg application/x-jpg application/x-jpeg",
    ),
    _format(
        *("image/png", "a PNG", _IMAGE, "png apng", "png"),
        aliases="image/x-png image/apng image/vnd.mozilla.apng image/x-citrix-png application/png"
        " application/x-png",
    ),
    _format(
        *("image/webp", "a WebP image", _IMAGE, "webp", "webp"),
        aliases="image/x-webp application/webp",
    ),
    _format(
        *("image/gif", "a GIF", _IMAGE, "gif", "gif"),
        aliases="image/x-gif image/x-citrix-gif application/gif application/x-gif",
    ),
    _format(
        *("image/avif", "an AVIF image", _IMAGE, "avif avifs", "heif hevc"),
        aliases="image/avif-sequence image/x-avif",
    ),
    _format(
        *("image/heic", "an HEIC image", _IMAGE, "heic heif hif heics heifs", "heif hevc"),
        aliases="image/heif image/heic-sequence image/heif-sequence image/x-heic image/x-heif"
        " image/hif image/x-hif",
    ),
    _format(
        *("video/mp4", "an MP4", _VIDEO, "mp4 m4v mp4v mpg4 f4v", "mp4 hevc"),
        aliases="video/x-m4v video/m4v video/x-mp4 video/mpeg4 video/x-mpeg4 video/mp4v-es"
        " video/f4v video/x-f4v application/mp4 application/x-mp4",
        borrowed="audio/mp4 audio/x-m4a audio/m4a",
    ),
    _format(
        *("video/quicktime", "a QuickTime movie", _VIDEO, "mov qt", "mp4 hevc"),
        aliases="video/x-quicktime video/mov video/x-mov video/qt image/mov",
    ),
    _format(
        *("video/webm", "a WebM video", _VIDEO, "webm", "webm"),
        aliases="video/x-webm application/webm application/x-webm",
        borrowed="audio/webm audio/x-webm",
    ),
    _format(
        *("video/x-matroska", "a Matroska video", _VIDEO, "mkv mk3d", "webm"),
        aliases="video/matroska video/x-mkv video/mkv video/x-matroska-3d video/matroska-3d"
        " application/x-matroska application/matroska",
    ),
    _format(
        *("video/mpeg", "an MPEG video", _VIDEO, "mpg mpeg mpe m1v m2v mpv m2p vob", "mpeg ts ?"),
        aliases="video/mpg video/x-mpeg video/x-mpg video/mpeg1 video/mpeg2 video/x-mpeg1"
        " video/x-mpeg2 video/x-mpeg2a video/mpeg-system video/x-mpeg-system video/mp2p video/mp1s"
        " video/mpv video/mp2 video/vob video/x-vob video/dvd video/x-ms-vob",
    ),
    _format(
        *("application/vnd.apple.mpegurl", "an HLS playlist", _VIDEO, "m3u8 m3u", "text"),
        aliases="application/x-mpegurl application/mpegurl audio/mpegurl audio/x-mpegurl"
        " video/mpegurl video/x-mpegurl audio/mpeg-url audio/x-mpeg-url application/m3u"
        " application/m3u8 application/x-m3u application/x-m3u8 audio/m3u audio/x-m3u audio/m3u8"
        " audio/x-m3u8 audio/x-mp3-playlist application/vnd.apple.mpegurl.audio"
        " application/apple.mpegurl application/x-apple-mpegurl",
        borrowed="text/plain",
    ),
    _format(
        *("application/dash+xml", "a DASH manifest", _VIDEO, "mpd", "<mpd>"),
        aliases="video/vnd.mpeg.dash.mpd application/x-dash+xml application/dash",
        borrowed="text/xml application/xml text/plain",
        active=True,
    ),
    _format(
        *("video/mp2t", "an MPEG transport stream", _VIDEO, "ts mts m2ts m2t", "ts id3 ?"),
        aliases="video/vnd.dlna.mpeg-tts video/m2ts video/x-m2ts video/m2t video/mts"
        " video/mpegts video/x-mpegts video/mpeg-ts video/x-mpeg-ts video/mpeg2ts video/x-mpeg2ts"
        " video/mpeg2-ts video/ts video/x-ts video/x-mp2t application/mp2t application/x-mp2t"
        " application/x-mpegts video/avchd video/avchd-stream video/vnd.mts",
        # Qt Linguist's and TypeScript's .ts, MetaCard's .mts, and what players call any MPEG.
        borrowed="text/vnd.trolltech.linguist text/vnd.qt.linguist application/x-linguist"
        " application/x-qt-linguist text/typescript text/x-typescript application/typescript"
        " application/x-typescript text/x.typescript model/vnd.mts video/mpeg",
    ),
    _format(
        *("video/iso.segment", "an MP4 segment", _VIDEO, "m4s cmfv cmfa cmft mp4", "mp4 hevc ?"),
        aliases="audio/iso.segment application/iso.segment text/iso.segment video/x-m4s"
        " application/x-m4s video/m4s audio/m4s",
        borrowed="video/mp4 audio/mp4 application/mp4",
    ),
    _format(
        *("text/vtt", "a WebVTT file", _VIDEO, "vtt webvtt", "text"),
        aliases="text/webvtt text/x-webvtt text/x-vtt application/vtt application/x-vtt",
        borrowed="text/plain",
    ),
    _format(
        *("audio/mpeg", "an MP3", _PACKED, "mp3 mpga mp2 mp2a m2a m3a mp1", "mp3 riff id3 ?"),
        aliases="audio/mp3 audio/x-mp3 audio/mpeg3 audio/x-mpeg3 audio/x-mpeg-3 audio/mpeg-3"
        " audio/x-mpeg audio/mpg audio/x-mpg audio/mpegaudio audio/x-mpegaudio audio/mpa"
        " audio/x-mpa audio/mpa-robust audio/mp2 audio/x-mp2 audio/mp1 audio/x-mp1 audio/mpeg2"
        " audio/x-mpeg2 audio/x-mpeg-2 audio/mpeg1 application/mp3 application/x-mp3",
    ),
    _format(
        *("audio/mp4", "an M4A", _PACKED, "m4a mp4 m4b m4r m4p", "mp4 hevc"),
        aliases="audio/x-m4a audio/m4a audio/x-mp4 audio/m4b audio/x-m4b audio/m4r audio/x-m4r"
        " audio/m4p audio/x-m4p audio/mp4a-latm audio/mpeg4 audio/x-mpeg4 audio/mpeg4-generic"
        " audio/mp4a audio/x-mp4a audio/alac audio/x-alac",
        # What Debian's and Android's tables say of .m4a, and what MP4 is called as a whole.
        borrowed="audio/mpeg audio/mp3 audio/aac audio/x-aac application/mp4 video/mp4",
    ),
    _format(
        *("audio/aac", "an AAC file", _PACKED, "aac adts adt", "aac id3 ?"),
        aliases="audio/x-aac audio/aacp audio/x-aacp audio/vnd.dlna.adts audio/aac-adts audio/adts"
        " audio/x-adts audio/x-hx-aac-adts audio/x-hx-aac-adif audio/adif audio/aac-adif",
    ),
    _format(
        *("audio/wav", "a WAV", _AUDIO, "wav wave bwf rf64", "wav riff"),
        aliases="audio/x-wav audio/wave audio/x-wave audio/vnd.wave audio/x-pn-wav audio/x-bwf"
        " audio/rf64 audio/x-rf64 application/wav application/x-wav",
    ),
    _format(
        *("audio/ogg", "an Ogg file", _AUDIO, "ogg oga opus spx", "ogg"),
        aliases="application/ogg application/x-ogg audio/x-ogg audio/oga audio/vorbis"
        " audio/x-vorbis audio/ogg-vorbis audio/vorbis+ogg audio/x-vorbis+ogg audio/opus"
        " audio/x-opus audio/opus+ogg audio/x-opus+ogg audio/speex audio/x-speex audio/speex+ogg"
        " audio/x-speex+ogg audio/flac+ogg audio/x-flac+ogg audio/x-oggflac",
        # Firefox calls .ogg a video until it looks.
        borrowed="video/ogg video/x-ogg video/x-theora+ogg",
    ),
    _format(
        *("audio/webm", "a WebM sound", _PACKED, "weba webm", "webm"),
        aliases="audio/x-webm",
        # Browsers know .webm as a film alone.
        borrowed="video/webm video/x-webm application/webm",
    ),
    _format(
        *("audio/flac", "a FLAC", _AUDIO, "flac", "flac id3"),
        aliases="audio/x-flac application/flac application/x-flac",
    ),
    _format(
        *("image/svg+xml", "an SVG", _BRAND, "svg", "<svg>"),
        aliases="image/svg image/svg-xml image/x-svg image/x-svg+xml image/vnd.adobe.svg+xml"
        " application/svg+xml application/svg text/xml-svg text/svg text/svg+xml",
        borrowed="text/xml application/xml text/plain",
        active=True,
    ),
    _format(
        *("font/ttf", "a TrueType font", _BRAND, "ttf", "font"),
        aliases="application/x-font-ttf application/font-ttf application/x-ttf"
        " application/x-font-truetype application/x-truetype-font application/truetype"
        " application/x-truetype font/truetype font/x-ttf font/x-truetype",
        borrowed="application/font-sfnt application/x-font-sfnt application/x-font"
        " application/vnd.ms-opentype application/x-font-opentype font/opentype",
    ),
    _format(
        *("font/otf", "an OpenType font", _BRAND, "otf", "font"),
        aliases="application/x-font-otf application/font-otf application/x-otf"
        " application/x-font-opentype application/x-opentype-font application/opentype"
        " application/x-opentype application/vnd.ms-opentype font/opentype font/x-otf"
        " font/x-opentype",
        # OpenDocument has an .otf as well.
        borrowed="application/vnd.oasis.opendocument.formula-template application/font-sfnt"
        " application/x-font-sfnt application/x-font application/x-font-ttf font/ttf",
    ),
    _format(
        *("font/woff", "a WOFF font", _BRAND, "woff", "woff"),
        aliases="application/font-woff application/x-font-woff application/x-woff font/x-woff",
        borrowed="application/x-font application/font-sfnt",
    ),
    _format(
        *("font/woff2", "a WOFF2 font", _BRAND, "woff2", "woff2"),
        aliases="application/font-woff2 application/x-font-woff2 application/x-woff2 font/x-woff2",
        borrowed="font/woff application/font-woff application/x-font-woff application/x-font",
    ),
    _format(
        *("font/collection", "a font collection", _BRAND, "ttc otc", "font"),
        aliases="application/x-font-ttc application/font-ttc application/x-font-collection"
        " application/font-collection font/ttc font/otc font/x-ttc",
        borrowed="application/vnd.oasis.opendocument.chart-template application/x-font-ttf"
        " application/x-font-otf application/x-font application/font-sfnt font/sfnt font/ttf"
        " font/otf",
    ),
    _format(
        *("font/sfnt", "a font", _BRAND, "ttf otf", "font"),
        aliases="application/font-sfnt application/x-font-sfnt application/x-font",
    ),
    _format(
        *("application/pdf", "a PDF", _BRAND, "pdf", "pdf"),
        aliases="application/x-pdf application/acrobat application/nappdf application/vnd.pdf"
        " application/x-bytescout-pdf text/pdf text/x-pdf image/pdf",
    ),
    _format(
        *("application/zip", "a ZIP archive", _BRAND, "zip", "zip"),
        aliases="application/x-zip application/x-zip-compressed application/zip-compressed"
        " application/x-zip-archive multipart/x-zip",
        borrowed="application/x-compressed application/x-compress application/x-archive",
    ),
    _format(
        *("application/json", "a JSON file", _BRAND, "json", "text"),
        aliases="application/x-json text/json text/x-json application/vnd.json",
        borrowed="text/plain application/ld+json application/geo+json application/schema+json"
        " application/manifest+json application/jsonml+json",
    ),
    _format(
        *("text/plain", "a plain text file", _BRAND, "txt text md markdown mdown mkd", "prose"),
        aliases="text/markdown text/x-markdown text/x-web-markdown text/vnd.daringfireball.markdown"
        " text/md text/x-md application/markdown application/x-markdown application/text"
        " application/txt application/plain text/txt text/x-readme text/anytext",
    ),
    _format(
        *("text/css", "a style sheet", _BRAND, "css", "text"),
        aliases="text/x-css application/css application/x-css application/css-stylesheet",
        borrowed="text/plain application/x-pointplus",
    ),
)

#: What is said of a file by those who do not know its type: the extension then tells it.
UNTYPED = frozenset(
    (
        *("", "application/octet-stream", "binary/octet-stream", "application/x-octet-stream"),
        *("application/octetstream", "application/binary", "application/x-binary"),
        *("application/unknown", "application/x-unknown", "application/x-unknown-content-type"),
        *("unknown/unknown", "application/download", "application/x-download"),
        *("application/force-download", "application/x-force-download"),
    )
)
OCTETS = "application/octet-stream"

BY_TYPE: Mapping[str, Format] = MappingProxyType({each.content_type: each for each in FORMATS})
#: The extensions that agree with each canonical type; the first is put where one is missing.
EXTENSIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {each.content_type: each.extensions for each in FORMATS}
)
#: Other names of a canonical type, whatever the file is called.
ALIASES: Mapping[str, str] = MappingProxyType(
    {alias: each.content_type for each in reversed(FORMATS) for alias in each.aliases}
)
