"""Newest first: against a plain sort, however assets lie in time and whatever changes meanwhile."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.assets.newest import Newest
from app.assets.newest_cursor import Place
from app.assets.scan import MAX_CALLS, Line
from app.domain.asset_ids import END, number_of
from tests.assets.memory_bucket import MemoryBucket, asset_id, newest_first

ROOT = "users/alice/"
FOLDERS = [f"{ROOT}{kind}/" for kind in ("audio", "brand_kit", "image", "video")]
NOW = 1_780_000_000_000
MINUTE, DAY = 60_000, 86_400_000
YEAR = 365 * DAY

# Bursts, steady uploads and silence, at every scale from one millisecond to decades.
moments = st.builds(
    lambda back, exponent: NOW - back * 2**exponent, st.integers(0, 9), st.integers(0, 36)
)
ids = st.builds(asset_id, moments, st.integers(0, 3) | st.integers(0, 2**74 - 1))
other_ids = st.sampled_from(
    [
        "0198F0A0-0000-7000-8000-000000000000",
        "0198f0a0-0000-4000-8000-000000000000",
        "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    ]
)
names = st.sampled_from(["a.png", "b.png", "master.m3u8", "s1.ts", "s2.ts", "x/s3.ts", "~"])
files = st.builds("{}/{}".format, ids | other_ids, names)
plain_names = st.sampled_from(
    ["!a.png", "0198.png", "0zebra.png", "1", "A.png", "clip.mp4", "0198f0/x.png"]
)
keys = st.builds("{}{}".format, st.sampled_from(FOLDERS), files | files | files | plain_names)
buckets = st.builds(
    # Some ids have many files.
    lambda keys, long: {*keys, *(f"{key}.{n}" for key in long for n in range(12))},
    st.lists(keys, max_size=40),
    st.lists(keys, max_size=3),
)


RANDOM = random.Random(7)  # noqa: S311


def place(floor: int = 0, ceiling: int = END) -> Place:
    whole = (floor, ceiling) == (0, END)
    return Place(FOLDERS, floor, ceiling, whole, NOW << 80)


def pages(
    bucket: MemoryBucket,
    limit: int,
    where: Place | None = None,
    matches: Callable[[str], bool] = lambda _: True,
    *,
    filtered: bool = False,
    grouped: bool = False,
) -> Iterator[list[Line]]:
    """All pages, each within its calls; states go through JSON as they do in cursors."""
    newest = Newest(bucket, ROOT, where or place(), matches, filtered, grouped)
    state = None
    for _ in range(4000):
        bucket.calls = 0
        lines, state = newest.page(limit, state)
        assert bucket.calls <= MAX_CALLS
        assert len(lines) <= limit
        yield lines
        if state is None:
            return
        state = json.loads(json.dumps(state))
    raise AssertionError("the pages do not end")


def listed(found: Iterator[list[Line]]) -> list[str]:
    return [line.found.key for page in found for line in page]


@settings(max_examples=100, deadline=None)
@given(buckets, st.integers(1, 9), st.integers(2, 12))
def test_t15_pages_together_are_a_plain_sort(keys: set[str], limit: int, most: int) -> None:
    """T15: each asset once, in order, whatever the sizes of pages and of the store's answers."""
    assert listed(pages(MemoryBucket(keys, most), limit)) == newest_first(keys, FOLDERS)


DAILY = {f"{FOLDERS[0]}{asset_id(NOW - day * DAY, 0)}/a.png" for day in range(60)}


@settings(max_examples=100, deadline=None)
@example(DAILY, 9, 5)
@example(DAILY, 1, 12)
@given(buckets, st.integers(1, 9), st.integers(2, 12))
def test_t15_spans_of_time_lose_nothing(keys: set[str], limit: int, most: int) -> None:
    """T15: wherever they are asked for, of answers whose length is known."""
    with (
        patch("app.assets.newest_search._SURVEYED", 0),
        patch("app.assets.newest_search.MAX_PAGE", most),
        patch("app.assets.newest_density.MAX_PAGE", most),
    ):
        assert listed(pages(MemoryBucket(keys, most), limit)) == newest_first(keys, FOLDERS)


@settings(max_examples=100, deadline=None)
@given(buckets, st.lists(st.lists(keys, max_size=4), max_size=12), st.data())
def test_t15_changes_between_pages_repeat_and_lose_nothing(
    keys: set[str], uploads: list[list[str]], data: st.DataObject
) -> None:
    """T15: nothing twice; all that stood throughout, in order."""
    bucket = MemoryBucket(keys, data.draw(st.integers(2, 12)))
    stood, found = set(keys), []
    changes = iter(uploads)
    for page in pages(bucket, data.draw(st.integers(1, 9))):
        found += [line.found.key for line in page]
        for key in next(changes, []):
            bucket.put(key)
        if bucket.keys and data.draw(st.booleans()):
            gone = bucket.keys.pop(data.draw(st.integers(0, len(bucket.keys) - 1)))
            stood.discard(gone)
    assert len(found) == len(set(found))
    assert [key for key in found if key in stood] == newest_first(stood, FOLDERS)


@settings(max_examples=60, deadline=None)
@given(buckets, moments, moments, st.integers(1, 9), st.integers(2, 12))
def test_t15_bounds_of_time_leave_the_rest_out(
    keys: set[str], one: int, other: int, limit: int, most: int
) -> None:
    """T15: from since on, before until; names without a time are left out."""
    floor, ceiling = sorted([one << 80, other << 80])

    def is_within(key: str) -> bool:
        number = number_of(key.split("/")[3]) if key.count("/") > 3 else None
        return number is not None and floor <= number < ceiling

    wanted = filter(is_within, newest_first(keys, FOLDERS))
    assert listed(pages(MemoryBucket(keys, most), limit, place(floor, ceiling))) == [*wanted]


@settings(max_examples=60, deadline=None)
@given(buckets, st.integers(1, 9), st.integers(2, 12))
def test_only_what_matches_is_listed(keys: set[str], limit: int, most: int) -> None:
    """However rare it is."""
    bucket = MemoryBucket(keys, most)
    found = listed(pages(bucket, limit, matches=lambda key: "b.png" in key, filtered=True))
    assert found == [key for key in newest_first(keys, FOLDERS) if "b.png" in key]


@settings(max_examples=100, deadline=None)
@given(buckets, st.integers(1, 9), st.integers(2, 12))
def test_a_package_is_one_line(keys: set[str], limit: int, most: int) -> None:
    """With all its files and bytes; folders without a manifest are listed file by file."""
    packages: dict[str, list[str]] = {}
    for key in keys:
        head, _, name = key.rpartition("/")
        if name == "master.m3u8":
            packages[f"{head}/"] = [each for each in keys if each.startswith(f"{head}/")]
    within = {each for files in packages.values() for each in files}
    shown = {key for key in keys if key not in within or key.endswith("/master.m3u8")}
    lines = [line for page in pages(MemoryBucket(keys, most), limit, grouped=True) for line in page]
    assert [line.found.key for line in lines] == newest_first(shown, FOLDERS)
    for line in lines:
        counted = packages.get(line.found.key.removesuffix("master.m3u8"))
        if counted is None:
            assert line.package is None
        else:
            assert line.package == (len(counted), sum(map(len, counted)))


def burst(count: int, at: int) -> list[int]:
    return [at + RANDOM.randrange(MINUTE) for _ in range(count)]


def monthly(count: int) -> list[int]:
    return [NOW - number * 30 * DAY for number in range(count)]


DISTRIBUTIONS: dict[str, Callable[[], list[int]]] = {
    "two years": lambda: [NOW - RANDOM.randrange(2 * YEAR) for _ in range(100_000)],
    "one a month and a burst": lambda: burst(50_000, NOW - 5 * YEAR) + monthly(240),
    "a burst just now": lambda: (
        burst(50_000, NOW - MINUTE) + [NOW - RANDOM.randrange(YEAR) for _ in range(50_000)]
    ),
    "a hundred bursts": lambda: [t for n in range(100) for t in burst(1000, NOW - n * 17 * DAY)],
    "the same millisecond": lambda: [NOW - YEAR] * 100_000,
}


@pytest.mark.parametrize("kinds", ["one", "mixed", "one after the other"])
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_t15_100_000_assets_cost_few_calls_a_page(name: str, kinds: str) -> None:
    """T15: at most 16 a page, one a folder nearly always; and every page is full, but for one where
    16 were too few."""
    RANDOM.seed(7)
    times = DISTRIBUTIONS[name]()
    if kinds == "one after the other":
        times.sort()
    keys = {
        f"{FOLDERS[_kind(kinds, n, len(times))]}{asset_id(time, RANDOM.getrandbits(74))}/a.png"
        for n, time in enumerate(times)
    }
    bucket = MemoryBucket(keys)
    calls: Counter[int] = Counter()
    found, short = [], 0
    # The beginning, where least is known, and what comes right behind it.
    for page in islice(pages(bucket, 100), 25):
        calls[bucket.calls] += 1
        found += [line.found.key for line in page]
        short += len(page) < 100
    assert found == newest_first(keys, FOLDERS)[: len(found)]
    assert max(calls) <= MAX_CALLS
    assert short <= 1, calls
    assert calls.total() - sum(n for count, n in calls.items() if count <= 4) <= 4, calls


def _kind(kinds: str, number: int, count: int) -> int:
    if kinds == "one":
        return 0
    return number % 4 if kinds == "mixed" else number * 4 // count


@pytest.mark.parametrize("files", [(100,), (1, 1, 60, 150)])
def test_t15_packages_fill_their_pages(files: tuple[int, ...]) -> None:
    """T15: as nearly as 16,000 objects of the store are enough for it, behind the first page, on
    which nothing is known; of packages alone, and of packages and films."""
    RANDOM.seed(7)
    keys: set[str] = set()
    while len(keys) < 50_000:
        folder = f"{FOLDERS[3]}{asset_id(NOW - RANDOM.randrange(2 * YEAR), RANDOM.getrandbits(74))}"
        count = RANDOM.choice(files)
        keys |= {f"{folder}/720p/{n}.ts" for n in range(count - 1)} | {f"{folder}/master.m3u8"}
    found = [len(page) for page in pages(MemoryBucket(keys), 100, grouped=True)]
    assert sum(found) == sum(key.endswith(".m3u8") for key in keys)
    assert found[0] >= 80
    assert min(found[1:-1]) >= 75
    assert found[1:-1].count(100) > len(found[1:-1]) / 2
