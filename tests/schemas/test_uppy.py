"""What Uppy may send: a file, numbers, or a 422; never another error."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError

from app.domain.errors import Problem
from app.domain.limits import MAX_PARTS, MAX_SINGLE_BYTES
from app.domain.paths import Root
from app.domain.policy import RULES
from app.domain.uploads import Method
from app.domain.uppy import UppyFile, declare_for_uppy
from app.schemas.uppy import BatchQuerySchema, CompleteSchema
from app.schemas.uppy_files import SingleQuerySchema, UppyFileSchema
from app.schemas.uppy_sign import SignSchema
from tests.domain.strategies import nasty_text

ROOT = Root("alice")
LIMITS = {kind: rule.default_max_bytes for kind, rule in RULES.items()}
ASSET_ID = "0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee"

texts = nasty_text | st.text(max_size=12) | st.sampled_from(["image/png", "video", "p1", "71", "0"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
members = st.sampled_from(["size", "kind", "project_id", "title", "upload", "name", "Ü", ""])


def load(schema: Schema, given_: Any) -> Any:
    """What the schema makes of it; None for a refusal."""
    try:
        return schema.load(given_)
    except ValidationError:
        return None


def check_file(file: UppyFile) -> None:
    """Each way of uploading it: an upload in the caller's own folders, or a problem."""
    for method in Method:
        try:
            upload = declare_for_uppy(
                file, ROOT, method=method, asset_id=ASSET_ID, mark="mark", max_bytes=LIMITS
            )
        except Problem:
            continue
        assert ROOT.path_of(ROOT.key(upload.path)).asset_id == ASSET_ID
        assert upload.content_type in RULES[upload.path.kind].content_types
        assert 1 <= upload.size <= LIMITS[upload.path.kind]
        assert method is Method.MULTIPART or upload.size <= MAX_SINGLE_BYTES


@given(
    st.fixed_dictionaries(
        {"filename": texts},
        optional={
            "type": json_values,
            "metadata": st.dictionaries(members, json_values) | json_values,
            "other": json_values,
        },
    )
)
def test_any_file_is_placed_or_refused(body: dict[str, Any]) -> None:
    """Whatever a page puts into ``file.meta``, of whatever type."""
    loaded = load(UppyFileSchema(), body)
    if loaded is not None:
        check_file(loaded)


@given(
    st.fixed_dictionaries({"filename": texts}, optional={"type": texts}),
    st.dictionaries(st.builds("metadata[{}]".format, members | texts) | texts, texts),
)
def test_any_query_is_placed_or_refused(named: dict[str, str], meta: dict[str, str]) -> None:
    """The same in a query string, brackets or not."""
    loaded = load(SingleQuerySchema(), meta | named)
    if loaded is not None:
        check_file(loaded)


@given(texts | st.from_regex(r"[0-9]{1,6}(,[0-9]{1,6}){0,3}", fullmatch=True))
def test_part_numbers_are_numbers_of_parts(text: str) -> None:
    """Of 1 to 10,000, spelt plainly; anything else is refused."""
    loaded = load(BatchQuerySchema(), {"key": "k", "partNumbers": text})
    if loaded is not None:
        assert ",".join(map(str, loaded.numbers)) == text
        assert all(1 <= number <= MAX_PARTS for number in loaded.numbers)


@given(
    st.lists(
        st.fixed_dictionaries(
            {"PartNumber": json_values | st.integers(-1, 10_001)}, optional={"ETag": json_values}
        )
    )
    | json_values
)
def test_completed_parts_are_named_once_each(parts: Any) -> None:
    """Numbers of parts without repetition, whatever stands where an ETag should."""
    loaded = load(CompleteSchema(), {"parts": parts})
    if loaded is not None:
        numbers = loaded
        assert numbers == [part["PartNumber"] for part in parts]
        assert len({*numbers}) == len(numbers) > 0
        assert all(type(number) is int and 1 <= number <= MAX_PARTS for number in numbers)


@given(
    st.fixed_dictionaries(
        {"method": st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD"]), "key": texts},
        optional={
            name: json_values for name in ("contentType", "uploadId", "partNumber", "expiresIn")
        },
    )
)
def test_any_request_to_sign_is_placed_or_refused(body: dict[str, Any]) -> None:
    """``signRequest`` hands on what it has: a key chooses a place of the caller's, or none."""
    loaded = load(SignSchema(), body)
    if loaded is None:
        return
    try:
        file = UppyFile.at(loaded.key, ROOT, loaded.content_type or "")
    except Problem:
        return
    check_file(file)
