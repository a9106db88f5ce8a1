"""``flask recover dead-letters``: events that failed too often, back to the worker's queue.

SQS' own task for that (``StartMessageMoveTask``) does the same inside of AWS. This one says how
many there were, and runs on stand-ins that have no such task.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click

from app.cli.operator_aws import QUEUE, aws_client
from app.cli.recover.options import (
    Unusable,
    dry_run_option,
    faults_as_messages,
    region_option,
)

#: So many at most come by one request.
_BATCH = 10
#: Long polling asks all of SQS' servers: what it does not find is not there.
_WAIT_SECONDS = 1
#: What is broken off in the middle is there again after so long.
HIDDEN_SECONDS = 60
_WAITING = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


@click.command("dead-letters")
@click.option(
    "--queue",
    envvar="EVENTS_QUEUE_URL",
    required=True,
    type=QUEUE,
    help="The worker's, by its URL.",
)
@region_option
@dry_run_option
def return_dead_letters(queue: str, region: str, dry_run: bool) -> None:
    """Send what the queue gave up back to it. May be broken off, and run again.

    Mend the cause first: it is tried as often as the first time. Nothing is lost; what was sent and
    not yet removed when it was broken off comes twice, with the same webhook-id.
    """
    count = 0
    with faults_as_messages():
        client = aws_client("sqs", region)
        dead = dead_letter_queue(client, queue)
        if dry_run:
            click.echo(f"about {waiting(client, dead)} message(s) in {dead}")
            return
        for _ in send_back(client, dead, queue):
            count += 1
            if count % 100 == 0:
                click.echo(f"{count} …", err=True)
    click.echo(f"{count} message(s) sent back")


def dead_letter_queue(client: Any, queue_url: str) -> str:
    """The URL of the queue that ``queue_url`` gives up messages to. Raises ``Unusable`` when there
    is none, and botocore's errors."""
    found = client.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["RedrivePolicy"])
    policy = json.loads(found.get("Attributes", {}).get("RedrivePolicy", "{}"))
    arn = policy.get("deadLetterTargetArn", "")
    if not arn:
        raise Unusable(f"{queue_url} has no dead-letter queue, so it gives up nothing")
    account, name = arn.split(":")[4:]
    url: str = client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
    return url


def waiting(client: Any, queue_url: str) -> int:
    """How many messages are in the queue, approximately. Raises botocore's errors."""
    found = client.get_queue_attributes(QueueUrl=queue_url, AttributeNames=list(_WAITING))
    return sum(int(found["Attributes"].get(name, 0)) for name in _WAITING)


def send_back(
    client: Any, dead_url: str, queue_url: str, *, hidden_seconds: int = HIDDEN_SECONDS
) -> Iterator[str]:
    """Move each message, until there are none; their ids. Raises botocore's errors.

    Sent before it is deleted, so that one that is broken off is there twice rather than not at all.
    """
    while messages := client.receive_message(
        QueueUrl=dead_url,
        MaxNumberOfMessages=_BATCH,
        WaitTimeSeconds=_WAIT_SECONDS,
        VisibilityTimeout=hidden_seconds,
        MessageAttributeNames=["All"],
    ).get("Messages", []):
        for message in messages:
            client.send_message(
                QueueUrl=queue_url,
                MessageBody=message["Body"],
                MessageAttributes=message.get("MessageAttributes", {}),
            )
            client.delete_message(QueueUrl=dead_url, ReceiptHandle=message["ReceiptHandle"])
            yield message["MessageId"]
