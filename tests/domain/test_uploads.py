"""Declared uploads, and their ids."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import NotFound, Problem, TooLarge, ValidationFailed
from app.domain.limits import (
    GIB,
    MAX_OBJECT_BYTES,
    MAX_PART_BYTES,
    MAX_SINGLE_BYTES,
    MIB,
    MIN_PART_BYTES,
)
from app.domain.paths import AssetPath, Kind, Root, safe_filename
from app.domain.uploads import (
    Declaration,
    ListedUpload,
    Method,
    PartSizes,
    Upload,
    declare_upload,
    upload_of,
)
from app.media.types import EXTENSIONS
from app.signing.tokens import SignedTokens
from tests.domain.strategies import nasty_text, places, subs

TIB = 1024**4
ASSET_ID = "0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee"
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


@pytest.mark.parametrize(
    "upload",
    [
        declared(),
        declared(method=Method.MULTIPART, size=99 * GIB, metadata={"title": "ü"}),
        ListedUpload("alice", AssetPath.parse(f"video/{ASSET_ID}/a.mp4"), "s3-id"),
    ],
    ids=["put", "multipart", "listed"],
)
def test_t13_claims_bring_the_upload_back_to_its_owner_alone(
    upload: Upload | ListedUpload,
) -> None:
    """T13: every fact survives the upload id, and another user finds nothing in it."""
    assert upload_of(upload.to_claims(), sub="alice") == upload
    with pytest.raises(NotFound):
        upload_of(upload.to_claims(), sub="bob")


SEALS = {purpose: SignedTokens(["s" * 32], purpose, 60) for purpose in ("upload", "uppy", "cursor")}
paths = st.builds(
    lambda place, name: AssetPath.parse(place + safe_filename(name)), places, nasty_text
)
uploads = st.builds(
    Upload,
    subs,
    paths,
    st.sampled_from(Method),
    st.text("abcXYZ019-_", min_size=1, max_size=30),
    st.sampled_from(sorted(EXTENSIONS)),
    st.integers(1, MAX_OBJECT_BYTES),
    st.none() | st.just("A" * 43 + "="),
    st.dictionaries(st.from_regex(r"[a-z0-9-]{1,9}", fullmatch=True), st.text(max_size=30)),
    st.none() | st.text(max_size=60),
    st.none() | st.integers(MIN_PART_BYTES, MAX_PART_BYTES),
) | st.builds(ListedUpload, subs, paths, st.text(max_size=60))


@given(uploads, subs, st.sampled_from(["uppy", "cursor"]))
def test_t22_an_upload_id_serves_its_owner_and_its_purpose(
    upload: Upload | ListedUpload, sub: str, purpose: str
) -> None:
    """T22: any upload's facts come back from its id, to nobody else and for nothing else."""
    upload_id = SEALS["upload"].sign(upload.to_claims())
    assert upload_of(SEALS["upload"].verify(upload_id), sub=upload.sub) == upload
    if sub != upload.sub:
        with pytest.raises(NotFound):
            upload_of(SEALS["upload"].verify(upload_id), sub=sub)
    with pytest.raises(NotFound):
        SEALS[purpose].verify(upload_id)


@given(uploads, st.data())
def test_t22_no_edit_of_an_upload_id_is_opened(
    upload: Upload | ListedUpload, data: st.DataObject
) -> None:
    """T22: cut short anywhere, or a stretch of it replaced by any text: 404."""
    upload_id = SEALS["upload"].sign(upload.to_claims())
    at = data.draw(st.integers(0, len(upload_id)))
    removed, put = data.draw(st.integers(0, 40)), data.draw(st.text(max_size=8))
    for edited in (upload_id[:at], upload_id[:at] + put + upload_id[at + removed :]):
        if edited != upload_id:
            with pytest.raises(NotFound):
                SEALS["upload"].verify(edited)


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
