"""First bytes against the declared type: every type taken, each pair told apart, nothing sly.

``heads.json`` holds the first bytes of real files: ffmpeg 5.1 made the media, libheif the HEIC,
fontTools and zipfile the rest. Texts are written out here.
"""

from __future__ import annotations

import base64
import json
import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.media.first_bytes import FIRST_BYTES, check_first_bytes
from app.media.types import ALIASES, BY_TYPE, EXTENSIONS

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
    listed = set(EXTENSIONS) - {"font/sfnt"}
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
    wrongly_accepted = [
        name
        for name, content_type, head in HEADS
        if not equal(declared, content_type)
        and not (name == "MP3 with ID3" and declared in ("audio/aac", "audio/flac", "video/mp2t"))
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
    for declared, head, sentence in (
        ("image/png", HTML["tag"], "This isn't a PNG: its contents look like HTML."),
        ("image/jpg", SVG, "This isn't a JPEG: its contents look like an SVG."),
        (
            "image/heic",
            b"\xff\xd8\xff\xe0",
            "This isn't an HEIC image: its contents look like a JPEG.",
        ),
        ("audio/mp4", b"", "This isn't an M4A: its contents look like an empty file."),
        ("text/css", b"\0\1", "This isn't a style sheet: its contents look like binary data."),
        (
            "video/x-msvideo",
            HTML["tag"],
            "This isn't video/x-msvideo: its contents look like HTML.",
        ),
    ):
        assert check_first_bytes(declared, head) == sentence


@given(st.sampled_from(sorted(EXTENSIONS)), st.binary(max_size=300))
def test_any_bytes_get_an_answer(declared: str, head: bytes) -> None:
    """No input makes the check fail: it answers None or a sentence."""
    answer = check_first_bytes(declared, head)
    assert answer is None or re.fullmatch(
        r"This isn't [\w +-]+: its contents look like [\w ]+\.", answer
    )


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


CASES = Path(__file__).with_name("cases")
#: (file, declared, may be encrypted, taken)
FILES = [
    ("first-atom-udta.mov", "video/quicktime", False, True),
    ("first-atom-udta.mov", "video/mp4", False, True),
    ("first-atom-udta.mov", "image/heic", False, False),
    ("aes128-segment.m4s", "video/iso.segment", False, True),
    ("aes128-init.mp4", "video/iso.segment", False, True),
    ("aes128-init.mp4", "video/mp4", True, True),
    ("aes128-init.mp4", "video/mp4", False, False),
    ("aes128-segment.m4s", "image/png", True, False),
    ("mp3-in-riff.mp3", "audio/mpeg", False, True),
    ("mp3-in-riff.mp3", "audio/wav", False, True),
    ("mp3-in-riff.mp3", "audio/aac", False, False),
]


@pytest.mark.parametrize(("name", "declared", "encrypted", "taken"), FILES)
def test_c05_c06_c07_real_files(name: str, declared: str, encrypted: bool, taken: bool) -> None:
    """C05 to C07: what cameras, packagers and old encoders write is what it says it is."""
    head = (CASES / name).read_bytes()[:FIRST_BYTES]
    reason = check_first_bytes(declared, head, may_be_encrypted=encrypted)
    assert (reason is None) is taken, reason


ATOMS = "ftyp moov moof mdat wide free skip uuid udta meta junk PICT pict pnot mfra pdin thum"


@pytest.mark.parametrize("declared", ["video/quicktime", "video/mp4", "audio/mp4"])
@pytest.mark.parametrize("atom", ATOMS.split())
def test_c05_a_film_begins_with_any_atom(declared: str, atom: str) -> None:
    """C05: cameras put their own notes first; and words that spell an atom are no film."""
    head = b"\0\0\0\x10" + atom.encode() + bytes(8) + b"\0\0\0\x08wide"
    assert check_first_bytes(declared, head) is None
    words = f"Hey {atom} is a word, and this is a text."
    assert check_first_bytes(declared, words.encode()) is not None
    assert check_first_bytes("text/plain", words.encode()) is None


@pytest.mark.parametrize("declared", ["video/iso.segment", "video/mp2t"])
@pytest.mark.parametrize("head", HTML.values(), ids=HTML.keys())
def test_c06_a_page_is_no_encrypted_segment(declared: str, head: bytes) -> None:
    """C06: also where anything else may pass."""
    assert check_first_bytes(declared, head, may_be_encrypted=True) is not None
    assert check_first_bytes("video/mp4", head, may_be_encrypted=True) is not None


def wav(tag: bytes, *, before: bytes = b"") -> bytes:
    return b"RIFF\0\x10\0\0WAVE" + before + b"fmt \x12\0\0\0" + tag + b"\1\0" + bytes(64)


MP3 = wav(b"\x55\0")


def test_c07_sound_in_riff_is_told_by_its_format_tag() -> None:
    """C07: MPEG audio, also behind other chunks and in the extensible header; PCM is a WAV."""
    extensible = b"\xfe\xff" + bytes(22) + b"\x55\0"
    notes = b"LIST\4\0\0\0INFObext\0\0\0\0"
    for head in (MP3, wav(b"\x50\0"), wav(b"\x55\0", before=notes), wav(extensible)):
        assert check_first_bytes("audio/mpeg", head) is None
        assert check_first_bytes("audio/wav", head) is None
    later = b"fmt \0\0\0\0\1\0fmt ....\x55\0"
    for head in (wav(b"\1\0"), wav(b"\3\0"), wav(b"\1\0", before=later)):
        assert check_first_bytes("audio/mpeg", head) is not None


PROSE = {
    "comment": b"<!-- lint disable -->\n# Title",
    "comment without end": b"<!-- " + b"licence " * 1000,
    "paragraph": b'<p align="center">\n  <img src="logo.png">\n</p>',
    "heading": b'<h1 align="center">Title</h1>',
    "picture": b'<img src="logo.svg" align="right" width="120">\n\n# Title',
    "link": b'<a href="https://example.com"><img src="x.png"></a>',
    "division": b"\xef\xbb\xbf\n<div align=center>\n\n# Title",
    "details": b"<details><summary>More</summary>",
    "line break": b"<br/>\n# Title",
    "address": b"<https://example.com/?a=1&onload=1> is it",
    "speaker": b"<alice> hello",
    "comment, then paragraph": b"<!-- a -->\n<!-- b -->\n<p align=left>",
}


@pytest.mark.parametrize("head", PROSE.values(), ids=PROSE.keys())
def test_c09_markdown_may_begin_with_markup(head: bytes) -> None:
    """C09: text/plain is never run, so fragments and comments are what READMEs begin with."""
    assert check_first_bytes("text/plain", head) is None
    assert check_first_bytes("text/markdown", head) is None
    # Nothing else is any the more lenient.
    assert check_first_bytes("text/vtt", head) is not None
    assert check_first_bytes("image/png", head) is not None


@pytest.mark.parametrize(
    "head",
    [
        b"<meta http-equiv=refresh content=0>",
        b"<p onclick=alert(1)>",
        b'<a href="javascript:alert(1)">',
        b"<!-- a --><?xml version='1.0'?><a/>",
        b'<x:html xmlns:x="http://www.w3.org/1999/xhtml">',
        b'<rss xmlns="x">',
        b"<?php echo 1 ?>",
        b"<iframe src=x>",
    ],
)
def test_t18_a_page_is_no_plain_text(head: bytes) -> None:
    """T18: what is a page or another document as a whole is refused as text, too."""
    assert check_first_bytes("text/plain", head) is not None


def test_brand_hevc_alone_may_be_a_film_or_a_picture() -> None:
    """HEIF's brand of image sequences is written into films as well: either name is taken."""
    head = b"\0\0\0\x14ftyphevc\0\0\0\0hevc" + bytes(16)
    for declared in ("video/mp4", "video/quicktime", "image/heic", "image/heif"):
        assert check_first_bytes(declared, head) is None
    assert check_first_bytes("image/png", head) is not None
    assert check_first_bytes("video/mp4", b"\0\0\0\x18ftyphevc\0\0\0\0mif1hevc") is not None


@pytest.mark.parametrize("declared", sorted(EXTENSIONS))
def test_t18_noise_is_taken_where_segments_may_be_encrypted_alone(declared: str) -> None:
    """T18: of 2,000 heads of random bytes, types that need no signature refuse next to none, and
    all others take next to none."""
    noise = random.Random(18)  # noqa: S311
    heads = [noise.randbytes(FIRST_BYTES) for _ in range(200)]
    heads += [head[:2] + noise.randbytes(62) for head in heads for _ in range(9)]
    taken = sum(check_first_bytes(declared, head) is None for head in heads)
    lenient = "?" in BY_TYPE[declared].starts
    assert taken >= len(heads) - 40 if lenient else taken <= 2
