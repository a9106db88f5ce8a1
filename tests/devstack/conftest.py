"""One store for all tests of it; each test works below keys of its own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from devstack.account import Stack
from devstack.testing import DEMO_PAIR, running_store
from tests.devstack.talkative import Talkative
from tests.devstack.wire import Wire

SECOND_PAIR = ("AKIASECONDPAIR000002", "a-second-secret-of-its-own")


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with running_store(credentials=[DEMO_PAIR, SECOND_PAIR]) as stack:
        yield stack


@pytest.fixture
def wire(stack: Stack) -> Iterator[Wire]:
    wire = Wire(stack)
    yield wire
    wire.http.clear()


@pytest.fixture
def key() -> str:
    return f"users/ada/image/{uuid.uuid4()}/picture.png"


@pytest.fixture(scope="session")
def talkative(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talkative]:
    path = tmp_path_factory.mktemp("store") / "output"
    with path.open("w") as output, running_store(output=output) as stack:
        yield Talkative(stack, path)
