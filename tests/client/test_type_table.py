"""What is made from the table of types is made from the table as it is."""

from __future__ import annotations

from client.make_types import CLIENT, PAGE, client_types, page


def test_the_clients_table_is_current() -> None:
    """`python -m client.make_types` writes it."""
    assert CLIENT.read_text() == client_types()


def test_the_table_of_the_documentation_is_current() -> None:
    """docs/types.md shows every type that is taken, with all its names."""
    text = PAGE.read_text()
    assert text == page(text)
    assert "| `image/jpeg` | image, frame, brand kit | `.jpg`" in text
