"""File names: cleaned when people choose them, checked when a package brings them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import ValidationFailed
from app.domain.filenames import package_filename, safe_filename
from app.domain.paths import AssetPath
from app.domain.policy import served_type
from app.media.types import EXTENSIONS
from tests.domain.strategies import nasty_text

content_types = st.none() | st.sampled_from(sorted(EXTENSIONS))


@pytest.mark.parametrize(
    ("name", "content_type", "safe"),
    [
        ("clip.mp4", "video/mp4", "clip.mp4"),
        ("CLIP.MP4", "video/mp4", "CLIP.MP4"),
        ("photo.jpeg", "image/jpeg", "photo.jpeg"),
        ("photo", "image/jpeg", "photo.jpg"),
        ("photo.", "image/jpeg", "photo.jpg"),
        ("photo.png", "image/jpeg", "photo.jpg"),
        ("photo.html", "image/jpeg", "photo.jpg"),
        ("photo.html.jpg", "image/jpeg", "photo.html.jpg"),
        ("take v1.2", "video/mp4", "take v1.2.mp4"),
        ("Interview.Anna", "audio/mpeg", "Interview.Anna.mp3"),
        ("song.mp4", "audio/mp4", "song.mp4"),
        ("", "image/png", "file.png"),
        ("", None, "file"),
        (".png", "image/png", "file.png"),
        (".htaccess", None, "htaccess"),
        ("..", None, "file"),
        ("../../etc/passwd", None, "_.._etc_passwd"),
        ("C:\\fakepath\\clip.mp4", "video/mp4", "C:_fakepath_clip.mp4"),
        ("a%2Fb.png", "image/png", "a_2Fb.png"),
        ("100%.png", "image/png", "100%.png"),
        ("what?*.png", "image/png", "what__.png"),
        ("gpj\u202e.exe", "image/jpeg", "gpj_.jpg"),
        ("e\u0301te\u0301.png", "image/png", "été.png"),
        ("  a b .png", "image/png", "a b.png"),
        ("a\r\nb.png", "image/png", "a__b.png"),
        ("日本語", "video/webm", "日本語.webm"),
    ],
)
def test_a_name_is_made_safe(name: str, content_type: str | None, safe: str) -> None:
    """Unsafe characters become ``_``, leading dots go, the extension agrees with the type."""
    assert safe_filename(name, content_type=content_type) == safe


@pytest.mark.parametrize("character", ["a", "é", "日", "😀", "."])
def test_a_long_name_keeps_its_extension(character: str) -> None:
    """Names are cut to 200 bytes between characters, before the extension."""
    safe = safe_filename("x" + character * 5_000 + ".mp4", content_type="video/mp4")
    assert 195 <= len(safe.encode()) <= 200
    assert safe.endswith(".mp4")


@given(nasty_text | st.text(max_size=300), content_types)
def test_t12_a_safe_name_is_always_one_valid_segment(name: str, content_type: str | None) -> None:
    """T12: whatever the display name, the result is one segment that chooses no folder."""
    safe = safe_filename(name, content_type=content_type)
    assert AssetPath.parse(f"brand_kit/{safe}").segments == (safe,)
    assert not safe.startswith(".")
    assert len(safe.encode()) <= 200
    if content_type:
        assert safe.rpartition(".")[2].lower() in EXTENSIONS[content_type]
        assert served_type(safe) != "application/octet-stream"


@given(nasty_text | st.text(max_size=300), content_types)
def test_t12_making_safe_twice_changes_nothing(name: str, content_type: str | None) -> None:
    """T12: the name reported back can be sent again and stays, so one string is used throughout."""
    safe = safe_filename(name, content_type=content_type)
    assert safe_filename(safe, content_type=content_type) == safe


def test_a_package_name_is_split_and_kept() -> None:
    """A package's file keeps its folders, up to four segments."""
    assert package_filename("master.m3u8") == ("master.m3u8",)
    assert package_filename("v/720p/a/seg1.ts") == ("v", "720p", "a", "seg1.ts")


@pytest.mark.parametrize(
    "name", ["", "/a", "a/", "a//b", "../a", "a/./b", "a\\b", "a%2fb", "a/b/c/d/e", "a*", "e\u0301"]
)
def test_t12_a_package_name_is_refused_not_cleaned(name: str) -> None:
    """T12: other files of the package refer to the name, so a changed one would be a broken one."""
    with pytest.raises(ValidationFailed) as refusal:
        package_filename(name)
    assert refusal.value.errors[0].pointer == "/filename"
