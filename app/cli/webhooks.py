"""``flask events test`` and ``flask events replay``: what operators ask of webhooks."""

from __future__ import annotations

import secrets
import shlex
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import click

from app import services
from app.assets.history import History
from app.domain.documents import rfc3339
from app.domain.errors import Problem
from app.domain.events import tried
from app.events.receivers import Receiver
from app.events.replay import Replay
from app.events.webhooks import DeliveryFailed
from app.operations.logs import configure_logging
from app.services.events import webhook_receivers
from config import Settings, SettingsError


class Instant(click.ParamType[datetime]):
    """A date or a time by RFC 3339; UTC where it does not say otherwise."""

    name = "time"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            self.fail("must be a time such as 2026-11-01 or 2026-11-01T08:00:00Z", param, ctx)
        return found if found.tzinfo else found.replace(tzinfo=UTC)


names_option = click.option(
    "--receiver", "names", multiple=True, help="By its name, repeatable.  [default: all]"
)


@click.command("test")
@names_option
def test_event(names: tuple[str, ...]) -> None:
    """Send a signed test event to each receiver, and say what it answers.

    Its type is "test", and it is about no asset. Ends with 1 unless all answer 2xx.
    """
    event = tried(datetime.now(UTC), secrets.token_hex(8))
    failed = False
    for receiver in _receivers(_settings(), names):
        began = time.monotonic()
        try:
            receiver.sender.send(event)
        except DeliveryFailed as error:
            failed = True
            click.echo(f"{receiver.name}: {error}")
        else:
            click.echo(f"{receiver.name}: taken in {time.monotonic() - began:.2f} s")
    if failed:
        raise SystemExit(1)


@click.command("replay")
@click.option("--since", required=True, type=Instant(), help="From this time on.")
@click.option("--until", type=Instant(), help="Before this time.  [default: now]")
@click.option("--after", default="", metavar="KEY", help="Go on behind this key.")
@click.option("--threads", default=4, show_default=True, type=click.IntRange(1, 64))
@names_option
def replay(
    since: datetime, until: datetime | None, after: str, threads: int, names: tuple[str, ...]
) -> None:
    """Tell again what happened in a range of time, from the bucket as it is now.

    Events have the ids that they had. When it is stopped it prints how to go on.
    """
    settings = _settings()
    until = until or datetime.now(UTC)
    if since >= until:
        raise click.UsageError(f"--since must be before {rfc3339(until)}, where it ends")
    receivers = _receivers(settings, names)
    built = services.build(settings, places=threads)
    storage, bucket = built.storage, settings.s3_bucket_name
    history = History(bucket, storage.listings, storage.versions)
    told = Replay(bucket, history, built.assets.completion, receivers, threads=threads)
    counts: Counter[str] = Counter()
    with (
        _going_on(since, until, names, after) as position,
        closing(told.run(since, until, after=after)) as run,
    ):
        position.append(after)
        for progress in run:
            position[:] = [progress.position]
            counts = progress.counts
            click.echo(f"{counts.total()} seen, up to {progress.position}", err=True)
    for what, count in sorted(counts.items()):
        click.echo(f"{what}: {count}")
    click.echo(f"All from {rfc3339(since)} until {rfc3339(until)} is told.")


@contextmanager
def _going_on(
    since: datetime, until: datetime, names: tuple[str, ...], after: str
) -> Iterator[list[str]]:
    """Says how to go on behind the position in the list, when something stops it."""
    position = [after]
    try:
        yield position
    except (DeliveryFailed, Problem, KeyboardInterrupt) as error:
        why = error.detail if isinstance(error, Problem) else str(error) or "Interrupted"
        command = ["flask", "events", "replay", "--since", since.isoformat()]
        command += ["--until", until.isoformat()]
        command += [part for name in names for part in ("--receiver", name)]
        command += [part for key in position if key for part in ("--after", key)]
        raise click.ClickException(f"{why}\nTo go on: {shlex.join(command)}") from None


def _settings() -> Settings:
    try:
        settings = Settings.from_env()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    configure_logging(settings.log_level)
    return settings


def _receivers(settings: Settings, names: tuple[str, ...]) -> list[Receiver]:
    found = webhook_receivers(settings)
    if not found:
        raise click.ClickException("WEBHOOK_URL is not set: there is nobody to tell")
    known = [receiver.name for receiver in found]
    for name in names:
        if name.lower() not in known:
            raise click.ClickException(f"There is no receiver {name}, but {', '.join(known)}")
    wanted = {name.lower() for name in names} or {*known}
    return [receiver for receiver in found if receiver.name in wanted]
