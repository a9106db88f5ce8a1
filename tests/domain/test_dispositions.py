"""Content-Disposition: whatever the name, one well-formed header value."""

from __future__ import annotations

import re
from email.message import EmailMessage, Message
from typing import Literal
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from app.domain.dispositions import content_disposition
from app.domain.filenames import safe_filename
from tests.domain.strategies import nasty_text

#: RFC 6266 §4.1 with a quoted-string that needs no escapes, and RFC 8187 §3.2.1.
GRAMMAR = re.compile(
    r"(inline|attachment); filename=\"([^\"\\%\x00-\x1f\x7f-\U0010ffff]+)\""
    r"(?:; filename\*=UTF-8''((?:[A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-F]{2})+))?"
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("clip.mp4", 'attachment; filename="clip.mp4"'),
        ("my clip (1).mp4", 'attachment; filename="my clip (1).mp4"'),
        ('a"b.mp4', "attachment; filename=\"a_b.mp4\"; filename*=UTF-8''a%22b.mp4"),
        ("a;b.mp4", 'attachment; filename="a;b.mp4"'),
        ('a.mp4"; x="y', "attachment; filename=\"a.mp4_; x=_y\"; "
         "filename*=UTF-8''a.mp4%22%3B%20x%3D%22y"),
        ("a\\b.mp4", 'attachment; filename="a_b.mp4"'),
        ("a\r\nSet-Cookie: x", "attachment; filename=\"a__Set-Cookie_ x\"; "
         "filename*=UTF-8''a__Set-Cookie%3A%20x"),
        ("100%.mp4", "attachment; filename=\"100_.mp4\"; filename*=UTF-8''100%25.mp4"),
        ("été.mp4", "attachment; filename=\"ete.mp4\"; filename*=UTF-8''%C3%A9t%C3%A9.mp4"),
        ("😀.mp4", "attachment; filename=\"file.mp4\"; filename*=UTF-8''%F0%9F%98%80.mp4"),
        ("\u00b8", "attachment; filename=\"file\"; filename*=UTF-8''%C2%B8"),
        ("日..", "attachment; filename=\"file.\"; filename*=UTF-8''%E6%97%A5.."),
        ("a¨", "attachment; filename=\"a\"; filename*=UTF-8''a%C2%A8"),
        ("日本", "attachment; filename=\"file\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC"),
    ],
)  # fmt: skip
def test_t32_names_keep_their_shape(name: str, value: str) -> None:
    """T32: quotes, ``;``, ``\\``, line breaks, percent and emoji come out as RFC 6266 has it."""
    assert content_disposition("attachment", name) == value


@given(st.sampled_from(["inline", "attachment"]), nasty_text | st.text(max_size=400))
def test_t32_every_value_is_one_ascii_header(
    mode: Literal["inline", "attachment"], name: str
) -> None:
    """T32: the value follows the grammar, and what a browser reads from it is the safe name."""
    value = content_disposition(mode, name)
    match = GRAMMAR.fullmatch(value)
    assert match is not None
    assert match[1] == mode
    extended = unquote(match[3], errors="strict") if match[3] else match[2]
    assert extended == safe_filename(name)
    header = Message()
    header["Content-Disposition"] = value
    assert header.get_content_disposition() == mode


@given(nasty_text | st.text(max_size=100))
def test_t32_other_parsers_read_the_safe_name(name: str) -> None:
    """T32: Werkzeug's reads the name itself, the standard library's a name of one segment."""
    value = content_disposition("attachment", name)
    assert parse_options_header(value) == ("attachment", {"filename": safe_filename(name)})
    message = EmailMessage()
    message["Content-Disposition"] = value
    assert message.get_content_disposition() == "attachment"
    assert (message.get_filename() or "").strip() not in ("", ".", "..")
    assert "/" not in (message.get_filename() or "")
    assert len(message.items()) == 1


@pytest.mark.parametrize("character", ["a", "é", "日", "😀", '"', "\r\n", "%41"])
def test_t32_a_five_kilobyte_name_makes_a_short_header(character: str) -> None:
    """T32: an endless name is cut, its extension kept, so that the signed URL stays short."""
    value = content_disposition("inline", character * 5_000 + ".mp4")
    assert len(value) < 900
    assert value.endswith((".mp4", '.mp4"'))
