"""How far listings look, and where they go on: T13, T15."""

from __future__ import annotations

from tests.security.mutants.catalogue import Code, Mutant, mutant, never

MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "T13",
        "a cursor goes on with other filters",
        Code("AssetListings.name", "any(special)", "False"),
    ),
    mutant(
        "T15",
        "a scan looks at everything",
        Code("Scan.run", "self.calls > 0", "True"),
    ),
    mutant(
        "T15",
        "the newest are searched for without end",
        Code("Newest._look", "calls < MAX_CALLS", "True"),
    ),
    mutant(
        "T15",
        "names without a time are looked for without end",
        Code("Newest.page", "MAX_CALLS - calls", "10**6"),
    ),
    mutant(
        "T15",
        "deletions are looked for without end",
        Code("Deletions.page", "range(MAX_CALLS)", "range(10**6)"),
    ),
    mutant(
        "T15",
        "a package is counted without end",
        Code("AssetListings.package_of", "range(MAX_CALLS)", "range(10**6)"),
    ),
    mutant(
        "T15",
        "a page of deletions has no limit",
        never("Deletions.page", "len(found) == limit"),
    ),
    mutant(
        "T15",
        "a page of the newest has no limit",
        Code("Newest.page", "ready[:limit]", "ready"),
    ),
    mutant(
        "T15",
        "a page of a scan has no limit",
        never("Scan._add", "len(self.lines) == self.limit"),
    ),
    mutant(
        "T15",
        "the key that a page of deletions ends with comes again",
        Code("Deletions.page", '{"key-marker": key}', '{"key-marker": key[:-1]}'),
    ),
    mutant(
        "T15",
        "a deletion whose versions are on the next page is lost",
        Code("Deletions.page", "[key, deleted_at.isoformat()]", "None"),
    ),
    mutant(
        "T15",
        "what a page of the newest showed comes again",
        Code("Entries._entries", "e.order > self._after", "True"),
    ),
    mutant(
        "T15",
        "the newest go on behind a hint",
        Code("_folder_after", "hi = number + 1 if __X else number", "hi = number"),
    ),
    mutant(
        "T15",
        "until is not heeded in key order",
        Code("timed_stretches", "place.ceiling < END", "False"),
    ),
    mutant(
        "T15",
        "since is not heeded",
        Code(
            "app.assets.listing_filters:place_of",
            "first_at(filters.since) if filters.since else 0",
            "0",
        ),
    ),
    mutant(
        "T15",
        "names without a time pass for timed ones",
        Code("AssetListings._scan.wants", "is_timed(key, place.folders)", "True"),
    ),
    mutant(
        "T15",
        "a prefix within a package shows all of it",
        Code("AssetListings._scan", "key.startswith(prefix)", "True"),
    ),
    mutant(
        "T15",
        "what lies in the newest span of time is lost",
        Code("Folder._learn_spans", "self.spans[-1] + length", "self.spans[-1]"),
    ),
    mutant(
        "T15",
        "a list of spans that was cut passes for all of them",
        never("Folder._learn_spans", "self._mark_full(page) is not None"),
    ),
)
