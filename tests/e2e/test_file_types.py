"""What a real browser calls files of each extension (``File.type``), and what that means here."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

from app.media.names import canonical_name
from app.media.types import EXTENSIONS

KINDS = ("image", "video", "audio", "brand_kit")
ALL = sorted({extension for extensions in EXTENSIONS.values() for extension in extensions})


def test_c02_every_file_is_taken_for_what_its_extension_says(
    browser: Browser, tmp_path: Path
) -> None:
    """C02: Chromium's own table and the system's under it, in small letters and capitals."""
    files = [tmp_path / f"a.{each}" for name in ALL for each in (name, name.upper())]
    for file in files:
        file.write_bytes(b"x")
    tab = browser.new_page()
    tab.set_content("<input type=file multiple>")
    tab.set_input_files("input", files)
    told: dict[str, str] = tab.eval_on_selector(
        "input", "input => Object.fromEntries([...input.files].map(f => [f.name, f.type]))"
    )
    tab.close()
    assert len(told) == len(files)
    taken = {name: canonical_name(declared, name, KINDS) for name, declared in told.items()}
    wrong = {
        name: (told[name], content_type)
        for name, content_type in taken.items()
        if content_type is None or name[2:].lower() not in EXTENSIONS[content_type]
    }
    assert wrong == {}
