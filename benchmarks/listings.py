"""How many listings a page of each kind costs: ``python -m benchmarks.scale [objects] listings``.

The whole use case on a bucket in memory, which lists as S3 does and counts: what is measured is the
number of requests, which is what users wait for, and not the machine.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from statistics import median

from app.assets.deleted import Deletions
from app.assets.listing import AssetListings
from app.assets.scan import MAX_CALLS
from app.domain.listing import Filters
from app.domain.principal import Principal
from tests.assets.memory_bucket import MemoryBucket, asset_id
from tests.assets.memory_versions import MemoryVersions

ALICE = Principal("alice")
KINDS = ("audio", "brand_kit", "image", "video")
NOW = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp() * 1000)
MINUTE, DAY = 60_000, 86_400_000
LIMIT, PAGES = 100, 200
RANDOM = random.Random(7)  # noqa: S311

Case = tuple[str, Filters, Callable[[int], MemoryBucket | MemoryVersions]]


def at(moments: Iterable[int], name: str = "a.png") -> MemoryBucket:
    """An asset of each moment (milliseconds), of all kinds in turn."""
    return MemoryBucket(
        f"users/alice/{KINDS[n % 4]}/{asset_id(moment, RANDOM.getrandbits(74))}/{name}"
        for n, moment in enumerate(moments)
    )


def within(count: int, span: int, end: int = NOW) -> list[int]:
    return [end - RANDOM.randrange(span) for _ in range(count)]


def packages(count: int) -> MemoryBucket:
    """Packages of a hundred files."""
    names = ["master.m3u8", *(f"720p/{number}.ts" for number in range(99))]
    folders = [
        f"users/alice/video/{asset_id(moment, RANDOM.getrandbits(74))}/"
        for moment in within(count // 100, 730 * DAY)
    ]
    return MemoryBucket(folder + name for folder in folders for name in names)


def deleted(count: int) -> MemoryVersions:
    """Every tenth asset is deleted."""
    bucket = MemoryVersions()
    for number, key in enumerate(at(within(count, 730 * DAY)).keys):
        bucket.put(key)
        if number % 10 == 0:
            bucket.hide(key)
    return bucket


def searched(count: int) -> MemoryBucket:
    bucket = at(within(count, 730 * DAY))
    bucket.keys = [
        key.replace("a.png", f"{'77' if number % 1000 == 0 else 'a'}.png")
        for number, key in enumerate(bucket.keys)
    ]
    return bucket


NEWEST = Filters(newest=True)
CASES: tuple[Case, ...] = (
    ("key order, over two years", Filters(), lambda n: at(within(n, 730 * DAY))),
    ("newest, over two years", NEWEST, lambda n: at(within(n, 730 * DAY))),
    (
        "newest, half of them within one minute",
        NEWEST,
        lambda n: at(within(n // 2, MINUTE) + within(n // 2, 365 * DAY)),
    ),
    (
        "newest, one a month above a burst of half of them",
        NEWEST,
        lambda n: at(
            [NOW - month * 30 * DAY for month in range(60)]
            + within(n // 2, MINUTE, NOW - 1825 * DAY)
        ),
    ),
    (
        "newest, a hundred bursts",
        NEWEST,
        lambda n: at(
            moment
            for burst in range(100)
            for moment in within(n // 100, MINUTE, NOW - burst * 17 * DAY)
        ),
    ),
    ("newest, in one millisecond", NEWEST, lambda n: at([NOW - DAY] * n)),
    ("newest, packages of 100 files as one", NEWEST._replace(grouped=True), packages),
    ("key order, packages of 100 files as one", Filters(grouped=True), packages),
    ("search for what is there once in 1,000", Filters(q="77"), searched),
    ("what was deleted, every tenth", Filters(deleted=True), deleted),
)


def walk(bucket: MemoryBucket | MemoryVersions, filters: Filters) -> Iterator[tuple[int, int]]:
    """Page by page: how many listings it took, and how many assets it has less than it may."""
    listed = bucket if isinstance(bucket, MemoryBucket) else MemoryBucket([])
    versions = bucket if isinstance(bucket, MemoryVersions) else MemoryVersions()
    listings = AssetListings(listed, Deletions(versions))
    state = None
    while True:
        bucket.calls = 0
        page = listings.page(ALICE, filters, limit=LIMIT, state=state)
        state = page.next_state
        yield bucket.calls, LIMIT - len(page.assets) if state is not None else 0
        if state is None:
            return


def measure(objects: int) -> None:
    """Print a row for each case."""
    print("| listing | pages | median | most | short pages |")
    print("|---|--:|--:|--:|--:|", flush=True)
    for name, filters, fill in CASES:
        RANDOM.seed(7)
        walked = [*islice(walk(fill(objects), filters), PAGES)]
        calls = [each for each, _ in walked]
        short = sum(missing > 0 for _, missing in walked)
        assert max(calls) <= MAX_CALLS
        row = f"{len(walked)} | {median(calls):.0f} | {max(calls)} | {short}"
        print(f"| {name} | {row} |", flush=True)
