"""``flask events``: the worker that reads upload events, and what operators ask of webhooks."""

from __future__ import annotations

import dataclasses
import signal
from typing import Any

import click
import structlog

from app import services
from app.cli.metrics import serving_metrics
from app.cli.webhooks import replay, test_event
from app.events.handler import Handler
from app.events.queue import Queue
from app.events.worker import Worker
from app.operations import pushed_metrics
from app.operations.logs import configure_logging
from app.services.events import event_reports, event_teller, events_queue, upload_role
from config import Settings, SettingsError

log = structlog.get_logger("events")


@click.group("events", invoke_without_command=True)
@click.option("--threads", default=8, show_default=True, type=click.IntRange(1, 64))
@click.option(
    "--visibility-seconds",
    default=60,
    show_default=True,
    type=click.IntRange(3, 43_200),
    help="How long a message stays hidden after its worker died.",
)
@click.option(
    "--metrics-port",
    type=click.IntRange(1, 65_535),
    help="Serve /metrics and /healthz there, by METRICS_TOKEN's rules.  [default: off]",
)
@click.pass_context
def events(
    context: click.Context, threads: int, visibility_seconds: int, metrics_port: int | None
) -> None:
    """Read upload events from the queue, verify, call the webhook.

    SIGTERM and SIGINT end it after the messages in hand. Start as many as you like.
    """
    if context.invoked_subcommand:
        return
    try:
        settings = Settings.from_env()
        if not settings.events_queue_url:
            raise click.ClickException("EVENTS_QUEUE_URL is not set: there is no queue to read")
        configure_logging(settings.log_level)
        queue = events_queue(settings)
        handler = _handler(settings, queue, threads)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    worker = Worker(queue, handler.handle, threads=threads, visibility_seconds=visibility_seconds)

    def stop(*_: Any) -> None:
        worker.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    with serving_metrics(metrics_port, settings.metrics_token), pushed_metrics.pushing():
        log.info("worker ready", threads=threads)
        worker.run()
    log.info("worker ended")


events.add_command(test_event)
events.add_command(replay)


def _handler(settings: Settings, queue: Queue, threads: int) -> Handler:
    # Every thread's work is at the store: there is nobody to keep some free for.
    built = services.build(widest_quota(settings), places=threads)
    role = upload_role(settings)
    reports = event_reports(settings, queue)
    return Handler(
        settings.s3_bucket_name,
        built.assets.completion,
        built.assets.lone_previews,
        reports,
        event_teller(settings, reports),
        wrote=role.wrote if role else lambda _principal: False,
    )


def widest_quota(settings: Settings) -> Settings:
    """The same with one quota for everybody: the widest there is.

    An event names no groups, and what a group's own quota allows must not be removed.
    """
    quotas = [settings.quota_bytes, *settings.quota_bytes_by_group.values()]
    widest = 0 if 0 in quotas else max(quotas)
    return dataclasses.replace(settings, quota_bytes=widest, quota_bytes_by_group={})
