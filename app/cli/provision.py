"""``flask provision``: the AWS stack from ``infra/``, and the environment that belongs to it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from app.cli.files import FileError
from app.cli.operator_aws import (
    BUCKET,
    GATEWAY_URL,
    ORIGIN,
    REGION,
    aws_client,
    aws_faults_as_messages,
)
from app.cli.stack_changes import StackError
from app.cli.stack_environment import AccessKeyError
from app.cli.stack_keys import SLOTS, KeysError
from app.cli.stack_rollout import Request, Rollout

RESERVED_WORDS = ("aws", "amazon", "cognito")
_STACK_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,109}")  # AWS' 128, with what is put behind it


def _stack_name(_context: click.Context, _option: click.Parameter, name: str) -> str:
    if not _STACK_NAME.fullmatch(name):
        raise click.BadParameter("a letter, then letters, digits and hyphens, 110 at most")
    return name


@click.command("provision")
@click.option(
    "--stack",
    default="asset-gateway",
    show_default=True,
    callback=_stack_name,
    help="The stack's name.",
)
@click.option(
    "--region", envvar="AWS_REGION", required=True, type=REGION, help="Of pool, bucket and queue."
)
@click.option("--bucket", type=BUCKET, help="Name of the bucket.  [needed the first time]")
@click.option(
    "--origin", multiple=True, type=ORIGIN, help="Exact origin of a front end; may be repeated."
)
@click.option("--alarm-email", help="Who is told of alarms.")
@click.option("--set", "pairs", multiple=True, metavar="NAME=VALUE", help="Any other parameter.")
@click.option("--tag", "tags", multiple=True, metavar="NAME=VALUE", help="Tag of all resources.")
@click.option("--replica-region", type=REGION, help="Replicate the bucket to one made there.")
@click.option("--gateway-url", type=GATEWAY_URL, help="Public address of the gateway.")
@click.option(
    "--env-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the environment there (0600), secrets included; read first, other lines stay.",
)
@click.option("--rotate-key", is_flag=True, help="Give the edge a second, fresh signing key.")
@click.option("--retire-key", is_flag=True, help="Have the edge accept the env file's key alone.")
@click.option("--new-access-key", is_flag=True, help="Make another access key for the gateway.")
@click.option("--dry-run", is_flag=True, help="Show what would change.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def provision(
    bucket: str | None,
    origin: tuple[str, ...],
    alarm_email: str | None,
    pairs: tuple[str, ...],
    tags: tuple[str, ...],
    **asked: Any,
) -> None:
    """Create or update the AWS side, and print the environment for back end and front end.

    Uses your own AWS credentials (profile, environment), not the gateway's. What is not given
    stays as it is, so it may be run again at any time. Ends with 1 when an optional part (replica,
    alarms, protection) was refused; the environment is written all the same.
    """
    if os.environ.get("OIDC_ISSUER"):
        click.echo(
            "OIDC_ISSUER is set: the gateway does not use this stack's user pool, so leave "
            "the COGNITO_ lines out of its environment.",
            err=True,
        )
    if asked["rotate_key"] and asked["retire_key"]:
        raise click.UsageError("--rotate-key and --retire-key are the two ends of one rotation")
    if asked["replica_region"] == asked["region"]:
        raise click.UsageError("--replica-region is for another region than --region")
    given = {"BucketName": bucket, "Origins": ",".join(origin), "AlarmEmail": alarm_email}
    parameters = {name: value for name, value in given.items() if value} | _pairs(pairs)
    _check_domain(parameters)
    request = Request(parameters=parameters, tags=_tags(tags), **asked)
    try:
        with aws_faults_as_messages():
            Rollout(request, aws_client).run()
    except (StackError, AccessKeyError, KeysError, FileError) as error:
        raise click.ClickException(str(error)) from None


def _check_domain(parameters: Mapping[str, str]) -> None:
    """Cognito takes no domain with these words; it would say so after a quarter of an hour.

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain-prefix.html
    """
    if not parameters.get("ServiceScope"):
        return
    prefix = parameters.get("ServiceDomain") or parameters.get("BucketName", "")
    if found := next((word for word in RESERVED_WORDS if word in prefix), None):
        raise click.UsageError(
            f"Cognito takes no domain with {found} in it, such as {prefix}: choose another by "
            "--set ServiceDomain=PREFIX"
        )


def _tags(texts: tuple[str, ...]) -> dict[str, str]:
    tags = dict(text.partition("=")[::2] for text in texts)
    if not all(name and value for name, value in tags.items()):
        raise click.UsageError("--tag takes NAME=VALUE, such as --tag team=media")
    return tags


def _pairs(texts: tuple[str, ...]) -> dict[str, str]:
    pairs = dict(text.partition("=")[::2] for text in texts)
    for text in texts:
        name, equals, _ = text.partition("=")
        # Nothing behind it empties a parameter; without it that would be by mistake.
        if not (name.isalnum() and equals):
            raise click.UsageError(
                "--set takes NAME=VALUE, such as --set PriceClass=PriceClass_All"
            )
        if name in SLOTS:
            raise click.UsageError("keys are made here: --rotate-key and --retire-key")
    return pairs
