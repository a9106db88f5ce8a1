"""``GET /v1/assets``: which of the listings answers, and from where it goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from app.assets.deleted import Deletions
from app.assets.listing_filters import matcher, place_of, prefix_of, timed_stretches
from app.assets.newest import Newest, is_timed
from app.assets.scan import MAX_CALLS, Line, Scan, ScanState, Stretch, no_folder, package_folder
from app.domain.assets import ListedObject
from app.domain.grammar import PREVIEW_START
from app.domain.listing import Filters
from app.domain.packages import PackageSize, Tally
from app.domain.paths import AssetPath, Root
from app.domain.previews import is_preview, preview_at, seen
from app.domain.principal import Principal
from app.s3.listings import Listings

Listed = tuple[AssetPath, ListedObject]


@dataclass(frozen=True, slots=True)
class ListingPage:
    """Assets, and where the next page begins. By path: what a package is, where its preview
    lies, and how something was deleted."""

    assets: list[Listed]
    next_state: Any
    packages: Mapping[AssetPath, PackageSize] = field(default_factory=dict)
    previews: Mapping[AssetPath, AssetPath] = field(default_factory=dict)
    deletions: Mapping[AssetPath, tuple[datetime, str]] = field(default_factory=dict)


class Package(NamedTuple):
    """What a package is, None where it has too many files to be counted at once; its preview."""

    size: PackageSize | None
    preview: AssetPath | None


class AssetListings:
    """Every listing of assets. Raises ``StorageError`` and ``StorageUnavailable``."""

    def __init__(self, listings: Listings, deletions: Deletions) -> None:
        self._listings = listings
        self._deletions = deletions

    def name(self, principal: Principal, filters: Filters) -> str:
        """What is listed, to tell cursors apart; ``ValidationFailed`` when it makes no sense."""
        filters.check()
        prefix = prefix_of(principal, filters)
        special = [str(each or "") for each in filters[3:]]
        return "\n".join([prefix, *special]) if any(special) else prefix

    def page(
        self, principal: Principal, filters: Filters, *, limit: int, state: Any
    ) -> ListingPage:
        """A page that goes on from ``state``. It may be shorter than ``limit``, even empty, and not
        the last. ``NotVersioned`` for deletions where no versions are kept."""
        root, prefix = Root(principal.sub), prefix_of(principal, filters)
        matches = matcher(filters.q)
        if filters.deleted:
            return self._deleted(root, prefix, matches, limit, state)
        if filters.newest:
            place = place_of(root, filters)
            newest = Newest(
                self._listings, root.prefix, place, matches, bool(filters.q), filters.grouped
            )
            lines, next_state = newest.page(limit, state)
            return _page_of(root, lines, next_state)
        if filters.timed or filters.q or filters.grouped:
            return self._scan(root, prefix, filters, matches, limit, state)
        return self._by_key(root, prefix, limit, state)

    def package_of(self, principal: Principal, path: AssetPath) -> Package:
        """What the package is whose manifest lies at ``path``."""
        root, tally, after, preview = Root(principal.sub), Tally(), "", ""
        for _ in range(MAX_CALLS):
            page = self._listings.page(root.prefix + path.folder, start_after=after)
            for found in page.objects:
                after = found.key
                if is_preview(found.key):
                    preview = seen(preview, found.key)
                else:
                    tally.add(found, found.key)
            if page.next_token is None:
                return Package(tally.size, preview_at(root, path, preview))
        return Package(None, preview_at(root, path, preview))

    def _by_key(self, root: Root, prefix: str, limit: int, state: Any) -> ListingPage:
        """One answer of the store. The state is its token, with the last preview where what it
        shows goes on behind it."""
        token, preview = state if isinstance(state, list) else (state, "")
        preview = preview or self._preview_before(root, prefix, state)
        page = self._listings.page(prefix, limit=limit, token=token)
        lines = []
        for found in page.objects:
            if is_preview(found.key):
                preview = seen(preview, found.key)
            else:
                lines.append(Line(found, preview=preview))
        following: Any = page.next_token
        if following and page.objects[-1].key.startswith(preview.rpartition("/")[0] + "/"):
            following = [following, preview]
        return _page_of(root, lines, following)

    def _preview_before(self, root: Root, prefix: str, state: Any) -> str:
        """The preview that a listing cannot meet, as its prefix is of names inside one asset."""
        folder = package_folder(root.prefix)(prefix + "a")
        if state or not folder or prefix == folder:
            return ""
        page = self._listings.page(folder + PREVIEW_START, limit=1)
        return page.objects[0].key if page.objects else ""

    def _scan(
        self,
        root: Root,
        prefix: str,
        filters: Filters,
        matches: Callable[[str], bool],
        limit: int,
        state: Any,
    ) -> ListingPage:
        place = place_of(root, filters) if filters.timed else None
        folder_of = package_folder(root.prefix) if filters.grouped else no_folder
        # A package is counted as a whole, also where the prefix ends within it.
        begin = folder_of(prefix + "a") or prefix
        before = self._preview_before(root, begin, state)

        def wants(key: str) -> bool:
            # Names that are no timed ids sort among them.
            within = matches(key) and key.startswith(prefix)
            return within and (place is None or is_timed(key, place.folders))

        scan = Scan(
            self._listings,
            [*timed_stretches(place)] if place else [Stretch(begin)],
            ScanState.from_claims(state) if state else ScanState(preview=before),
            limit,
            MAX_CALLS,
            wants=wants,
            folder_of=folder_of,
        )
        scan.run()
        return _page_of(root, scan.lines, scan.state and scan.state.to_claims())

    def _deleted(
        self, root: Root, prefix: str, matches: Callable[[str], bool], limit: int, state: Any
    ) -> ListingPage:
        found, next_state = self._deletions.page(prefix, matches, limit=limit, state=state)
        page = _page_of(root, (Line(each.version) for each in found), next_state)
        by_key = {each.version.key: (each.deleted_at, each.version_id) for each in found}
        deletions = {path: by_key[listed.key] for path, listed in page.assets}
        return ListingPage(page.assets, next_state, deletions=deletions)


def _page_of(root: Root, lines: Iterable[Line], next_state: Any) -> ListingPage:
    """What the API cannot address is left out."""
    named = [(path, line) for line in lines if (path := root.try_path_of(line.found.key))]
    previews = {path: preview_at(root, path, line.preview) for path, line in named if line.preview}
    return ListingPage(
        [(path, line.found) for path, line in named],
        next_state,
        {path: line.package for path, line in named if line.package},
        {path: preview for path, preview in previews.items() if preview},
    )
