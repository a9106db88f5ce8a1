"""Who hears of what happens to assets: the back end, the event worker, the edge's caches."""

from __future__ import annotations

from dataclasses import dataclass

from app.assets.completion import Reporter, Silent
from app.aws.clients import LazyClient
from app.aws.edge_cache import EdgeCache
from app.aws.upload_role import UploadRole
from app.domain.events import EventType
from app.domain.partitions import partition_of
from app.events.notifier import Notifier
from app.events.queue import Queue
from app.events.receivers import Receiver, Receivers
from app.events.reports import LIFE_SECONDS, Reports
from app.events.webhooks import DEFAULT, WebhookSender
from app.services.signing import signed_tokens, static_keys, sts_client
from config import Settings


@dataclass(frozen=True, slots=True)
class Events:
    """``reporter`` hears of what was verified, ``notifier`` of what was deleted: it tells the back
    end without a queue. Where there is a queue the worker alone does, and it is None."""

    reporter: Reporter
    notifier: Notifier | None
    edge: EdgeCache


def build_events(settings: Settings) -> Events:
    edge = edge_cache(settings)
    if settings.events_queue_url:
        return Events(event_reports(settings, events_queue(settings)), None, edge)
    receivers = webhook_receivers(settings)
    if not receivers:
        return Events(Silent(), None, edge)
    notifier = Notifier(settings.s3_bucket_name, receivers)
    return Events(notifier, notifier, edge)


def webhook_receivers(settings: Settings) -> list[Receiver]:
    """The back ends that are told; none where nobody is to be."""
    names = ["", *sorted(settings.webhook_urls)]
    urls = {"": settings.webhook_url, **settings.webhook_urls}
    secrets = {"": settings.webhook_secret, **settings.webhook_secrets}
    types = {"": settings.webhook_types, **settings.webhook_types_by_name}
    receivers = []
    for each in names:
        if urls[each]:
            name = each.lower() or DEFAULT
            sender = WebhookSender(urls[each], secrets[each].split(), name=name)
            wanted = frozenset(EventType(kind) for kind in types.get(each, ()))
            receivers.append(Receiver(name, sender, wanted))
    return receivers


def event_teller(settings: Settings, reports: Reports) -> Receivers | None:
    """Who tells the back ends; None when nobody is to be told."""
    receivers = webhook_receivers(settings)
    return Receivers(receivers, reports.postpone) if receivers else None


def events_queue(settings: Settings) -> Queue:
    """The queue that ``EVENTS_QUEUE_URL`` names."""
    sqs = LazyClient(
        "sqs", settings.aws_region, endpoint=settings.sqs_endpoint, keys=static_keys(settings)
    )
    return Queue(sqs, settings.events_queue_url)


def event_reports(settings: Settings, queue: Queue) -> Reports:
    """What the API and the worker leave in ``queue`` for the worker."""
    tokens = signed_tokens(settings, "report", LIFE_SECONDS)
    return Reports(settings.s3_bucket_name, queue, tokens)


def edge_cache(settings: Settings) -> EdgeCache:
    """The caches to tell of deletions, if a distribution is named."""
    distribution = settings.cloudfront_distribution_id
    # CloudFront is one service for all regions of a partition, and signs for one of them.
    region = partition_of(settings.s3_region).global_region
    client = LazyClient("cloudfront", region, keys=static_keys(settings))
    return EdgeCache(client if distribution else None, distribution)


def upload_role(settings: Settings) -> UploadRole | None:
    """The role whose credentials browsers get, None without one."""
    if not settings.s3_upload_role_arn:
        return None
    return UploadRole(sts_client(settings), settings.s3_upload_role_arn)
