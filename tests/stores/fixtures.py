"""The strict stores as fixtures: each starts once a session, when a test first asks for it.

A missing store is a failure, not a skip: what it would have proved is not proved.
"""

import contextlib
from collections.abc import Iterator

import pytest

from tests.stores.juicefs import JuicefsStore
from tests.stores.process import StoreFailure
from tests.stores.store import Store
from tests.stores.swift import SwiftStore


def _running(kept: SwiftStore | JuicefsStore) -> Iterator[Store]:
    with contextlib.ExitStack() as stack:
        try:
            store = stack.enter_context(kept)
        except StoreFailure as failure:
            pytest.fail(str(failure), pytrace=False)
        yield store


@pytest.fixture(scope="session")
def swift_store() -> Iterator[Store]:
    """Swift: signatures, signed headers, conditions, checksums, versions."""
    yield from _running(SwiftStore())


@pytest.fixture(scope="session")
def juicefs_store() -> Iterator[Store]:
    """JuiceFS gateway: signatures, signed headers, POST policies, STS."""
    yield from _running(JuicefsStore())
