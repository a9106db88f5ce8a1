"""Cursors go on with the listing that they were given for, and with no other (T13, T15)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app import create_app
from app.api.context import services
from app.api.cursors import open_cursor, sign_cursor
from app.domain.errors import NotFound
from config import Settings
from tests.domain.strategies import nasty_text, subs
from tests.gateway import gateway_environment
from tests.stores.store import Store

NOWHERE = Store("nowhere", "http://127.0.0.1:9", "eu-central-1", "key", "secret", frozenset())
listings = st.builds("users/{}/{}".format, subs, st.text(max_size=30))
tokens = st.text(min_size=1, max_size=200)
within = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def app() -> Flask:
    return create_app(Settings.from_env(gateway_environment(NOWHERE, "bucket")))


@pytest.fixture(autouse=True)
def context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


@within
@given(listings, tokens)
def test_a_cursor_brings_back_the_storages_own_token(listing: str, token: str) -> None:
    """Whatever the storage calls its place, it gets the same text again."""
    cursor = sign_cursor(token, listing)
    assert cursor is not None
    assert open_cursor(cursor, listing) == token


@within
@given(listings, listings, tokens)
def test_t13_a_cursor_of_another_listing_is_not_found(one: str, other: str, token: str) -> None:
    """T13: neither another user's cursor nor one of other filters goes on here."""
    assume(one != other)
    with pytest.raises(NotFound):
        open_cursor(sign_cursor(token, one), other)


@within
@given(st.integers(0, 200), st.integers(0, 30), st.text(max_size=8))
def test_t15_no_edit_of_a_cursor_goes_on(at: int, removed: int, put: str) -> None:
    """T15: a stretch replaced, cut out, put in: 404."""
    listing = "users/alice/video/"
    cursor = sign_cursor("1/0199aaaa", listing) or ""
    edited = cursor[:at] + put + cursor[at + removed :]
    assume(edited != cursor)
    with pytest.raises(NotFound):
        open_cursor(edited, listing)


@within
@given(nasty_text | st.text(max_size=300))
def test_t15_no_text_is_a_cursor(text: str) -> None:
    """T15: whatever else is sent is a 404, never another error."""
    with pytest.raises(NotFound):
        open_cursor(text, "users/alice/")


def test_t15_other_seals_are_no_cursors() -> None:
    """T15: what one secret sealed for another purpose goes on nowhere, even with the same facts."""
    for seals in (
        services.signing.upload_ids,
        services.signing.share_tokens,
        services.signing.uppy_ids,
    ):
        with pytest.raises(NotFound):
            open_cursor(seals.sign({"listing": "users/alice/", "token": "token"}), "users/alice/")


def test_the_end_has_no_cursor() -> None:
    """No further page, no cursor; and without a cursor a listing begins at its beginning."""
    assert sign_cursor(None, "users/alice/") is None
    assert open_cursor(None, "users/alice/") is None
