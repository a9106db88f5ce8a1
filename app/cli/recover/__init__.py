"""``flask recover``: what is done by hand after a loss (docs/recovery.md).

Every step may be run again, shows what it would do by ``--dry-run``, and overwrites nothing.
``folders`` works with the gateway's own environment, all others with the operator's credentials.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from app import services
from app.assets.handover import Handover
from app.assets.share_records import ShareRecords
from app.cli.operator_aws import BUCKET, REGION, aws_client
from app.cli.recover.accounts import (
    make_accounts,
    match,
    read_accounts,
    read_mapping,
    read_pool,
    write_accounts,
    write_mapping,
)
from app.cli.recover.buckets import BucketCopy, undelete
from app.cli.recover.dead_letters import return_dead_letters
from app.cli.recover.options import (
    TO_READ,
    TO_WRITE,
    check_new,
    dry_run_option,
    faults_as_messages,
    pool_option,
    region_option,
)
from app.domain.grammar import USERS
from app.domain.paths import Root
from config import Settings


@click.group("recover")
def recover() -> None:
    """Copies, restores and moves after a loss."""


recover.add_command(return_dead_letters)


@recover.command("export")
@pool_option
@region_option
@click.argument("file", type=TO_WRITE)
def export_accounts(pool: str, region: str, file: Path) -> None:
    """Write the pool's users to FILE: sub, e-mail address, groups. Passwords cannot be had."""
    with faults_as_messages():
        check_new(file)
        accounts = read_pool(aws_client("cognito-idp", region), pool)
        write_accounts(file, accounts)
    click.echo(f"{len(accounts)} user(s) in {file}")


@recover.command("import")
@pool_option
@region_option
@click.option("--invite/--no-invite", default=True, help="Have Cognito send temporary passwords.")
@click.argument("file", type=TO_READ)
def import_accounts(pool: str, region: str, invite: bool, file: Path) -> None:
    """Make the users of FILE in another pool, which gives each a new sub. Ends with 1 if somebody
    was there who is not in their groups, or not disabled."""
    with faults_as_messages():
        client = aws_client("cognito-idp", region)
        made, there, left = make_accounts(client, pool, read_accounts(file), invite=invite)
    for line in left:
        click.echo(line, err=True)
    click.echo(f"{made} user(s) made, {there} were there")
    if left:
        raise click.ClickException(f"{len(left)} thing(s) are left to you")


@recover.command("match")
@click.argument("old", type=TO_READ)
@click.argument("new", type=TO_READ)
@click.argument("mapping", type=TO_WRITE)
def match_accounts(old: Path, new: Path, mapping: Path) -> None:
    """Say in MAPPING whose folder goes to whom: by addresses that both pools have verified."""
    with faults_as_messages():
        check_new(mapping)
        pairs, left = match(read_accounts(old), read_accounts(new))
        write_mapping(mapping, pairs)
    for line in left:
        click.echo(f"left out: {line}", err=True)
    click.echo(f"{len(pairs)} user(s) in {mapping}, {len(left)} left out")


@recover.command("folders")
@dry_run_option
@click.argument("mapping", type=TO_READ)
def folders(dry_run: bool, mapping: Path) -> None:
    """Move each old sub's folder of MAPPING to the new one. Ends with 1 if a file is left."""
    left = 0
    with faults_as_messages():
        pairs = read_mapping(mapping)
        handover = _handover()
        for old, new in pairs.items():
            counts: Counter[str] = Counter()
            size = 0
            for step in handover.move(Root(old), Root(new), dry_run=dry_run):
                counts[step.outcome] += 1
                size += step.size
                if step.outcome == "conflict":
                    click.echo(f"conflict: {step.key}: another file is at {new}", err=True)
                elif step.why:
                    click.echo(f"{step.outcome}: {step.key}: {step.why}", err=True)
            left += counts["conflict"] + counts["refused"]
            told = ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))
            click.echo(f"{old} -> {new}: {told or 'nothing there'}, {size} bytes")
    if left:
        raise click.ClickException(f"{left} file(s) were left where they are")


def _handover() -> Handover:
    settings = Settings.from_env()
    built = services.build(settings)
    storage = built.storage
    records = ShareRecords(
        storage.objects, storage.listings, storage.deleter, built.signing.share_records
    )
    return Handover(
        storage.objects,
        storage.listings,
        storage.copier,
        storage.deleter,
        records,
        built.signing.copy_marks,
    )


@recover.command("copy")
@click.option("--from", "source", required=True, type=BUCKET, help="The bucket to copy from.")
@click.option("--from-region", required=True, type=REGION)
@click.option("--to", "target", required=True, type=BUCKET, help="The bucket to copy to.")
@click.option("--to-region", required=True, type=REGION)
@click.option("--prefix", default=USERS, show_default=True)
@dry_run_option
def copy_bucket(
    source: str, from_region: str, target: str, to_region: str, prefix: str, dry_run: bool
) -> None:
    """Copy what is not there yet, with type and metadata. Ends with 1 unless all is the same."""
    counts: Counter[str] = Counter()
    size = 0
    with faults_as_messages():
        copy = BucketCopy(
            aws_client("s3", from_region), source, aws_client("s3", to_region), target
        )
        for step in copy.run(prefix, dry_run=dry_run):
            counts[step.outcome] += 1
            size += step.size
            if step.why:
                click.echo(f"{step.outcome}: {step.key}: {step.why}", err=True)
    told = ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))
    click.echo(f"{told or 'nothing there'}, {size} bytes")
    if bad := counts["conflict"] + counts["failed"]:
        raise click.ClickException(f"{bad} object(s) are not the same in both")


@recover.command("deleted")
@click.option("--bucket", required=True, type=BUCKET)
@region_option
@click.option("--prefix", required=True, help="Such as users/SUB/, or users/ for everybody.")
@click.option("--since", required=True, type=click.DateTime(), help="In UTC.")
@dry_run_option
def restore_deleted(
    bucket: str, region: str, prefix: str, since: datetime, dry_run: bool, **_: Any
) -> None:
    """Have what was deleted below the prefix since then be there again."""
    count = 0
    if not prefix:
        raise click.UsageError("--prefix is users/SUB/, or users/ for everybody")
    with faults_as_messages():
        client = aws_client("s3", region)
        for key in undelete(client, bucket, prefix, since.replace(tzinfo=UTC), dry_run=dry_run):
            click.echo(key)
            count += 1
    click.echo(f"{count} object(s)", err=True)
