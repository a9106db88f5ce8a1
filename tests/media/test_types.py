"""The page about types shows the table as it is."""

from __future__ import annotations

from tests.media.types_page import PAGE, page


def test_the_table_of_the_documentation_is_current() -> None:
    """``docs/types.md`` has every type that is taken, with all its names."""
    text = PAGE.read_text()
    assert text == page(text), "python -m tests.media.types_page"
    assert "| `image/jpeg` | image, frame, brand kit | `.jpg`" in text
