"""Every listing against a plain model: its order, its bounds, and the previews that it shows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.assets.deleted import Deletions
from app.assets.listing import AssetListings, ListingPage
from app.assets.scan import MAX_CALLS
from app.domain.asset_ids import first_at, number_of
from app.domain.kinds import Kind
from app.domain.listing import Filters
from app.domain.packages import MANIFESTS, likelihood
from app.domain.paths import AssetPath, Root
from app.domain.previews import is_preview
from app.domain.principal import Principal
from tests.assets.memory_bucket import MemoryBucket, asset_id, newest_first
from tests.assets.memory_versions import MemoryVersions

ALICE = Principal("alice")
ROOT = Root("alice")
NOW = datetime(2026, 6, 1, tzinfo=UTC)
LIBRARY = ("audio", "brand_kit", "image", "video")
PROJECT = tuple(f"projects/p1/{kind}" for kind in ("audio", "frame", "image", "video"))

moments = st.builds(lambda days: NOW - timedelta(days=days), st.integers(0, 3))
ids = st.builds(
    lambda moment, number: asset_id(int(moment.timestamp() * 1000), number),
    moments,
    st.integers(0, 1),
) | st.sampled_from(
    ["0198f0a0-0000-4000-8000-000000000000", "F47AC10B-58CC-4372-A567-0E02B2C3D479"]
)
names = st.sampled_from(
    [
        " !preview.png",
        " !preview.webp",
        "!a.png",
        "a.png",
        "b.mp4",
        "index.m3u8",
        "master.m3u8",
        "n/master.m3u8",
        "n/s1.ts",
        "s2.ts",
        "É.png",
    ]
)
plain = st.sampled_from(["!a.png", "0.png", "a.png", "clip.mp4", "f/a.png"])
keys = st.builds(
    lambda place, rest: f"{ROOT.prefix}{place}/{rest}",
    st.sampled_from([*LIBRARY, *LIBRARY, *PROJECT]),
    st.builds("{}/{}".format, ids, names) | st.builds("{}/{}".format, ids, names) | plain,
)
buckets = st.builds(MemoryBucket, st.sets(keys, max_size=60), st.integers(2, 12))
prefixes = st.sampled_from(["projects/", "vid"]) | st.builds(
    "{}/{}{}".format, st.sampled_from(LIBRARY), ids, st.sampled_from(["", "/", "/a", "/m", "/n/"])
)
filters = st.builds(
    lambda project, kind, prefix, since, until, q, newest, grouped: Filters(
        kind=kind if not prefix and (project is None or kind is not Kind.BRAND_KIT) else None,
        project_id=project if not prefix else None,
        prefix=prefix if not (newest or since or until) else "",
        newest=newest,
        since=since if since is None or until is None or since < until else None,
        until=until,
        q=q,
        grouped=grouped,
    ),
    st.none() | st.just("p1"),
    st.none() | st.sampled_from([Kind.AUDIO, Kind.BRAND_KIT, Kind.VIDEO]),
    st.just("") | st.just("") | prefixes,
    st.none() | st.none() | moments,
    st.none() | st.none() | moments,
    st.sampled_from(["", "", "", "A.P", "m3u8", "e\u0301"]),
    st.booleans(),
    st.booleans(),
)


uploads = st.lists(st.lists(keys, max_size=4), max_size=12)


def pages(bucket: MemoryBucket, wanted: Filters, limit: int) -> Iterator[ListingPage]:
    """All pages, each within its calls; states go through JSON as they do in cursors."""
    listings = AssetListings(bucket, Deletions(MemoryVersions()))
    state: Any = None
    for _ in range(3000):
        bucket.calls = 0
        page = listings.page(ALICE, wanted, limit=limit, state=state)
        # One more for the preview of an asset in whose middle the listing begins.
        assert bucket.calls <= MAX_CALLS + bool(wanted.prefix)
        assert len(page.assets) <= limit
        yield page
        if page.next_state is None:
            return
        state = json.loads(json.dumps(page.next_state))
    raise AssertionError("the pages do not end")


def expected(bucket: MemoryBucket, wanted: Filters) -> list[str]:
    """The keys of what is to be listed, in order."""
    one_place = wanted.newest or wanted.timed
    if one_place or wanted.kind:
        places = LIBRARY if wanted.project_id is None else PROJECT
        places = tuple(p for p in places if not wanted.kind or p.endswith(str(wanted.kind)))
        folders = [f"{ROOT.prefix}{place}/" for place in places]
    else:
        project = wanted.project_id
        folders = [ROOT.prefix + (f"projects/{project}/" if project else "")]
    starts = tuple(folders) if not wanted.prefix else ROOT.prefix + wanted.prefix
    found = [key for key in bucket.keys if key.startswith(starts) and not is_preview(key)]
    if wanted.grouped:
        found = [key for key in found if manifest_of(bucket, key) in (None, key)]
    if wanted.q:
        text = {"A.P": "a.p", "m3u8": "m3u8", "e\u0301": "é"}[wanted.q]
        found = [key for key in found if text in key.rpartition("/")[2].casefold()]
    if wanted.timed:
        found = [key for key in found if within(key, wanted)]
    return newest_first(found, folders) if wanted.newest else sorted(found)


def folder_of(key: str) -> str | None:
    path = ROOT.try_path_of(key)
    return path and path.package_folder and ROOT.prefix + path.package_folder


def manifest_of(bucket: MemoryBucket, key: str) -> str | None:
    """The manifest that stands for the package of ``key``."""
    folder = folder_of(key)
    files = [each for each in bucket.keys if folder and each.startswith(folder)]
    depth = (folder or "").count("/")
    top = [each for each in files if each.count("/") == depth and each.endswith(MANIFESTS)]
    return min(top, key=lambda each: likelihood(each[len(folder or "") :])) if top else None


def within(key: str, wanted: Filters) -> bool:
    path = ROOT.try_path_of(key)
    number = number_of(path.asset_id) if path and path.asset_id else None
    if number is None:
        return False
    low = first_at(wanted.since) if wanted.since else 0
    return low <= number and (wanted.until is None or number < first_at(wanted.until))


V4 = "0198f0a0-0000-4000-8000-000000000000"
PACKAGE = [f"{ROOT.prefix}video/{V4}/{name}" for name in ("a.ts", "master.m3u8", "n/s.ts", "z.ts")]

YESTERDAY = NOW - timedelta(days=1)
DAILY = [
    f"{ROOT.prefix}video/{asset_id(int((NOW - timedelta(days=day)).timestamp() * 1000), 0)}/b.mp4"
    for day in range(4)
]


@settings(max_examples=300, deadline=None)
@example(MemoryBucket(DAILY, 2), Filters(since=YESTERDAY), 9)
@example(MemoryBucket(DAILY, 2), Filters(until=YESTERDAY), 9)
@example(MemoryBucket(DAILY, 2), Filters(newest=True, since=YESTERDAY), 9)
@example(MemoryBucket(DAILY, 2), Filters(newest=True, until=YESTERDAY), 9)
@example(MemoryBucket(PACKAGE, 2), Filters(prefix=f"video/{V4}/m", grouped=True), 1)
@example(MemoryBucket(PACKAGE, 2), Filters(prefix=f"video/{V4}/z", grouped=True), 1)
@example(MemoryBucket(PACKAGE, 2), Filters(prefix=f"video/{V4[:9]}", grouped=True), 1)
@given(buckets, filters, st.integers(1, 9))
def test_t15_every_listing_shows_each_asset_once_with_its_preview(
    bucket: MemoryBucket, wanted: Filters, limit: int
) -> None:
    """T15: whatever is asked for, however short pages and the store's answers are: in order,
    nothing of another place, and no preview for a file."""
    found: list[str] = []
    for page in pages(bucket, wanted, limit):
        for path, listed in page.assets:
            found.append(listed.key)
            folder = folder_of(listed.key) or "-"
            own = [key for key in bucket.keys if is_preview(key) and key.startswith(folder)]
            shown = page.previews.get(path)
            assert (shown and ROOT.key(shown)) == (own[0] if own else None), listed.key
            if wanted.grouped and manifest_of(bucket, listed.key) == listed.key:
                files = [k for k in bucket.keys if k.startswith(folder) and not is_preview(k)]
                assert page.packages[path] == (len(files), sum(map(len, files)))
            else:
                assert path not in page.packages
    assert found == expected(bucket, wanted), (bucket.keys, wanted)


@settings(max_examples=200, deadline=None)
@given(
    buckets,
    filters,
    st.integers(1, 5),
    st.lists(st.lists(keys, max_size=4), max_size=12),
    st.data(),
)
def test_t15_changes_between_pages_repeat_and_lose_nothing(
    bucket: MemoryBucket,
    wanted: Filters,
    limit: int,
    later: list[list[str]],
    data: st.DataObject,
) -> None:
    """T15: nothing twice; all that stood throughout. Of packages whose manifest changes, one line
    or another stands for them, so that they are left alone here."""
    wanted = wanted._replace(grouped=False)
    stood, found, changes = set(bucket.keys), [], iter(later)
    for page in pages(bucket, wanted, limit):
        found += [listed.key for _, listed in page.assets]
        for key in next(changes, []):
            bucket.put(key)
        if bucket.keys and data.draw(st.booleans()):
            stood.discard(bucket.keys.pop(data.draw(st.integers(0, len(bucket.keys) - 1))))
    assert len(found) == len(set(found))
    assert [key for key in found if key in stood] == expected(MemoryBucket(stood), wanted)


def test_asset_paths_are_all_that_is_listed() -> None:
    """What the API cannot address is left out."""
    bucket = MemoryBucket(
        [f"{ROOT.prefix}{name}" for name in ("shares/x.json", "x", "image/a\u200b")]
    )
    [page] = pages(bucket, Filters(), 10)
    assert page.assets == []


def test_t15_a_package_is_counted_within_its_calls() -> None:
    """T15: one with more files than a call looks at has no size."""
    path = AssetPath.parse(f"video/{V4}/master.m3u8")
    for most, is_counted in ((2, False), (3, True)):
        folder = PACKAGE[0].removesuffix("a.ts")
        bucket = MemoryBucket([ROOT.key(path), *(f"{folder}{n:04}" for n in range(33))], most)
        found = AssetListings(bucket, Deletions(MemoryVersions())).package_of(ALICE, path)
        assert bucket.calls <= MAX_CALLS
        assert (found.size is not None) == is_counted


@settings(max_examples=200, deadline=None)
@given(filters, filters)
def test_t13_listings_have_names_of_their_own(one: Filters, other: Filters) -> None:
    """T13: by which a cursor of one goes on with no other, nor for another user."""
    listings = AssetListings(MemoryBucket([]), Deletions(MemoryVersions()))
    same = listings.name(ALICE, one) == listings.name(ALICE, other)
    assert same == (expected_place(one) == expected_place(other) and one[3:] == other[3:])
    assert listings.name(ALICE, one) != listings.name(Principal("alice2"), one)


def expected_place(wanted: Filters) -> str:
    return ROOT.list_prefix(kind=wanted.kind, project_id=wanted.project_id, prefix=wanted.prefix)
