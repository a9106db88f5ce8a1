"""The queue, against a local SQS."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from app.aws.clients import LazyClient
from app.events import queue as queue_module
from app.events.queue import Queue, QueueUnavailable
from app.http_clients import READ_SECONDS
from app.signing.credentials import Credentials
from devstack.account import Stack
from devstack.testing import running_store


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_store() as running:
        yield running


def queue_at(stack: Stack, url: str) -> Queue:
    keys = Credentials(stack.access_key_id, stack.secret_access_key)
    return Queue(LazyClient("sqs", stack.region, endpoint=stack.endpoint, keys=keys), url)


@pytest.fixture
def queue(stack: Stack, request: pytest.FixtureRequest) -> Queue:
    name = request.node.name[:80]
    return queue_at(stack, stack.client("sqs").create_queue(QueueName=name)["QueueUrl"])


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_module, "WAIT_SECONDS", 0)


@pytest.mark.usefixtures("impatient")
def test_a_message_is_ours_until_it_is_deleted(queue: Queue) -> None:
    """Hidden from others; given back, it comes with a higher count; deleted, it is gone."""
    queue.send("häppy")
    [first] = queue.receive(10, visibility_seconds=60)
    assert (first.body, first.receive_count) == ("häppy", 1)
    assert queue.receive(10, visibility_seconds=60) == []
    queue.hide(first, 0)
    [second] = queue.receive(10, visibility_seconds=60)
    assert (second.body, second.receive_count) == ("häppy", 2)
    queue.delete(second)
    assert queue.receive(10, visibility_seconds=0) == []


@pytest.mark.usefixtures("impatient")
def test_no_more_is_received_than_was_asked_for(queue: Queue) -> None:
    """A worker takes what it has threads for; SQS gives at most ten."""
    for number in range(12):
        queue.send(str(number))
    assert len(queue.receive(2, visibility_seconds=60)) == 2
    assert len(queue.receive(64, visibility_seconds=60)) == 10


def test_an_empty_queue_is_waited_for_within_the_clients_patience(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long polling ends before our own client gives up."""
    assert 5 <= queue_module.WAIT_SECONDS < READ_SECONDS
    monkeypatch.setattr(queue_module, "WAIT_SECONDS", 1)
    began = time.monotonic()
    assert queue.receive(1, visibility_seconds=60) == []
    assert time.monotonic() - began >= 0.9


def test_a_queue_that_is_not_there_is_unavailable_and_named_by_no_address(stack: Stack) -> None:
    """One kind of error, whatever went wrong; it quotes neither account nor address."""
    url = f"{stack.endpoint}/123456789012/nobody"
    with pytest.raises(QueueUnavailable) as caught:
        queue_at(stack, url).receive(1, visibility_seconds=60)
    assert "123456789012" not in str(caught.value)
    nowhere = "http://127.0.0.1:1"
    client = LazyClient("sqs", stack.region, endpoint=nowhere, keys=Credentials("AK", "secret"))
    with pytest.raises(QueueUnavailable, match="EndpointConnectionError"):
        Queue(client, f"{nowhere}/1/q").send("x")
