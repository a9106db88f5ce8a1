"""Faults of moto's that show only when two requests meet."""

from __future__ import annotations

from typing import Any

from moto.s3.utils import _VersionedKeyStore

from devstack import mends


def test_a_listing_survives_deletions_in_between() -> None:
    """It tells what was there when it began."""
    # This mend alone: it may be made twice, and others are for a process of their own.
    mends._listings_beside_deletions()
    keys: Any = _VersionedKeyStore()
    keys["a"], keys["b"], keys["c"] = "first", "first", "first"
    keys["b"] = "second"
    for walk, wanted in (
        (keys.iterlists, [("a", ["first"]), ("b", ["first", "second"]), ("c", ["first"])]),
        (keys.items, [("a", "first"), ("b", "second"), ("c", "first")]),
        (keys.values, ["first", "second", "first"]),
    ):
        walking = walk()
        found = [next(walking)]
        versions = dict.pop(keys, "b")
        found += walking
        assert found == wanted
        keys.setlist("b", versions)
        keys.setlist("c", dict.pop(keys, "c"))
