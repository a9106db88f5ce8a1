"""What files are called: by browsers, by systems, by tools, and by those who know no type."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.media.names import bare_name, canonical_name, extension_of, is_active, served_type
from app.media.types import ALIASES, BY_TYPE, FORMATS, UNTYPED

LIBRARY = ("image", "video", "audio", "brand_kit")

#: What browsers and systems call a file of each extension, where it is not the canonical name.
CALLED = {
    # uriloader/exthandler/nsExternalHelperAppService.cpp: defaultMimeEntries, extraMimeEntries.
    "Firefox": "ogg application/ogg,ogg video/ogg,oga audio/ogg,opus audio/ogg,webm video/webm,"
    "webm audio/webm,mp4 video/mp4,m4a audio/mp4,mp3 audio/mpeg,wav audio/x-wav,wav audio/wav,"
    "jpg image/jpeg,jfif image/jpeg,pjpeg image/jpeg,pjp image/jpeg,png image/png,apng image/apng,"
    "svg image/svg+xml,webp image/webp,txt text/plain,text text/plain,json application/json,"
    "vtt text/vtt,css text/css,pdf application/pdf",
    # net/base/mime_util.cc: kPrimaryMappings, kSecondaryMappings.
    "Chromium": "mp3 audio/mp3,m4a audio/x-m4a,flac audio/flac,wav audio/wav,png image/x-png,"
    "woff application/font-woff,m3u8 application/x-mpegurl,mkv video/matroska,avif image/avif,"
    "opus audio/ogg,m4v video/mp4,mpg video/mpeg",
    # shared-mime-info 2.2, as Chromium on Linux reads it.
    "Linux": "ts text/vnd.trolltech.linguist,heic image/heif,m3u8 audio/x-mpegurl,"
    "otf application/vnd.oasis.opendocument.formula-template,md text/markdown,"
    "otc application/vnd.oasis.opendocument.chart-template,m4b audio/x-m4b,m4r audio/x-m4r,"
    "spx audio/x-speex+ogg,mk3d video/x-matroska-3d,opus audio/x-opus+ogg,mp2 audio/mp2,"
    "oga audio/x-vorbis+ogg",
    # Debian's /etc/mime.types, of today and before.
    "Debian": "mts model/vnd.mts,m4a audio/mpeg,mpga audio/mpeg,m2v video/mpeg,spx audio/ogg,"
    "heics image/heic-sequence,heifs image/heif-sequence,wav audio/x-wav,m3u audio/mpegurl,"
    "qt video/quicktime,mpe video/mpeg,svg image/svg+xml",
    # HKEY_CLASSES_ROOT of Windows 10 and 11, IIS' mime map.
    "Windows": "ts video/vnd.dlna.mpeg-tts,m2ts video/vnd.dlna.mpeg-tts,"
    "mts video/vnd.dlna.mpeg-tts,m2t video/vnd.dlna.mpeg-tts,"
    "zip application/x-zip-compressed,aac audio/vnd.dlna.adts,adts audio/vnd.dlna.adts,"
    "adt audio/vnd.dlna.adts,wav audio/wav,m3u audio/x-mpegurl,mp3 audio/mpeg,mp2 audio/x-mpeg,"
    "m4a audio/m4a,m4v video/x-m4v,jfif image/pjpeg,jpg image/pjpeg,png image/x-png,"
    "mkv video/x-mkv,"
    "ttf application/x-font-ttf,otf application/x-font-opentype,woff font/x-woff,"
    "css application/x-pointplus,flac audio/x-flac",
    # CoreTypes of macOS and iOS.
    "Apple": "m4a audio/x-m4a,m4v video/x-m4v,wav audio/vnd.wave,mp3 audio/mpeg3,"
    "mp3 audio/x-mpeg-3,"
    "mts video/avchd-stream,m2ts video/m2ts,ts video/mp2t,jpg image/jpg,heif image/heif,"
    "m3u8 application/vnd.apple.mpegurl,aac audio/x-aac,m4b audio/x-m4b,mov video/quicktime,"
    "md text/markdown,webp image/webp,ttf font/ttf,zip application/x-zip",
    # Servers, players and packagers.
    "Tools": "mpd text/xml,svg text/xml,vtt text/plain,m3u8 text/plain,m4s video/mp4,"
    "m4s application/mp4,m4a application/mp4,mp4 application/mp4,ts video/mpeg,ts video/MP2T,"
    "json text/json,md text/x-markdown,pdf application/x-pdf,svg image/svg,mov video/x-quicktime,"
    "ttf application/x-font-truetype,woff2 application/font-woff2,ttf application/font-sfnt,"
    "ogg audio/vorbis,opus audio/opus,mp4 video/x-mp4,jpg image/x-citrix-jpeg",
}
PAIRS = [(who, *each.split()) for who, pairs in CALLED.items() for each in pairs.split(",")]


@pytest.mark.parametrize(("who", "extension", "name"), PAIRS)
def test_c01_c02_a_file_is_what_its_extension_says(who: str, extension: str, name: str) -> None:
    """C01, C02: whatever anybody calls it, in whatever letters and with whatever parameters."""
    meant = canonical_name(name, f"a.{extension}", LIBRARY)
    assert meant is not None, who
    assert extension in BY_TYPE[meant].extensions
    for spelling in (name.upper(), f"{name}; charset=utf-8", f' {name};codecs="a, b"'):
        assert canonical_name(spelling, f"A.{extension.upper()}", LIBRARY) == meant


@pytest.mark.parametrize("alias", sorted(ALIASES))
def test_c01_an_alias_needs_no_extension(alias: str) -> None:
    """C01: a name that means one format alone is taken for it in each of its kinds."""
    listed = BY_TYPE[ALIASES[alias]]
    for kind in listed.kinds:
        assert canonical_name(alias, "a", (kind,)) == listed.content_type
    assert is_active(alias) == listed.active


def test_each_name_stands_in_the_table_once() -> None:
    """An alias of two formats, or one that is a format itself, would mean either by chance."""
    aliases = [alias for each in FORMATS for alias in each.aliases]
    assert len(set(aliases)) == len(aliases)
    assert not set(aliases) & set(BY_TYPE)
    assert len(BY_TYPE) == len(FORMATS)
    names = {*aliases, *BY_TYPE} | {name for each in FORMATS for name in each.borrowed}
    assert names == {bare_name(name) for name in names}
    assert not names & UNTYPED


def test_t19_no_name_of_what_a_browser_runs_is_taken_for_something_else() -> None:
    """T19: pages and scripts have no alias, and XML is borrowed by formats in XML alone."""
    names = {*ALIASES} | {name for each in FORMATS for name in each.borrowed}
    assert not {name for name in names if "html" in name or "javascript" in name}
    xml = {
        each.content_type for each in FORMATS if {"text/xml", "application/xml"} & {*each.borrowed}
    }
    assert xml == {"image/svg+xml", "application/dash+xml"}
    assert all(BY_TYPE[name].active for name in xml)


@pytest.mark.parametrize("declared", sorted(UNTYPED))
@pytest.mark.parametrize(
    ("filename", "kinds", "expected"),
    [
        ("rec.webm", ("audio",), "audio/webm"),
        ("rec.webm", ("video",), "video/webm"),
        ("rec.webm", LIBRARY, "video/webm"),
        ("a.mp4", ("audio",), "audio/mp4"),
        ("a.mp4", LIBRARY, "video/mp4"),
        ("a.ogg", LIBRARY, "audio/ogg"),
        ("a.ogg", ("video",), None),
        ("a.mkv", LIBRARY, "video/x-matroska"),
        ("PHOTO.JPG", LIBRARY, "image/jpeg"),
        ("a.png", ("frame",), "image/png"),
        ("a.html.png", LIBRARY, "image/png"),
        ("a.png.html", LIBRARY, None),
        ("constructor", LIBRARY, None),
        ("a.constructor", LIBRARY, None),
        (".png", LIBRARY, "image/png"),
        ("png", LIBRARY, None),
        ("", LIBRARY, None),
    ],
)
def test_c04_the_extension_and_the_kind_decide_where_no_type_is_told(
    declared: str, filename: str, kinds: tuple[str, ...], expected: str | None
) -> None:
    """C02 to C04: ``.webm``, ``.mp4`` and ``.ogg`` are what the kind is that was asked for."""
    assert canonical_name(declared, filename, kinds) == expected


@pytest.mark.parametrize(
    ("declared", "filename", "kinds", "expected"),
    [
        ("video/webm", "rec.webm", ("audio",), "audio/webm"),
        ("audio/webm", "rec.webm", ("video",), "video/webm"),
        ("video/mp4", "a.mp4", ("audio",), "audio/mp4"),
        ("video/webm;codecs=opus", "blob", ("audio",), "audio/webm"),
        ("audio/webm", "rec.webm", LIBRARY, "audio/webm"),
        ("video/mp4", "a.mov", ("audio",), None),
        ("audio/mpeg", "a.mp3", ("video",), None),
        ("image/png", "a.mp4", ("video",), None),
        ("image/png", "a", ("audio",), None),
        ("audio/mpeg", "a.m4a", LIBRARY, "audio/mp4"),
        ("text/vnd.trolltech.linguist", "a.xml", LIBRARY, None),
        ("text/xml", "a.txt", LIBRARY, None),
        ("video/ogg", "a.ogv", LIBRARY, None),
        ("text/html", "a.png", LIBRARY, None),
    ],
)
def test_a_name_that_means_more_than_one_thing(
    declared: str, filename: str, kinds: tuple[str, ...], expected: str | None
) -> None:
    """Containers go with the kind, borrowed names with the extension, and no further."""
    assert canonical_name(declared, filename, kinds) == expected


@pytest.mark.parametrize(
    "declared",
    [
        *("image", "image/", "/png", "image/*", "*/*", "image png", "image/png/x", "constructor"),
        *("image/png, text/html", "image/png,text/html", "image/png; a=b, text/html"),
        *("image/png\n", "image/png\0", "image/png;\r\nx: y", "text/html\x7f", "ïmage/png"),
        *("text/html;image/png", "application/xhtml+xml", "text/javascript", "image/png text/html"),
    ],
)
def test_t18_lists_and_garbage_are_no_type(declared: str) -> None:
    """T18: nothing that could be read as two types, or as none, is taken for the first."""
    assert canonical_name(declared, "a.png", LIBRARY) is None


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_name_gets_an_answer(declared: str, filename: str) -> None:
    """Whatever is said, the answer is a canonical name or none, and names stay what they are."""
    found = canonical_name(declared, filename, LIBRARY)
    assert found is None or found in BY_TYPE
    assert found is None or canonical_name(found, filename, LIBRARY) is not None
    assert served_type(filename) in {*BY_TYPE, "application/octet-stream"}
    assert extension_of(filename) == extension_of(filename).lower()


@pytest.mark.parametrize(
    ("filename", "kind", "expected"),
    [
        ("a.webm", "audio", "audio/webm"),
        ("a.webm", "video", "video/webm"),
        ("a.mp3", "video", None),
    ],
)
def test_t33_a_link_serves_the_type_of_its_kind(
    filename: str, kind: str, expected: str | None
) -> None:
    """T33: by extension and place alone; what the kind does not have, by extension."""
    assert served_type(filename, kind) == (expected or served_type(filename))
