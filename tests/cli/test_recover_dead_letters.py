"""Events that the queue gave up are sent back to it, on the local queue."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from app.cli.recover.dead_letters import send_back
from devstack.account import Stack
from tests.cli.conftest import Recover


class Queues:
    """A queue that gives a message up when it comes a second time, and where it goes then."""

    def __init__(self, stack: Stack) -> None:
        self.sqs = stack.client("sqs")
        name = uuid4().hex[:12]
        self.dead = self.sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
        of_dead = self.sqs.get_queue_attributes(QueueUrl=self.dead, AttributeNames=["QueueArn"])
        policy = {"deadLetterTargetArn": of_dead["Attributes"]["QueueArn"], "maxReceiveCount": "1"}
        self.url = self.sqs.create_queue(
            QueueName=name, Attributes={"RedrivePolicy": json.dumps(policy)}
        )["QueueUrl"]

    def take(self, url: str, **options: Any) -> list[Any]:
        """All that is there, which stays hidden."""
        taken = []
        while found := self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], **options
        ).get("Messages"):
            taken += found
        return taken

    def give_up(self, *bodies: str, **options: Any) -> None:
        """Send them, and fail with each until it is a dead letter."""
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body, **options)
        for message in self.take(self.url):
            self.sqs.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )
        # The stand-in looks at ten at once, and hands out none of those that it gives up.
        for _ in range(0, len(bodies), 10):
            assert self.take(self.url) == []


@pytest.fixture
def queues(stack: Stack) -> Queues:
    return Queues(stack)


def command(queues: Queues, *options: str) -> list[str]:
    return ["dead-letters", "--queue", queues.url, "--region", "us-east-1", *options]


def test_what_was_given_up_is_tried_again(queues: Queues, run: Recover) -> None:
    """All of it, more than come at once, byte for byte; and then there is nothing left."""
    bodies = [json.dumps({"number": number, "key": "Größe.mp4"}) for number in range(25)]
    queues.give_up(*bodies)
    assert f"about 25 message(s) in {queues.dead}" in run(*command(queues, "--dry-run")).output
    assert queues.take(queues.url) == []
    assert "25 message(s) sent back" in run(*command(queues)).output
    assert sorted(each["Body"] for each in queues.take(queues.url)) == sorted(bodies)
    assert "0 message(s) sent back" in run(*command(queues)).output


def test_attributes_come_along(queues: Queues, run: Recover) -> None:
    """SNS writes some; the worker needs none, but they are the operator's."""
    told = {"kind": {"DataType": "String", "StringValue": "a"}}
    queues.give_up("x", MessageAttributes=told)
    run(*command(queues))
    [message] = queues.take(queues.url)
    assert message["MessageAttributes"] == told


def test_the_queue_is_the_one_that_the_gateway_has(queues: Queues, run: Recover) -> None:
    """With the gateway's environment it need not be named."""
    queues.give_up("x")
    env = {"EVENTS_QUEUE_URL": queues.url, "AWS_REGION": "us-east-1"}
    assert "1 message(s) sent back" in run("dead-letters", env=env).output


def test_what_is_broken_off_loses_nothing(queues: Queues, run: Recover) -> None:
    """Before a deletion: that one is there twice, the rest where it was."""
    queues.give_up("1", "2", "3")
    moved = send_back(Unplugged(queues.sqs), queues.dead, queues.url, hidden_seconds=0)
    with pytest.raises(ConnectionError):
        next(moved)
    assert len(queues.take(queues.url, VisibilityTimeout=60)) == 1
    assert "3 message(s) sent back" in run(*command(queues)).output
    assert len(queues.take(queues.url)) == 3


class Unplugged:
    """SQS, until the first deletion."""

    def __init__(self, sqs: Any) -> None:
        self._sqs = sqs

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sqs, name)

    def delete_message(self, **_: Any) -> None:
        raise ConnectionError


def test_a_queue_that_is_not_there_is_a_message(run: Recover) -> None:
    """No traceback."""
    url = "http://127.0.0.1:1/1/nobodys"
    done = run("dead-letters", "--queue", url, "--region", "us-east-1", ok=False)
    assert "AWS: " in done.output


def test_a_queue_without_dead_letters_says_so(queues: Queues, run: Recover) -> None:
    """It gives up nothing."""
    done = run("dead-letters", "--queue", queues.dead, "--region", "us-east-1", ok=False)
    assert "has no dead-letter queue" in done.output
