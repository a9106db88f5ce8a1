"""``flask doctor``: the live set-up, looked at item by item."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from app.cli.doctor.checks import run_checks
from app.cli.doctor.deployment import Deployment
from app.cli.doctor.environment import environment_results
from app.cli.doctor.fixes import fixes_for
from app.cli.doctor.frontend import frontend_results, read_dotenv
from app.cli.doctor.reading import process_environment, read_environment
from app.cli.doctor.report import document, table
from app.cli.doctor.responses import AwsError
from app.cli.doctor.results import Result, failed
from app.cli.doctor.token import token_results
from config import Settings

_TOKEN_NEEDS = (
    *("AWS_REGION", "COGNITO_USER_POOL_ID", "COGNITO_CLIENT_ID"),
    *("OIDC_ISSUER", "OIDC_AUDIENCE"),
)


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.option("--token", metavar="TOKEN", help="Explain one token instead; - reads it from stdin.")
@click.option(
    "--frontend",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Compare a front end's NEXT_PUBLIC_*, VITE_*, … (.env.local) with the gateway's settings.",
)
@click.option("--profile", help="AWS profile that reads settings.  [default: the gateway's keys]")
@click.option("--read-only", is_flag=True, help="Do not try an upload, not even a removed one.")
@click.option("--fix", is_flag=True, help="Fix CORS, lifecycle and public access of the bucket.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--strict", is_flag=True, help="Fail on warnings and on what was not looked at, too.")
def doctor(
    as_json: bool,
    token: str | None,
    frontend: Path | None,
    profile: str | None,
    read_only: bool,
    fix: bool,
    yes: bool,
    strict: bool,
) -> None:
    """Check the live set-up item by item, and say how to fix each fault.

    Ends with 1 when there is a fault. An object of a few bytes is uploaded, read and removed
    again below users/asset-gateway-doctor/, unless --read-only.
    """
    if profile == "":
        raise click.UsageError("--profile names no profile")
    if token is not None:
        results = _explain(sys.stdin.read() if token == "-" else token)  # noqa: S105
    else:
        results = _run_checks(profile, writes=not read_only)
        if fix and _fix(results, profile, yes=yes):
            results = _run_checks(profile, writes=not read_only)
    if frontend:
        settings = read_environment(process_environment()).settings
        results = [*results, *frontend_results(settings, read_dotenv(frontend))]
    bad = failed(results, strict=strict)
    click.echo(document(results, failed=bad) if as_json else table(results))
    sys.exit(1 if bad else 0)


def _run_checks(profile: str | None, *, writes: bool) -> list[Result]:
    environ = process_environment()
    read = read_environment(environ)
    results = [*environment_results(read, environ)]
    return [*results, *run_checks(read, _deployment(read.settings, profile), writes=writes)]


def _explain(token: str) -> list[Result]:
    environ = process_environment()
    read = read_environment(environ)
    if read.unusable.intersection(_TOKEN_NEEDS):
        return [*environment_results(read, environ)]
    return [*token_results(Deployment(read.settings), token)]


def _fix(results: list[Result], profile: str | None, *, yes: bool) -> bool:
    """Apply the fixes that are agreed to; whether there was any."""
    deployment = _deployment(read_environment(process_environment()).settings, profile)
    done = False
    for fix in fixes_for(results):
        bucket = deployment.settings.s3_bucket_name
        if not (yes or click.confirm(f"{bucket}: {fix.what}?", err=True)):
            continue
        try:
            fix.apply(deployment)
        except AwsError as error:
            click.echo(f"{bucket}: not done, AWS answered {error.code}", err=True)
        else:
            click.echo(f"{bucket}: done: {fix.what}", err=True)
            done = True
    return done


def _deployment(settings: Settings, profile: str | None) -> Deployment:
    from botocore.exceptions import ProfileNotFound

    deployment = Deployment(settings, profile)
    try:
        if profile:
            deployment.client("s3")
    except ProfileNotFound as error:
        raise click.ClickException(str(error)) from None
    return deployment
