"""What is declared, and the upload that comes of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.declarations import Declaration, PartSizes, declare_upload
from app.domain.errors import Problem, TooLarge, ValidationFailed
from app.domain.kinds import Kind
from app.domain.limits import (
    MAX_OBJECT_BYTES,
    MAX_SINGLE_BYTES,
    MIB,
    MIN_PART_BYTES,
)
from app.domain.paths import Root
from app.domain.uploads import Method, Upload

ASSET_ID = "0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee"
TIB = 1024**4
SIZES = PartSizes(64 * MIB, 16 * MIB)


def declared(**changes: Any) -> Upload:
    facts: dict[str, Any] = {"filename": "a.mp4", "content_type": "video/mp4", "size": 10}
    return declare_upload(
        Declaration(**facts | changes),
        Root("alice"),
        asset_id=ASSET_ID,
        mark="mark",
        max_bytes=dict.fromkeys(Kind, 100 * TIB),
        part_sizes=SIZES,
    )


@pytest.mark.parametrize(
    ("wanted", "size", "method"),
    [
        (None, 64 * MIB, Method.PUT),
        (None, 64 * MIB + 1, Method.MULTIPART),
        (Method.PUT, MAX_SINGLE_BYTES, Method.PUT),
        (Method.POST, MAX_SINGLE_BYTES, Method.POST),
        (Method.MULTIPART, 1, Method.MULTIPART),
        (Method.MULTIPART, MAX_OBJECT_BYTES, Method.MULTIPART),
        (Method.PUT, MAX_SINGLE_BYTES + 1, TooLarge),
        (Method.POST, MAX_SINGLE_BYTES + 1, TooLarge),
        (None, MAX_OBJECT_BYTES + 1, TooLarge),
    ],
)
def test_the_method_follows_from_the_size(
    wanted: Method | None, size: int, method: Method | type[Problem]
) -> None:
    """`auto` cuts above the threshold; one request carries 5 GiB, parts 48.8 TiB."""
    if isinstance(method, Method):
        upload = declared(method=wanted, size=size)
        assert upload.method is method
        assert (upload.plan is not None) == (method is Method.MULTIPART)
    else:
        with pytest.raises(method):
            declared(method=wanted, size=size)


def test_a_multipart_upload_has_no_checksum_of_the_whole() -> None:
    """S3 keeps none, so a declared one is refused rather than dropped."""
    for method, size in ((Method.MULTIPART, 10), (None, 65 * MIB)):
        with pytest.raises(ValidationFailed) as caught:
            declared(method=method, size=size, checksum_sha256="A" * 43 + "=")
        assert caught.value.errors[0].pointer == "/checksum_sha256"


@given(
    size=st.integers(1, 50 * TIB // 1024),
    wanted=st.integers(MIN_PART_BYTES, SIZES.preferred),
)
def test_parts_are_as_small_as_was_asked_for(size: int, wanted: int) -> None:
    """As long as a thousand do; then they grow, as without a wish."""
    plan = declared(method=Method.MULTIPART, size=size, part_size=wanted).plan
    assert plan
    assert plan.part_size == wanted or (plan.part_size > wanted and size > 1000 * wanted)
    assert plan.count <= 1000


@pytest.mark.parametrize("wanted", [-1, 0, 1, MIN_PART_BYTES - 1, SIZES.preferred + 1])
def test_a_part_size_out_of_bounds_is_refused(wanted: int) -> None:
    """Of S3 and of the settings, whatever the method."""
    for method in (None, Method.PUT, Method.MULTIPART):
        with pytest.raises(ValidationFailed) as refused:
            declared(method=method, part_size=wanted)
        assert refused.value.errors[0].pointer == "/part_size"
