"""Sizes cut into parts, and how much of them has arrived."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import TooLarge, UploadIncomplete, ValidationFailed
from app.domain.limits import (
    GIB,
    MAX_OBJECT_BYTES,
    MAX_PART_BYTES,
    MAX_PARTS,
    MIB,
    MIN_PART_BYTES,
)
from app.domain.parts import Part, PartPlan

TIB = 1024**4

object_sizes = st.one_of(
    st.integers(1, MAX_OBJECT_BYTES),
    st.integers(1, 10 * GIB),
    st.integers(0, 64).map(lambda less: MAX_OBJECT_BYTES - less),
    st.integers(-2, 2).map(lambda more: MAX_PARTS * 16 * MIB + more),
)
preferred_sizes = st.integers(MIN_PART_BYTES, MAX_PART_BYTES)
#: Plans of few parts, so that a test may walk all of them.
short_plans = st.builds(PartPlan, st.integers(1, 40 * MIN_PART_BYTES), st.just(MIN_PART_BYTES))


@given(object_sizes, preferred_sizes)
def test_any_size_fits_the_limits_of_s3(size: int, preferred: int) -> None:
    """1 to 10,000 parts of 5 MiB to 5 GiB, the last one smaller, and together exactly the size."""
    plan = PartPlan.of(size, preferred)
    assert preferred <= plan.part_size <= MAX_PART_BYTES
    assert 1 <= plan.count <= MAX_PARTS
    assert 1 <= plan.size_of(plan.count) <= plan.part_size
    assert (plan.count - 1) * plan.part_size + plan.size_of(plan.count) == size


@given(object_sizes, preferred_sizes)
def test_parts_grow_only_when_they_must(size: int, preferred: int) -> None:
    """The preferred size holds up to 1,000 parts; beyond, the next whole MiB that suffices, up to
    S3's largest part."""
    plan = PartPlan.of(size, preferred)
    if size <= 1000 * preferred:
        assert plan.part_size == preferred
    else:
        assert plan.part_size % MIB == 0
        assert 1000 * max(plan.part_size - MIB, preferred) < size
        assert plan.count <= 1000 or plan.part_size == MAX_PART_BYTES


def test_the_largest_object_is_48_8_tib() -> None:
    """10,000 parts of 5 GiB; a byte more is too large."""
    plan = PartPlan.of(MAX_OBJECT_BYTES, 16 * MIB)
    assert (plan.count, plan.part_size) == (MAX_PARTS, MAX_PART_BYTES)
    assert round(MAX_OBJECT_BYTES / TIB, 1) == 48.8
    with pytest.raises(TooLarge):
        PartPlan.of(MAX_OBJECT_BYTES + 1, 16 * MIB)


@given(short_plans, st.data())
def test_t23_progress_splits_the_plan_in_two(plan: PartPlan, data: st.DataObject) -> None:
    """T23: what fits the plan is uploaded, everything else of it is missing, and no more."""
    numbers = st.integers(1, plan.count + 3)
    held = data.draw(st.sets(numbers))
    wrong = data.draw(st.sets(numbers)) & held
    stored = [
        Part(number, max(plan.size_of(number), 0) + (number in wrong), f'"{number}"')
        for number in sorted(held)
    ]
    uploaded, missing = plan.progress(stored)
    assert [part.number for part in uploaded] == sorted(
        number for number in held - wrong if number <= plan.count
    )
    assert sorted(missing + [part.number for part in uploaded]) == [*range(1, plan.count + 1)]
    if missing:
        with pytest.raises(UploadIncomplete) as caught:
            plan.check_complete(stored)
        assert [fault.pointer for fault in caught.value.errors] == [
            f"/parts/{number}" for number in missing
        ]
    else:
        assert plan.check_complete(stored) == uploaded


def test_t23_ten_thousand_missing_parts_are_not_all_named() -> None:
    """The answer stays small: a hundred are named, and all are counted."""
    with pytest.raises(UploadIncomplete, match="10000 of 10000") as caught:
        PartPlan(MAX_PARTS * MIN_PART_BYTES, MIN_PART_BYTES).check_complete([])
    assert len(caught.value.errors) == 100


@pytest.mark.parametrize(
    ("numbers", "pointer"),
    [
        ([0], "/part_numbers/0"),
        ([1, 2, 4], "/part_numbers/2"),
        ([-1], "/part_numbers/0"),
        ([1, 10_001], "/part_numbers/1"),
        ([1, 2, 1], "/part_numbers"),
    ],
    ids=str,
)
def test_t23_numbers_outside_the_plan_or_twice_are_refused(
    numbers: list[int], pointer: str
) -> None:
    """T23: of three parts, 1 to 3 may be asked for, each once."""
    plan = PartPlan(2 * MIN_PART_BYTES + 1, MIN_PART_BYTES)
    plan.check_numbers([3, 1, 2])
    with pytest.raises(ValidationFailed) as caught:
        plan.check_numbers(numbers)
    assert caught.value.errors[0].pointer == pointer
