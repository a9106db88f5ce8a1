"""Metadata: what the user wrote comes back, whatever travelled in between."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import ValidationFailed
from app.domain.limits import MAX_METADATA_BYTES
from app.domain.metadata import MARK, decode_metadata, encode_metadata
from tests.domain.strategies import nasty_text

names = st.from_regex(r"[a-z0-9-]{1,64}", fullmatch=True).filter(lambda name: name != MARK)
#: What a JSON body can bring: half a surrogate pair is refused by the schema.
texts = (nasty_text | st.text()).map(lambda text: text.encode("utf-8", "ignore").decode())


@given(st.dictionaries(names, texts, max_size=6))
def test_metadata_comes_back_as_it_went_in(metadata: dict[str, str]) -> None:
    """Any text survives headers that carry printable ASCII, or all of it is refused as too long."""
    try:
        stored = encode_metadata(metadata, "mark")
    except ValidationFailed as refusal:
        assert refusal.errors[0].pointer == "/metadata"
        # Of a character, four bytes at most, each three characters long.
        most = sum(len(name) + 12 * len(text) for name, text in metadata.items())
        assert most > MAX_METADATA_BYTES - len(MARK + "mark")
        return
    assert decode_metadata(stored) == metadata
    assert stored[MARK] == "mark"
    for name, value in stored.items():
        # A header with blanks at its ends, or several in a row, would be signed as another.
        assert value.isascii() and value.isprintable() and " " not in value, name
    assert sum(len(name) + len(value) for name, value in stored.items()) <= MAX_METADATA_BYTES


@pytest.mark.parametrize("value", ["=?UTF-8?B?YWJj?=", "=?iso-8859-1?q?=41?=", "a =?x?= b"])
def test_t65_no_store_is_shown_a_word_that_it_would_decode(value: str) -> None:
    """C12, T65: what RFC 2047 decodes holds question marks, which are encoded and counted so."""
    stored = encode_metadata({"title": value}, "mark")
    assert "?" not in stored["title"]
    assert decode_metadata(stored) == {"title": value}
    with pytest.raises(ValidationFailed):
        encode_metadata({"title": "?" * 700}, "mark")


def test_what_was_stored_before_still_decodes() -> None:
    """Question marks used to be stored as they are."""
    assert decode_metadata({"title": "who? =?x?=", MARK: "m"}) == {"title": "who? =?x?="}


@given(st.text())
def test_a_name_is_a_header_or_a_fault(name: str) -> None:
    """Only what S3 takes as the name of a header, and never the mark's own."""
    try:
        stored = encode_metadata({name: "x"}, "mark")
    except ValidationFailed:
        return
    assert set(stored) == {name, MARK}
    assert name.isascii() and name == name.lower() and name.replace("-", "a").isalnum()


@pytest.mark.parametrize("name", ["", "A", "a_b", "a b", "a\n", "ü", "a" * 65, MARK])
def test_odd_and_reserved_names_are_refused(name: str) -> None:
    """A 422 at the metadata, before anything is signed."""
    with pytest.raises(ValidationFailed):
        encode_metadata({name: "x"}, "mark")


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=3))
def test_what_others_stored_is_shown_or_read_but_never_fails(stored: dict[str, str]) -> None:
    """Without a mark, values are the back end's own and stay; with one, any text decodes."""
    plain = {name: value for name, value in stored.items() if name != MARK}
    assert decode_metadata(plain) == plain
    assert decode_metadata(plain | {MARK: "m"}).keys() == plain.keys()
