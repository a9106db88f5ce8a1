"""What was deleted, page by page: against a plain model, whatever changes meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from app.assets.deleted import MAX_CALLS, DeletedObject, Deletions
from tests.assets.memory_versions import MemoryVersions

ROOT = "users/alice/"
KEYS = [f"{ROOT}image/{name}" for name in ("a", "a.b", "a/b", "b", "c d", "é", "z")]
OTHERS = ["users/alice2/image/a", "users/alic/image/a"]
DEEDS = {
    "put": MemoryVersions.put,
    "hide": MemoryVersions.hide,
    "uncover": MemoryVersions.uncover,
    "erase": MemoryVersions.erase,
}
deeds = st.lists(
    st.tuples(
        st.sampled_from(["put", "put", "hide", "hide", "hide", "uncover", "erase"]),
        st.sampled_from([*KEYS, *KEYS, *OTHERS]),
    ),
    max_size=40,
)
buckets = st.builds(
    lambda most, apart, done: changed(MemoryVersions(most, apart=apart), done),
    st.integers(1, 6),
    st.booleans(),
    deeds,
)


def changed(bucket: MemoryVersions, done: list[tuple[str, str]]) -> MemoryVersions:
    for deed, key in done:
        DEEDS[deed](bucket, key)
    return bucket


def pages(
    bucket: MemoryVersions, limit: int, matches: Callable[[str], bool] = lambda _: True
) -> Iterator[list[DeletedObject]]:
    """All pages, each within its calls; states go through JSON as they do in cursors."""
    state = None
    for _ in range(500):
        bucket.calls = 0
        found, state = Deletions(bucket).page(ROOT, matches, limit=limit, state=state)
        assert bucket.calls <= MAX_CALLS
        assert len(found) <= limit
        assert found == sorted(found, key=lambda each: each.deleted_at, reverse=True)
        yield found
        if state is None:
            return
        state = json.loads(json.dumps(state))
    raise AssertionError("the pages do not end")


def mine(bucket: MemoryVersions) -> dict[str, tuple[str, object]]:
    return {key: facts for key, facts in bucket.deleted().items() if key.startswith(ROOT)}


@settings(max_examples=200, deadline=None)
@given(buckets, st.integers(1, 5))
def test_t15_pages_of_deletions_are_all_that_can_be_restored(
    bucket: MemoryVersions, limit: int
) -> None:
    """T15: each key once, with the version that comes back and the time at which it was deleted."""
    found = [each for page in pages(bucket, limit) for each in page]
    listed = {each.version.key: (each.version_id, each.deleted_at) for each in found}
    assert listed == mine(bucket)
    assert len(listed) == len(found)


@settings(max_examples=200, deadline=None)
@given(buckets, st.integers(1, 3), st.lists(deeds.map(lambda done: done[:4]), max_size=12))
def test_t15_changes_between_pages_of_deletions_repeat_and_lose_nothing(
    bucket: MemoryVersions, limit: int, later: list[list[tuple[str, str]]]
) -> None:
    """T15: nothing twice; all that stood deleted throughout, as it was; nothing that never was."""
    stood, ever = mine(bucket), {*mine(bucket)}
    found, changes = [], iter(later)
    for page in pages(bucket, limit):
        found += page
        changed(bucket, next(changes, []))
        now = mine(bucket)
        ever |= now.keys()
        stood = {key: facts for key, facts in stood.items() if now.get(key) == facts}
    listed = {each.version.key: (each.version_id, each.deleted_at) for each in found}
    assert len(listed) == len(found)
    assert {key: facts for key, facts in listed.items() if key in stood} == stood
    assert listed.keys() <= ever


@settings(max_examples=50, deadline=None)
@given(buckets, st.integers(1, 5))
def test_only_what_matches_is_listed(bucket: MemoryVersions, limit: int) -> None:
    """However rare it is."""
    found = [each for page in pages(bucket, limit, lambda key: "b" in key) for each in page]
    assert {each.version.key for each in found} == {key for key in mine(bucket) if "b" in key}


def test_t15_a_call_looks_at_a_bounded_number_of_versions() -> None:
    """T15: where nothing was deleted, too, and where one key has more than a call looks at."""
    most = 10
    bucket = MemoryVersions(most)
    often, last = f"{ROOT}image/often", f"{ROOT}video/z"
    changed(bucket, [("put", often), *[("hide", often)] * (MAX_CALLS * most)])
    changed(bucket, [("put", f"{ROOT}video/{number:03}") for number in range(2 * MAX_CALLS * most)])
    changed(bucket, [("put", last), ("hide", last)])
    assert [len(page) for page in pages(bucket, 100)] == [0, 1, 0, 1]
