"""The security page is true: every threat has a test that names it."""

from __future__ import annotations

from tests.security.threats import BEGIN, END, PAGE, THREATS, proofs, table


def test_every_threat_has_a_test() -> None:
    """No number without a test, and no test with a number that is no threat."""
    assert {number for number, _ in proofs()} == set(THREATS)


def test_the_page_shows_the_table() -> None:
    """`python -m tests.security.threats` mends it."""
    shown = PAGE.read_text().partition(BEGIN)[2].partition(END)[0]
    assert shown == table()
