"""How much a user may have in work at once: T55."""

from __future__ import annotations

import pytest

from app.domain.errors import RateLimited
from app.limits.concurrency import InWork
from app.s3.bulkhead import PLACES


def test_t55_a_user_is_held_at_the_bound_and_others_are_not() -> None:
    """T55: one more is a 429 that says when to come again; what ends makes room."""
    in_work = InWork(2)
    in_work.enter("alice")
    in_work.enter("alice")
    with pytest.raises(RateLimited) as refused:
        in_work.enter("alice")
    assert refused.value.retry_after_seconds == 1
    in_work.enter("bob")
    in_work.leave("alice")
    in_work.enter("alice")


def test_t55_nobody_is_remembered_who_is_not_at_work() -> None:
    """T55: refusals do not count, and no name stays."""
    in_work = InWork(1)
    for number in range(100):
        in_work.enter(f"user {number}")
        with pytest.raises(RateLimited):
            in_work.enter(f"user {number}")
        in_work.leave(f"user {number}")
    assert not in_work._counts


def test_t55_one_user_leaves_places_before_the_store() -> None:
    """T55: half of them."""
    in_work = InWork()
    for _ in range(PLACES // 2):
        in_work.enter("alice")
    with pytest.raises(RateLimited):
        in_work.enter("alice")
