"""The queue of upload events, and whether the bucket's word reaches it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from app.cli.doctor.deployment import Deployment
from app.cli.doctor.policies import lets_service, statements_of
from app.cli.doctor.responses import AwsError, not_permitted
from app.cli.doctor.results import Check, Result, Status
from app.domain.grammar import USERS

QUEUE = Check(
    "queue",
    "The events queue exists",
    "Uploads are not verified in the background, and no webhooks are sent.",
    "`aws sqs list-queues --region {region}`; set EVENTS_QUEUE_URL. Without a stack, `flask "
    "provision` creates one; a queue that was deleted by hand it does not miss: docs/recovery.md, "
    "Changed by hand.",
)
DEAD_LETTERS = Check(
    "queue.dead_letters",
    "The queue has a dead-letter queue",
    "An event that cannot be handled is delivered again for ever.",
    "Console: SQS > the queue > Dead-letter queue > Edit; infra/template.yaml has one.",
)
NOTIFICATION = Check(
    "queue.notification",
    "The bucket notifies the queue",
    "Uploads are not noticed, although queue and worker are fine.",
    "Console: S3 > the bucket > Properties > Event notifications: all object create and removal "
    "events, prefix users/, to the queue.",
)
QUEUE_POLICY = Check(
    "queue.policy",
    "The queue's policy lets S3 send",
    "S3 drops its events silently, so uploads are not verified in the background.",
    "Console: SQS > the queue > Access policy: add the statement BucketTells of "
    "UploadEventsPolicy in infra/template.yaml.",
)
#: Each event as a whole, or all its kinds.
_WANTED = {
    "ObjectCreated": {
        f"ObjectCreated:{k}" for k in ("Put", "Post", "Copy", "CompleteMultipartUpload")
    },
    "ObjectRemoved": {"ObjectRemoved:Delete", "ObjectRemoved:DeleteMarkerCreated"},
}


def queue_results(deployment: Deployment) -> Iterator[Result]:
    """The queue, its dead letters, and the bucket's word to it."""
    url = deployment.settings.events_queue_url
    if not url:
        return
    try:
        found = deployment.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"])
    except AwsError as error:
        if error.is_denied:
            yield not_permitted(QUEUE, error)
        else:
            yield QUEUE.fault(error.code.rpartition(".")[2])
        return
    attributes = found["Attributes"]
    waiting = attributes.get("ApproximateNumberOfMessages", "0")
    yield QUEUE.ok(f"{waiting} message(s) waiting")
    has_dead = "RedrivePolicy" in attributes and "deadLetterTargetArn" in json.loads(
        attributes["RedrivePolicy"]
    )
    yield DEAD_LETTERS.ok() if has_dead else DEAD_LETTERS.warning("none")
    notified = _notification(deployment, attributes["QueueArn"])
    yield notified
    if notified.status is Status.OK:
        policy = statements_of(attributes.get("Policy", "{}"))
        may = any(lets_service(each, "s3.amazonaws.com", "sqs:SendMessage") for each in policy)
        yield QUEUE_POLICY.passes_if(may, "yes", "s3.amazonaws.com may not send")


def _notification(deployment: Deployment, arn: str) -> Result:
    try:
        found = deployment.call(
            "s3", "get_bucket_notification_configuration", Bucket=deployment.settings.s3_bucket_name
        )
    except AwsError as error:
        return not_permitted(NOTIFICATION, error)
    told = {
        event.removeprefix("s3:")
        for each in found.get("QueueConfigurations", [])
        if each["QueueArn"] == arn and _concerns_users(each)
        for event in each["Events"]
    }
    others = {"EventBridgeConfiguration": "EventBridge", "TopicConfigurations": "SNS"}
    if not told and (between := [name for key, name in others.items() if found.get(key)]):
        named = " and ".join(between)
        return NOTIFICATION.warning(
            f"{named} is notified; whether it notifies the queue cannot be seen"
        )
    lacking = [
        event for event, kinds in _WANTED.items() if f"{event}:*" not in told and not kinds <= told
    ]
    return NOTIFICATION.passes_if(
        not lacking, "yes", f"not of every {' and '.join(lacking)} below users/"
    )


def _concerns_users(configuration: Mapping[str, Any]) -> bool:
    """Whether its filter lets every key below ``users/`` pass."""
    rules = configuration.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    return all(
        rule["Name"].lower() == "prefix" and USERS.startswith(rule["Value"]) for rule in rules
    )
