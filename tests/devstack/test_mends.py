"""Faults of moto's that show only when two requests meet, or after many."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
from moto.core.common_models import BaseModel
from moto.s3 import models
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


def test_what_is_deleted_leaves_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half an hour of uploads that are deleted took 26 GB."""

    def is_kept() -> bool:
        key = models.FakeKey("a", b"bytes", "123456789012", "eu-central-1")
        gone = weakref.ref(key)
        del key
        gc.collect()
        return gone() is not None

    monkeypatch.setattr(BaseModel, "__new__", BaseModel.__new__)
    monkeypatch.setattr(models.FakeKey, "__del__", models.FakeKey.__del__)
    assert is_kept(), "moto forgets by itself now: the mend can go"
    mends._forget_what_is_gone()
    assert not is_kept()
