"""The table of kinds: what is allowed where, how large, how long kept, and what never runs."""

from __future__ import annotations

import dataclasses

import pytest

import config
import config_fields
from app.domain.errors import TooLarge, UnsupportedType, ValidationFailed
from app.domain.kinds import LIBRARY_KINDS, PROJECT_KINDS, Kind
from app.domain.limits import GIB, MAX_SIGNATURE_SECONDS, MIB, human_size
from app.domain.policy import (
    RULES,
    cache_control,
    canonical_type,
    check_kind_place,
    check_size,
    check_type,
    is_active,
    kind_for,
    served_type,
    stored_type,
)
from app.media.types import ALIASES, EXTENSIONS

IMAGES = {f"image/{name}" for name in ("jpeg", "png", "webp", "gif", "avif", "heic")}
#: The types of docs/api.md, Kinds.
DOCUMENTED = {
    Kind.AUDIO: {"audio/mpeg", "audio/mp4", "audio/aac", "audio/wav", "audio/ogg", "audio/webm"}
    | {"audio/flac"},
    Kind.IMAGE: IMAGES,
    Kind.FRAME: IMAGES,
    Kind.VIDEO: {"video/mp4", "video/quicktime", "video/webm", "video/x-matroska", "video/mpeg"}
    | {"application/vnd.apple.mpegurl", "application/dash+xml", "text/vtt"}
    | {"video/mp2t", "video/iso.segment"},
    Kind.BRAND_KIT: IMAGES
    | {"image/svg+xml", "font/woff2", "font/woff", "font/ttf", "font/otf", "application/pdf"}
    | {"application/zip", "application/json", "text/plain", "text/css"},
}


@pytest.mark.parametrize("kind", Kind)
def test_every_documented_type_is_taken(kind: Kind) -> None:
    """Each kind takes its documented types, and no type that belongs to another kind only."""
    for content_type in DOCUMENTED[kind]:
        check_type(kind, content_type)
    for content_type in set().union(*DOCUMENTED.values()) - DOCUMENTED[kind]:
        with pytest.raises(UnsupportedType):
            check_type(kind, content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "image",
        "image/*",
        "*/*",
        "text/html",
        "image/png, text/html",
        "image/png,text/html",
        "image/png; charset=utf-8",
        "image/png;",
        "IMAGE/PNG",
        " image/png",
        "image/png\n",
        "image/png\0",
        "application/octet-stream",
        "application/xhtml+xml",
        "text/javascript",
        None,
        7,
    ],
)
@pytest.mark.parametrize("kind", Kind)
def test_t18_only_the_listed_type_letter_for_letter(kind: Kind, content_type: object) -> None:
    """T18: lists, parameters, capitals, wildcards and missing types are 415, because what is
    compared here is what gets signed and stored."""
    with pytest.raises(UnsupportedType):
        check_type(kind, content_type)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("content_type", "library", "project"),
    [
        ("image/png", Kind.IMAGE, Kind.IMAGE),
        ("video/mp4", Kind.VIDEO, Kind.VIDEO),
        ("application/vnd.apple.mpegurl", Kind.VIDEO, Kind.VIDEO),
        ("text/vtt", Kind.VIDEO, Kind.VIDEO),
        ("audio/x-m4a", Kind.AUDIO, Kind.AUDIO),
        ("font/woff2", Kind.BRAND_KIT, None),
        ("image/svg+xml", Kind.BRAND_KIT, None),
        ("text/html", None, None),
    ],
)
def test_the_kind_follows_from_the_type(
    content_type: str, library: Kind | None, project: Kind | None
) -> None:
    """An upload without a kind gets that of its type, where its place has one; else 415."""
    for project_id, expected in ((None, library), ("p1", project)):
        if expected is None:
            with pytest.raises(UnsupportedType):
                kind_for(content_type, project_id=project_id)
        else:
            assert kind_for(content_type, project_id=project_id) is expected


@pytest.mark.parametrize("kind", Kind)
def test_kinds_keep_to_their_place(kind: Kind) -> None:
    """Frames exist in projects alone, brand kits in the library alone."""
    for project_id, kinds in ((None, LIBRARY_KINDS), ("p1", PROJECT_KINDS)):
        if kind in kinds:
            check_kind_place(kind, project_id)
        else:
            with pytest.raises(ValidationFailed) as refusal:
                check_kind_place(kind, project_id)
            assert refusal.value.errors[0].pointer == "/kind"


@pytest.mark.parametrize("size", [0, -1, 1.0, 0.5, True, False, "5", None, 1e309, float("nan")])
def test_t17_a_size_is_a_whole_number_from_one(size: object) -> None:
    """T17: zero, negative, float, bool, infinity and text are 422 at ``/size``."""
    with pytest.raises(ValidationFailed) as refusal:
        check_size(Kind.VIDEO, size, {})  # type: ignore[arg-type]
    assert refusal.value.errors[0].pointer == "/size"


@pytest.mark.parametrize(
    ("kind", "limit"),
    [
        (Kind.AUDIO, 2 * 1024**3),
        (Kind.IMAGE, 50 * 1024**2),
        (Kind.FRAME, 50 * 1024**2),
        (Kind.VIDEO, 50 * 1024**3),
        (Kind.BRAND_KIT, 100 * 1024**2),
    ],
)
def test_t17_the_limit_passes_and_one_byte_more_does_not(kind: Kind, limit: int) -> None:
    """T17: the documented limit is inclusive; above it is 413."""
    check_size(kind, 1, {})
    check_size(kind, limit, {})
    with pytest.raises(TooLarge):
        check_size(kind, limit + 1, {})
    with pytest.raises(TooLarge):
        check_size(kind, 10**400, {})


def test_t17_a_setting_replaces_the_default_limit() -> None:
    """T17: a configured limit rules, upwards and downwards, for its own kind."""
    check_size(Kind.IMAGE, 60 * 1024**2, {Kind.IMAGE: 1024**3})
    with pytest.raises(TooLarge):
        check_size(Kind.IMAGE, 11, {Kind.IMAGE: 10})
    check_size(Kind.FRAME, 11, {Kind.IMAGE: 10})


def test_cache_times_leave_out_private() -> None:
    """Streams are kept a day and pictures an hour, in words that CloudFront honours as well."""
    assert cache_control(Kind.VIDEO) == cache_control(Kind.AUDIO) == "max-age=86400"
    assert cache_control(Kind.IMAGE) == cache_control(Kind.BRAND_KIT) == "max-age=3600"


@pytest.mark.parametrize(
    ("filename", "content_type"),
    [
        ("a.mp4", "video/mp4"),
        ("A.MP4", "video/mp4"),
        ("a.m4a", "audio/mp4"),
        ("a.webm", "video/webm"),
        ("a.ogg", "audio/ogg"),
        ("a.html.png", "image/png"),
        ("master.m3u8", "application/vnd.apple.mpegurl"),
        ("a.m4s", "video/iso.segment"),
        ("seg1.ts", "video/mp2t"),
        ("a.svg", "image/svg+xml"),
        ("a.html", "application/octet-stream"),
        ("a.js", "application/octet-stream"),
        ("a.xml", "application/octet-stream"),
        ("final", "application/octet-stream"),
        ("png", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_t33_the_served_type_comes_from_the_extension(filename: str, content_type: str) -> None:
    """T33: neither the stored nor the client's type decides what a link serves."""
    assert served_type(filename) == content_type


def test_every_canonical_extension_leads_back_to_its_container() -> None:
    """A type's own extension is served as that type, or as the listed type it is an alias of."""
    for content_type, extensions in EXTENSIONS.items():
        served = served_type(f"a.{extensions[0]}")
        assert EXTENSIONS[served][0] == extensions[0], content_type


@pytest.mark.parametrize(
    "content_type",
    [
        "text/html",
        "application/xhtml+xml",
        "image/svg+xml",
        "text/xml",
        "application/xml",
        "application/dash+xml",
        "text/javascript",
        "application/javascript",
        "application/octet-stream",
        "multipart/related",
        "image/png; x=text/html",
        "",
    ],
)
def test_t19_what_a_browser_might_run_is_active(content_type: str) -> None:
    """T19: html, svg, any XML, scripts and everything unknown count as active."""
    assert is_active(content_type)


def test_t19_media_are_not_active() -> None:
    """T19: of all types taken, the two that are XML are active and no other."""
    taken = set().union(*(rule.content_types for rule in RULES.values()))
    assert taken == set(EXTENSIONS) | set(ALIASES)
    active = {ALIASES.get(name, name) for name in taken if is_active(name)}
    assert active == {"image/svg+xml", "application/dash+xml"}


@pytest.mark.parametrize(
    ("size", "down", "up"),
    [
        (1, "1 byte", "1 byte"),
        (1023, "1023 bytes", "1023 bytes"),
        (1024, "1 KB", "1 KB"),
        (1536, "1.5 KB", "1.5 KB"),
        (50 * 1024**2, "50 MB", "50 MB"),
        (50 * 1024**2 + 1, "50 MB", "51 MB"),
        (9 * 1024**2 + 1, "9 MB", "9.1 MB"),
        (1_000_000, "976 KB", "977 KB"),
        (5 * 1024**3, "5 GB", "5 GB"),
        (1024**3 - 1, "1,023 MB", "1 GB"),
    ],
)
def test_sizes_are_written_as_people_read_them(size: int, down: str, up: str) -> None:
    """A limit never looks larger than it is, and what exceeds it always looks larger."""
    assert (human_size(size), human_size(size, up=True)) == (down, up)


@pytest.mark.parametrize(
    ("declared", "filename", "kind", "message"),
    [
        ("application/x-msdownload", "a.exe", None, ".exe files aren't supported here."),
        ("", "a.exe", Kind.VIDEO, ".exe files aren't supported here."),
        ("text/html", "a.png", Kind.IMAGE, "text/html files aren't supported here."),
        ("video/mp4", "a.mp4", Kind.IMAGE, "Images can't be .mp4 files."),
        ("image/png", "a", Kind.AUDIO, "Audio files can't be image/png files."),
        ("image/png, text/html", "a.png", None, "The content type is one type, such as image/png."),
        ("", "a", None, "This file's type is unknown. Give its name an extension, such as .png."),
    ],
)
def test_a_refusal_says_what_is_not_taken(
    declared: str, filename: str, kind: Kind | None, message: str
) -> None:
    """The sentence is for the person who chose the file."""
    with pytest.raises(UnsupportedType) as refusal:
        canonical_type(declared, filename, kind=kind)
    assert refusal.value.detail == message


def test_a_file_that_is_too_large_is_told_both_sizes() -> None:
    """In the words and units of file managers."""
    with pytest.raises(TooLarge) as refusal:
        check_size(Kind.IMAGE, 61 * 1024**2, {})
    assert refusal.value.detail == "Images can be up to 50 MB. This one is 61 MB."


def test_sound_is_taken_within_a_package_of_video_alone() -> None:
    """HLS keeps sound in files of its own (RFC 8216, Packed Audio), which are no videos."""
    assert canonical_type("audio/aac", "a.aac", kind=Kind.VIDEO, in_package=True) == "audio/aac"
    assert canonical_type("", "a.m4a", kind=Kind.VIDEO, in_package=True) == "audio/mp4"
    for kind, in_package in ((Kind.VIDEO, False), (Kind.IMAGE, True)):
        with pytest.raises(UnsupportedType):
            canonical_type("audio/aac", "a.aac", kind=kind, in_package=in_package)


@pytest.mark.parametrize(
    ("stored", "filename", "kind", "content_type"),
    [
        ("image/jpg", "a.jpg", Kind.IMAGE, "image/jpeg"),
        ("video/MP2T", "a.ts", Kind.VIDEO, "video/mp2t"),
        ("binary/octet-stream", "final.mp4", Kind.VIDEO, "video/mp4"),
        ("application/octet-stream", "rec.webm", Kind.AUDIO, "audio/webm"),
        ("audio/mpeg; charset=binary", "a.mp3", Kind.AUDIO, "audio/mpeg"),
        ("text/html", "a.png", Kind.IMAGE, "text/html"),
        ("", "final", Kind.VIDEO, "application/octet-stream"),
    ],
)
def test_what_back_ends_store_is_judged_by_its_canonical_name(
    stored: str, filename: str, kind: Kind, content_type: str
) -> None:
    """Aliases, letter case, parameters, and no type at all; what is unknown stays as it is."""
    assert stored_type(stored, filename, kind) == content_type


def test_the_limits_of_s3_agree_with_the_settings() -> None:
    """The settings are read before anything else of the service, so they spell the units out."""
    assert (config.MIB, config.GIB) == (MIB, GIB)
    assert config_fields.check_lifetime.max == MAX_SIGNATURE_SECONDS
    defaults = {each.name: each.metadata["default"] for each in dataclasses.fields(config.Settings)}
    for kind, rule in RULES.items():
        assert defaults[f"max_bytes_{kind}"] == rule.default_max_bytes
