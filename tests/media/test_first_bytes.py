"""First bytes against the declared type: every type taken, each pair told apart, nothing sly.

``heads.json`` holds the first bytes of real files: ffmpeg 5.1 made the media, libheif the HEIC,
fontTools and zipfile the rest. Texts are written out here.
"""

from __future__ import annotations

import base64
import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.media.first_bytes import FIRST_BYTES, check_first_bytes
from app.media.types import ALIASES, EXTENSIONS

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9"/></svg>'
TEXTS = [
    ("PDF", "application/pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj"),
    ("PDF behind junk", "application/pdf", b"\n\njunk\x00%PDF-1.4\n"),
    ("JSON", "application/json", b'{"a": "<b>not markup</b>"}'),
    ("JSON number", "application/json", b"1"),
    ("plain text", "text/plain", "Grüße, 3 < 4 <b>".encode()),
    ("plain text, Latin-1", "text/plain", b"Gr\xfc\xdfe"),
    ("plain text, UTF-16", "text/plain", "Grüße".encode("utf-16")),
    ("plain text like a box", "text/plain", b"I'm free to go"),
    ("plain text with a heart", "text/plain", b"<3 you"),
    ("CSS", "text/css", b"/* <html> */ body > a { color: red }"),
    ("WebVTT", "text/vtt", b"\xef\xbb\xbfWEBVTT\n\n00:01.000 --> 00:02.000\n<i>Hi</i>"),
    ("SVG", "image/svg+xml", SVG),
    (
        "SVG with all that may come first",
        "image/svg+xml",
        b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- <html> -->\n<!DOCTYPE svg PUBLIC "-//W3C//DTD '
        b'SVG 1.1//EN" "http://x/svg11.dtd" [<!ENTITY ns "http://x">]>\n<!-- b -->' + SVG,
    ),
    ("SVG with a prefix", "image/svg+xml", b'<svg:svg xmlns:svg="http://www.w3.org/2000/svg"/>'),
    ("SVG, UTF-16", "image/svg+xml", SVG.decode().encode("utf-16")),
    ("SVG behind a long licence", "image/svg+xml", b"<!--" + b"licence " * 1_000 + b"-->" + SVG),
    ("DASH bare", "application/dash+xml", b'<MPD xmlns="urn:mpeg:dash:schema:mpd:2011">'),
    # Containers that begin otherwise than ffmpeg begins them.
    ("QuickTime, old", "video/quicktime", b"\x00\x00\x00\x08wide\x00\x01\xff\xffmdat" + b"\0" * 64),
    ("QuickTime, index first", "video/quicktime", b"\x00\x00\x05\x00moov\x00\x00\x00lmvhd"),
    ("MP4 of 60 bytes first", "video/mp4", b"\x00\x00\x00\x3cftypisom" + b"\0" * 52),
    ("MP4, unknown brand", "video/mp4", b"\x00\x00\x00\x14ftypXAVC\0\0\0\0XAVC"),
    ("AVIF that is called mif1", "image/avif", b"\x00\x00\x00\x18ftypmif1\0\0\0\0mif1avif"),
    ("HEIC of an unknown brand first", "image/heic", b"\x00\x00\x00\x18ftypABCD\0\0\0\0mif1heic"),
    ("WAV over 4 GiB", "audio/wav", b"RF64\xff\xff\xff\xffWAVEds64"),
    ("AAC with ID3", "audio/aac", b"ID3\x04\0\0\0\0\0\x3f" + b"\0" * 63),
    ("FLAC with ID3", "audio/flac", b"ID3\x03\0\0\0\0\0\x3f" + b"\0" * 63),
    ("MP3 behind padding", "audio/mpeg", b"\0" * 512),
    ("MP3 cut within a frame", "audio/mpeg", bytes(range(1, 255)) * 4),
    ("sound of an HLS package", "video/mp2t", b"ID3\x04\0\0\0\0\0\x3f" + b"\0" * 63),
    ("M2TS", "video/mp2t", (b"\x01\x02\x03\x04\x47" + b"\x1f" * 187) * 2),
    ("empty text", "text/plain", b""),
]
HEADS = [
    (each["name"], each["content_type"], base64.b64decode(each["head"]))
    for each in json.loads(Path(__file__).with_name("heads.json").read_text())
]
SAMPLES = HEADS + TEXTS
#: Types that share a container, or a leading ID3 tag, and so count as equal.
EQUAL = [
    {"audio/mp4", "video/mp4", "video/quicktime", "video/iso.segment"},
    {"audio/webm", "video/webm", "video/x-matroska"},
    {"image/heic", "image/avif"},
    {"font/ttf", "font/otf", "font/collection", "font/sfnt"},
    {"video/mpeg", "video/mp2t"},
    # A text is a text; only the formats in XML can be told from the rest.
    {"application/json", "text/plain", "text/css", "text/vtt", "application/vnd.apple.mpegurl"},
]


def equal(one: str, other: str) -> bool:
    return one == other or any({one, other} <= group for group in EQUAL)


def test_there_is_a_sample_of_every_type() -> None:
    """No type can be added to the policy without real first bytes in this test."""
    listed = set(EXTENSIONS) - set(ALIASES) - {"font/sfnt"}
    assert {content_type for _, content_type, _ in SAMPLES} == listed


@pytest.mark.parametrize(("name", "content_type", "head"), SAMPLES, ids=[s[0] for s in SAMPLES])
def test_t18_a_real_file_agrees_with_its_type(name: str, content_type: str, head: bytes) -> None:
    """T18: what real programs write passes, under the type's other names too."""
    assert check_first_bytes(content_type, head) is None, name
    for alias in (alias for alias, listed in ALIASES.items() if listed == content_type):
        assert check_first_bytes(alias, head) is None


@pytest.mark.parametrize("declared", sorted(EXTENSIONS))
def test_t18_clearly_different_types_contradict(declared: str) -> None:
    """T18: each type refuses the real first bytes of every type that is not its equal."""
    listed = ALIASES.get(declared, declared)
    wrongly_accepted = [
        name
        for name, content_type, head in HEADS
        if not equal(listed, content_type)
        and not (name == "MP3 with ID3" and listed in ("audio/aac", "audio/flac", "video/mp2t"))
        and check_first_bytes(declared, head) is None
    ]
    assert wrongly_accepted == []


HTML = {
    "doctype": b"<!DOCTYPE html><title>x</title>",
    "lower case": b"<!doctype html>",
    "tag": b"<HTML><script>alert(1)</script>",
    "script alone": b"<script>alert(1)</script>",
    "white space": b"\r\n\t  <html>",
    "byte order mark": b"\xef\xbb\xbf<html>",
    "mark and space": b"\xef\xbb\xbf \n<html>",
    "comment": b"<!-- innocent --><html>",
    "two comments": b"<!-- a --> <!-- b --> <body onload=alert(1)>",
    "image": b"<img src=x onerror=alert(1)>",
    "xhtml": b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><script/></html>',
    "UTF-16 with mark": "<html><script>1</script>".encode("utf-16"),
    "UTF-16 big-endian with mark": b"\xfe\xff" + "<html><body>".encode("utf-16-be"),
    "UTF-16 without mark": "<html><script>1</script>".encode("utf-16-le"),
    "UTF-16 big-endian without mark": "<html><script>1</script>".encode("utf-16-be"),
    "UTF-16 behind white space": "\n\n <html>".encode("utf-16"),
    "svg in an html document": b"<!DOCTYPE html><svg onload=alert(1)>",
    "long": b"<html>" + b"x" * FIRST_BYTES,
}


@pytest.mark.parametrize("declared", sorted(EXTENSIONS))
@pytest.mark.parametrize("head", HTML.values(), ids=HTML.keys())
def test_t18_html_passes_as_nothing(declared: str, head: bytes) -> None:
    """T18: HTML is seen through marks, space, comments and UTF-16, under every declared type."""
    assert check_first_bytes(declared, head) is not None


@pytest.mark.parametrize("declared", sorted(set(EXTENSIONS) - {"image/svg+xml"}))
def test_t18_svg_passes_as_svg_alone(declared: str) -> None:
    """T18: a drawing may carry scripts, so no other type covers for it."""
    assert check_first_bytes(declared, SVG) is not None


@pytest.mark.parametrize("declared", ["image/svg+xml", "application/dash+xml"])
@pytest.mark.parametrize(
    "head",
    [b'<?xml version="1.0"?><rss></rss>', b"<a/>", b"alert(1)", b"{}", b"\x89PNG\r\n\x1a\n\0\0"],
)
def test_t18_xml_of_another_sort_is_refused(declared: str, head: bytes) -> None:
    """T18: the two XML formats are told by their root element."""
    assert check_first_bytes(declared, head) is not None


@pytest.mark.parametrize("declared", sorted(EXTENSIONS))
@pytest.mark.parametrize("head", HTML.values(), ids=HTML.keys())
def test_t18_html_before_noise_passes_as_nothing(declared: str, head: bytes) -> None:
    """T18: a page is one whatever comes after it, also where encrypted bytes may pass."""
    noise = random.Random(18).randbytes(FIRST_BYTES)  # noqa: S311
    assert check_first_bytes(declared, head + b"\0" + noise) is not None


@pytest.mark.parametrize("declared", ["video/mp2t", "audio/aac"])
def test_what_is_encrypted_is_no_stranger(declared: str) -> None:
    """HLS encrypts segments whole, and chance begins them like a tag, or like a frame."""
    noise = random.Random(8).randbytes(FIRST_BYTES)  # noqa: S311
    for start in (b"<a", b"<!", b" </", b"\xff\xfb", b"\xff\xf1"):
        assert check_first_bytes(declared, start + noise) is None


def test_t18_frames_are_no_chance() -> None:
    """T18: a sound in the place of a film repeats how it began."""
    frame = b"\xff\xfb\xe0\x44" + bytes(1437)  # 320 kbit/s, the longest there is
    assert check_first_bytes("video/mp2t", frame * 3) is not None


STRANGERS = {
    "Windows program": b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff" + b"\0" * 64,
    "Linux program": b"\x7fELF\x02\x01\x01" + b"\0" * 64,
    "RAR archive": b"Rar!\x1a\x07\x00" + b"\0" * 64,
    "7-Zip archive": b"7z\xbc\xaf\x27\x1c" + b"\0" * 64,
    "gzip": b"\x1f\x8b\x08\x00" + b"\x01" * 64,
    "Photoshop": b"8BPS\x00\x01" + b"\0" * 64,
    "database": b"SQLite format 3\x00" + b"\0" * 64,
}


@pytest.mark.parametrize("declared", sorted(EXTENSIONS))
@pytest.mark.parametrize("head", STRANGERS.values(), ids=STRANGERS.keys())
def test_t18_other_known_files_pass_as_nothing(declared: str, head: bytes) -> None:
    """T18: programs and archives are refused also where the declared type has no signature."""
    assert check_first_bytes(declared, head) is not None


@pytest.mark.parametrize(
    "declared",
    sorted(name for name in EXTENSIONS if name.startswith(("image/", "audio/", "video/"))),
)
@pytest.mark.parametrize("head", [b"just some words", b"{}", b""], ids=["words", "json", "nothing"])
def test_t18_text_is_no_medium(declared: str, head: bytes) -> None:
    """T18: words, JSON and nothing at all are not pictures, sounds or films."""
    assert check_first_bytes(declared, head) is not None


def test_the_reason_is_a_sentence_for_people() -> None:
    """The answer names what was declared and what was found, and nothing of the content."""
    assert (
        check_first_bytes("image/jpeg", HTML["tag"])
        == "The file says image/jpeg but begins like HTML or XML."
    )
    assert (
        check_first_bytes("audio/mp4", b"\x89PNG\r\n\x1a\n")
        == "The file says audio/mp4 but begins like a PNG image."
    )


@given(st.sampled_from(sorted(EXTENSIONS)), st.binary(max_size=300))
def test_any_bytes_get_an_answer(declared: str, head: bytes) -> None:
    """No input makes the check fail: it answers None or a sentence."""
    answer = check_first_bytes(declared, head)
    assert answer is None or answer.startswith(f"The file says {declared} but begins like ")


@pytest.mark.parametrize(("name", "content_type", "head"), SAMPLES, ids=[s[0] for s in SAMPLES])
def test_only_the_first_bytes_count(name: str, content_type: str, head: bytes) -> None:
    """A caller that reads more than 4,096 bytes gets the same verdict."""
    full = head.ljust(FIRST_BYTES, b" ")[:FIRST_BYTES]
    assert check_first_bytes(content_type, full + b"\0<html>") == check_first_bytes(
        content_type, full
    ), name


def test_a_type_outside_the_policy_is_compared_with_markup_only() -> None:
    """What back ends store under other types is not judged by a table that lacks them."""
    assert check_first_bytes("video/x-msvideo", b"RIFF\0\0\0\0AVI LIST") is None
    assert check_first_bytes("video/x-msvideo", HTML["tag"]) is not None
