"""Fixtures that every folder may use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.gateway import ALICE, BOB, Caller, Gateway, running_gateway
from tests.stores.store import Store

pytest_plugins = ["tests.stores.fixtures"]


@pytest.fixture(scope="session")
def swift_gateway(swift_store: Store) -> Iterator[Gateway]:
    """A gateway on Swift: signatures, lengths, conditions and checksums are enforced."""
    with running_gateway(swift_store, swift_store.create_bucket()) as gateway:
        yield gateway


@pytest.fixture(scope="session")
def juicefs_gateway(juicefs_store: Store) -> Iterator[Gateway]:
    """A gateway on JuiceFS: signatures and POST policies are enforced."""
    with running_gateway(juicefs_store, juicefs_store.create_bucket()) as gateway:
        yield gateway


@pytest.fixture
def gateway(swift_gateway: Gateway) -> Gateway:
    return swift_gateway


@pytest.fixture
def alice(gateway: Gateway) -> Caller:
    return gateway.client_for(ALICE)


@pytest.fixture
def bob(gateway: Gateway) -> Caller:
    return gateway.client_for(BOB)
