"""``flask doctor``: the live set-up, looked at item by item."""

from __future__ import annotations

import sys

import click

from app.cli.doctor.answers import Refusal
from app.cli.doctor.environment import environment_rows, process_environment, read_environment
from app.cli.doctor.examination import examine
from app.cli.doctor.fixes import mends_for
from app.cli.doctor.report import document, table
from app.cli.doctor.rows import Row, failed
from app.cli.doctor.site import Site
from app.cli.doctor.token import token_rows
from config import Settings

_TOKEN_NEEDS = ("AWS_REGION", "COGNITO_USER_POOL_ID", "COGNITO_CLIENT_ID")


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.option("--token", metavar="TOKEN", help="Explain one token instead; - reads it from stdin.")
@click.option("--profile", help="AWS profile that reads settings.  [default: the gateway's keys]")
@click.option("--read-only", is_flag=True, help="Do not try an upload, not even a removed one.")
@click.option("--fix", is_flag=True, help="Mend CORS, lifecycle and public access of the bucket.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--strict", is_flag=True, help="Fail on warnings and on what was not looked at, too.")
def doctor(
    as_json: bool,
    token: str | None,
    profile: str | None,
    read_only: bool,
    fix: bool,
    yes: bool,
    strict: bool,
) -> None:
    """Look at the live set-up item by item, and say how to mend each fault.

    Ends with 1 when there is a fault. An object of a few bytes is uploaded, read and removed
    again below users/asset-gateway-doctor/, unless --read-only.
    """
    if token is not None:
        rows = _explain(sys.stdin.read() if token == "-" else token)  # noqa: S105
    else:
        rows = _examine(profile, writes=not read_only)
        if fix and _mend(rows, profile, yes=yes):
            rows = _examine(profile, writes=not read_only)
    bad = failed(rows, strict=strict)
    click.echo(document(rows, failed=bad) if as_json else table(rows))
    sys.exit(1 if bad else 0)


def _examine(profile: str | None, *, writes: bool) -> list[Row]:
    environ = process_environment()
    read = read_environment(environ)
    rows = [*environment_rows(read, environ)]
    return [*rows, *examine(read, _site(read.settings, profile), writes=writes)]


def _explain(token: str) -> list[Row]:
    environ = process_environment()
    read = read_environment(environ)
    if read.unusable.intersection(_TOKEN_NEEDS):
        return [*environment_rows(read, environ)]
    return [*token_rows(Site(read.settings), token)]


def _mend(rows: list[Row], profile: str | None, *, yes: bool) -> bool:
    """Mend what may be mended, each after asking; whether anything was."""
    site = _site(read_environment(process_environment()).settings, profile)
    done = False
    for mend in mends_for(rows):
        bucket = site.settings.s3_bucket_name
        if not (yes or click.confirm(f"{bucket}: {mend.what}?", err=True)):
            continue
        try:
            mend.apply(site)
        except Refusal as refusal:
            click.echo(f"{bucket}: not done, AWS answered {refusal.code}", err=True)
        else:
            click.echo(f"{bucket}: done: {mend.what}", err=True)
            done = True
    return done


def _site(settings: Settings, profile: str | None) -> Site:
    from botocore.exceptions import ProfileNotFound

    site = Site(settings, profile)
    try:
        if profile:
            site.client("s3")
    except ProfileNotFound as error:
        raise click.ClickException(str(error)) from None
    return site
