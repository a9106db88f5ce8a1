"""Uploads, and their ids."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import NotFound
from app.domain.filenames import safe_filename
from app.domain.limits import (
    GIB,
    MAX_OBJECT_BYTES,
    MAX_PART_BYTES,
    MIN_PART_BYTES,
)
from app.domain.paths import AssetPath
from app.domain.uploads import ListedUpload, Method, Upload, upload_of
from app.media.types import EXTENSIONS
from app.signing.tokens import SignedTokens
from tests.domain.strategies import nasty_text, places, subs
from tests.domain.test_declarations import ASSET_ID, declared


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
