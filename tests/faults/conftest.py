"""A gateway whose line to its store can be spoiled."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from tests.gateway import Caller, Gateway, running_gateway
from tests.stores.cors import CorsProxy
from tests.stores.faults import Weather
from tests.stores.store import Store


@pytest.fixture(scope="module")
def line(swift_store: Store) -> Iterator[CorsProxy]:
    """What stands between the gateway and Swift."""
    with CorsProxy(swift_store.endpoint) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def gateway(swift_store: Store, line: CorsProxy) -> Iterator[Gateway]:
    """A gateway that reaches Swift over the line."""
    bucket = swift_store.create_bucket()
    with running_gateway(swift_store.at(line.endpoint), bucket) as gateway:
        yield gateway


@pytest.fixture
def weather(line: CorsProxy) -> Iterator[Weather]:
    """Fair at the beginning and at the end of each test."""
    line.weather.clear()
    yield line.weather
    line.weather.clear()


@pytest.fixture
def ada(gateway: Gateway, weather: Weather) -> Caller:
    """A user with nothing stored yet, in fair weather."""
    return gateway.client_for(str(uuid.uuid4()))
