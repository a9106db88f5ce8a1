"""Fixtures that every folder may use."""

from __future__ import annotations

import json
import logging
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

# The local store's checksums come from awscrt, and botocore signs by it too once it is installed:
# in another order, and by a clock that tests cannot set.
os.environ["BOTO_DISABLE_CRT"] = "true"

from devstack.account import Stack
from devstack.testing import running_store
from tests.gateway import ALICE, BOB, AuditLines, Caller, Gateway, running_gateway
from tests.stores.store import Store, Strictness

pytest_plugins = ["tests.stores.fixtures"]

# The same examples in every run, which take as long as a busy machine needs: a run fails for what
# was changed. `--hypothesis-profile=explore` looks for new ones, and so does `make fuzz`.
PATIENT = hypothesis.settings(
    deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.register_profile("explore", PATIENT)
hypothesis.settings.register_profile("suite", PATIENT, derandomize=True)
hypothesis.settings.load_profile("suite")

#: What takes longest, in folders or in modules of its own. It goes first, so that no process ends
#: long after others: each has whole modules (``--dist loadfile``).
SLOWEST = (
    *("e2e", "faults", "devstack", "smoke", "stores", "api", "cli", "events", "limits"),
    *("client", "operations", "test_tracing.py", "test_deploy.py", "test_docs.py"),
    *("security", "infra", "auth", "s3"),
)


def pytest_configure() -> None:
    """Forget the machine's own authorities: each application would read them anew, for nobody."""
    for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        os.environ.pop(name, None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slowest first."""
    turns = {name: turn for turn, name in enumerate(SLOWEST)}
    here = Path(__file__).parent
    items.sort(key=lambda item: turns.get(item.path.relative_to(here).parts[0], len(turns)))


@pytest.fixture(autouse=True)
def ordinary_log_level() -> None:
    """An application sets the level for its whole process: what a test hears must not depend on
    which application another test made before."""
    logging.getLogger().setLevel(logging.WARNING)


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


@pytest.fixture(scope="session")
def front_stack() -> Iterator[Stack]:
    """moto behind the verifying front: versions, conditions, POST policies, Cognito, SQS."""
    with running_store() as stack:
        yield stack


@pytest.fixture(scope="session")
def front_store(front_stack: Stack) -> Store:
    """The front, as tests know a store."""
    return Store(
        "front",
        front_stack.endpoint,
        front_stack.region,
        front_stack.access_key_id,
        front_stack.secret_access_key,
        frozenset(Strictness) - {Strictness.STS},
    )


@pytest.fixture(scope="session")
def front_gateway(front_stack: Stack, front_store: Store) -> Iterator[Gateway]:
    """A gateway on a bucket that keeps versions."""
    with running_gateway(front_store, front_stack.bucket) as gateway:
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


@pytest.fixture
def carol(gateway: Gateway) -> Caller:
    """Somebody new, whose root is empty."""
    return gateway.client_for(str(uuid.uuid4()))


@pytest.fixture
def audit_lines(capsys: pytest.CaptureFixture[str]) -> AuditLines:
    """Reads the lines of the audit log that came since it was read last."""

    def read() -> list[dict[str, object]]:
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return [line for line in lines if line.get("logger") == "gateway.audit"]

    return read
