"""What the gateway works with: Redis, the events queue, the back end; and its public address."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import redis
import urllib3

from app.cli.doctor.deployment import Deployment, host_of, not_permitted
from app.cli.doctor.responses import AwsError
from app.cli.doctor.results import Check, Result
from app.events.webhooks import is_forbidden, resolve_name

REDIS = Check(
    "redis",
    "Redis answers",
    "Without it each process counts for itself: limits and quotas are as many times as wide.",
    '`redis-cli -u "$REDIS_URL" ping` from the gateway\'s machine; check host, port, password, '
    "rediss:// for TLS, and the network's rules.",
)
QUEUE = Check(
    "queue",
    "The queue of events exists",
    "Nobody hears of uploads: nothing is verified in the background, no webhook is sent.",
    "`aws sqs list-queues --region {region}`; set EVENTS_QUEUE_URL, or make it: `flask provision`.",
)
DEAD_LETTERS = Check(
    "queue.dead_letters",
    "The queue has a dead-letter queue",
    "An event that cannot be handled comes back for ever.",
    "Console: SQS > the queue > Dead-letter queue > Edit; infra/template.yaml has one.",
)
NOTIFICATION = Check(
    "queue.notification",
    "The bucket tells the queue",
    "Nobody hears of uploads, though queue and worker are well.",
    "Console: S3 > the bucket > Properties > Event notifications: all object create and removal "
    "events, prefix users/, to the queue.",
)
#: Each event as a whole, or all its kinds.
_WANTED = {
    "ObjectCreated": {
        f"ObjectCreated:{k}" for k in ("Put", "Post", "Copy", "CompleteMultipartUpload")
    },
    "ObjectRemoved": {"ObjectRemoved:Delete", "ObjectRemoved:DeleteMarkerCreated"},
}
WEBHOOK = Check(
    "webhook",
    "The back end can be reached",
    "Events come back to the queue until they end with the dead letters.",
    "Check WEBHOOK_URL; from the gateway's machine: `curl -sv <its address>`. docs/webhooks.md.",
)
READY = Check(
    "gateway",
    "The gateway is ready",
    "Load balancers send it nothing.",
    "Its log says why; `curl $PUBLIC_BASE_URL/readyz` names the check that fails.",
)


def redis_results(deployment: Deployment) -> Iterator[Result]:
    settings = deployment.settings
    if not settings.redis_url:
        if settings.web_concurrency > 1:
            yield REDIS.warning(
                f"not set; {settings.web_concurrency} processes count separately",
                "Set REDIS_URL=redis://host:6379/0 when limits or quotas matter.",
            )
        return
    connection = redis.Redis.from_url(
        settings.redis_url, socket_timeout=3, socket_connect_timeout=3
    )
    try:
        connection.ping()
    except redis.RedisError as error:
        # The kind alone: the message may hold what was sent.
        yield REDIS.fault(f"{type(error).__name__} at {host_of(settings.redis_url)}")
    else:
        yield REDIS.ok(host_of(settings.redis_url))
    finally:
        connection.close()


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
            fix = QUEUE.fix.format(region=deployment.settings.aws_region)
            yield QUEUE.fault(error.code.rpartition(".")[2], fix)
        return
    attributes = found["Attributes"]
    waiting = attributes.get("ApproximateNumberOfMessages", "0")
    yield QUEUE.ok(f"{waiting} message(s) waiting")
    has_dead = "RedrivePolicy" in attributes and "deadLetterTargetArn" in json.loads(
        attributes["RedrivePolicy"]
    )
    yield DEAD_LETTERS.ok() if has_dead else DEAD_LETTERS.warning("none")
    yield _notification(deployment, attributes["QueueArn"])


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
        return NOTIFICATION.warning(f"{named} is told; whether it tells the queue is not seen")
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
        rule["Name"].lower() == "prefix" and "users/".startswith(rule["Value"]) for rule in rules
    )


def webhook_results(deployment: Deployment) -> Iterator[Result]:
    """A connection alone: an event that nobody caused would be a lie."""
    parts = urlsplit(deployment.settings.webhook_url)
    if not parts.hostname:
        return
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = resolve_name(parts.hostname, port)
    except OSError:
        yield WEBHOOK.fault(f"{parts.hostname} cannot be resolved")
        return
    if any(is_forbidden(address) for address in found):
        yield WEBHOOK.fault(f"{parts.hostname} leads to a link-local address, which is refused")
        return
    kind = urllib3.HTTPSConnectionPool if parts.scheme == "https" else urllib3.HTTPConnectionPool
    pool = kind(parts.hostname, port, timeout=3, retries=False)
    try:
        # The server's root, as a GET of the webhook's own address might do something.
        pool.request("HEAD", "/", redirect=False)
    except urllib3.exceptions.HTTPError as error:
        yield WEBHOOK.fault(f"{parts.hostname}: {type(error).__name__}")
    else:
        yield WEBHOOK.ok(parts.hostname)
    finally:
        pool.close()


def gateway_results(deployment: Deployment) -> Iterator[Result]:
    """The gateway at its public address, if it is known."""
    base = deployment.settings.public_base_url.rstrip("/")
    if not base:
        return
    response = deployment.fetch("GET", f"{base}/readyz")
    if response.ok:
        yield READY.ok(host_of(base))
    elif response.status == 503:
        checks = json.loads(response.body or b"{}").get("checks", {})
        failed = [name for name, state in checks.items() if state != "ok"]
        yield READY.fault(f"not ready: {', '.join(failed)}")
    else:
        yield READY.fault(f"{host_of(base)}: {response.status or ''} {response.code}")
