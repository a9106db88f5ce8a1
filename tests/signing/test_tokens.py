"""Sealed text is believed only whole, in time, for its purpose and by our own secrets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import NotFound
from app.signing.tokens import SignedTokens

SECRET, FORMER = "s" * 32, "f" * 32
SEALS = SignedTokens([SECRET], "upload", 60)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(json_values)
def test_what_was_sealed_is_opened(payload: object) -> None:
    """Any JSON comes back, from text that is safe in a URL's path."""
    sealed = SEALS.sign(payload)
    assert SEALS.verify(sealed) == payload
    assert all(character.isalnum() or character in "-_." for character in sealed)


def test_t22_the_last_character_has_one_spelling() -> None:
    """T22: base64 leaves the last character two bits that mean nothing; only ours are taken."""
    sealed = SEALS.sign(["alice", "image/a.png"])
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for character in alphabet.replace(sealed[-1], ""):
        with pytest.raises(NotFound):
            SEALS.verify(sealed[:-1] + character)


@given(st.data())
def test_t22_a_changed_seal_is_not_opened(data: st.DataObject) -> None:
    """T22: one character changed, dropped or added anywhere: 404."""
    sealed = SEALS.sign(["alice", "image/a.png"])
    at = data.draw(st.integers(0, len(sealed) - 1))
    character = data.draw(st.sampled_from("ABCxyz019-_.") | st.characters())
    changed = data.draw(
        st.sampled_from(
            [
                sealed[:at] + character + sealed[at + 1 :],
                sealed[:at] + sealed[at + 1 :],
                sealed[:at] + character + sealed[at:],
            ]
        )
    )
    if changed != sealed:
        with pytest.raises(NotFound):
            SEALS.verify(changed)


@pytest.mark.parametrize("junk", ["!", "[[[[", "=", "\0", " ", "\n", "ü"])
@pytest.mark.parametrize("at", [1, 20, -50, -20, -1], ids=str)
def test_t22_a_seal_holds_base64_alone(junk: str, at: int) -> None:
    """T22: characters that a base64 decoder passes over make another text, which is a 404."""
    sealed = SEALS.sign(["alice", "image/a.png"])
    for changed in (sealed[:at] + junk + sealed[at:], junk + sealed, sealed + junk):
        with pytest.raises(NotFound):
            SEALS.verify(changed)


@given(st.integers(0, 400), st.integers(0, 40), st.text(max_size=12))
def test_t22_no_edit_of_a_seal_is_opened(at: int, removed: int, put: str) -> None:
    """T22: any stretch of it replaced by any text: 404."""
    sealed = SEALS.sign(["alice", "image/a.png"])
    changed = sealed[:at] + put + sealed[at + removed :]
    if changed != sealed:
        with pytest.raises(NotFound):
            SEALS.verify(changed)


@given(st.text(max_size=200))
def test_t22_no_text_breaks_the_seal(text: str) -> None:
    """T22: whatever is sent instead of a seal is a 404, never another exception."""
    with pytest.raises(NotFound):
        SEALS.verify(text)


def test_t22_old_seals_are_not_opened() -> None:
    """T22: past its age, also when it was opened before."""
    aged = SignedTokens([SECRET], "upload", -1)
    sealed = aged.sign("x")
    for _ in range(2):
        with pytest.raises(NotFound):
            aged.verify(sealed)


def test_t22_a_seal_serves_one_purpose() -> None:
    """T22: a cursor is no upload id, though one secret signs both."""
    with pytest.raises(NotFound):
        SignedTokens([SECRET], "cursor", 60).verify(SEALS.sign("x"))


def test_t22_secrets_rotate() -> None:
    """T22: seals of a former secret open while it is a fallback, and no longer after."""
    sealed = SignedTokens([FORMER], "upload", 60).sign("x")
    rotated = SignedTokens([SECRET, FORMER], "upload", 60)
    assert rotated.verify(sealed) == "x"
    assert SEALS.verify(rotated.sign("y")) == "y"
    with pytest.raises(NotFound):
        SEALS.verify(sealed)
