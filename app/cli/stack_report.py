"""What ``flask provision`` shows: changes before they are made, and the environments after."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from app.cli.env_file import env_text, read_env
from app.cli.stack_changes import Change, Found
from app.cli.stack_environment import SECRETS, front_end_environment


def changes_table(changes: list[Change]) -> str:
    """One line a resource."""
    if not changes:
        return "nothing changes"
    lines = [
        f"  {each.action:<7} {each.logical_id:<24} {each.kind}"
        + ("  REPLACED: made anew, the old one goes" if each.replaced else "")
        for each in changes
    ]
    return "\n".join([f"{len(changes)} change(s)", *lines])


def event_line(event: Mapping[str, Any]) -> str:
    """What happened to one resource, with the reason of a failure."""
    reason = event.get("ResourceStatusReason", "")
    at: datetime = event["Timestamp"]
    text = f"{at:%H:%M:%S}  {event['ResourceStatus']:<20}  {event['LogicalResourceId']}"
    return f"{text}  {reason}" if event["ResourceStatus"].endswith("_FAILED") else text


def agreed(changes: list[Change]) -> bool:
    """Ask the operator."""
    replaced = any(each.replaced for each in changes)
    return click.confirm("Replace resources?" if replaced else "Make these changes?", err=True)


def report(after: Found, values: Mapping[str, str], region: str, path: Path | None) -> None:
    """Both environments on standard output; secrets only where no file (``path``) keeps them."""
    if path:
        click.echo(f"wrote {path}: the gateway's environment, secrets included", err=True)
    shown = {name: text for name, text in values.items() if not (path and name in SECRETS)}
    click.echo("# gateway\n" + env_text(shown))
    front_end = front_end_environment(after, region, values.get("PUBLIC_BASE_URL", ""))
    click.echo("# front end\n" + env_text(front_end), nl=False)
    _report_service(after, region)
    if after.outputs.get("GatewayUserName") and not _knows_key(values, path):
        click.echo(
            "# S3_ACCESS_KEY_ID: the user has a key already, whose secret AWS shows once. "
            "--new-access-key makes another",
            err=True,
        )


def _report_service(after: Found, region: str) -> None:
    """Where back ends get tokens. The secret is theirs alone, and is not shown."""
    outputs = after.outputs
    if client_id := outputs.get("ServiceClientId"):
        # Where the template does not know the domain's host, the pool itself does.
        discovery = f"{outputs.get('Issuer', 'ISSUER')}/.well-known/openid-configuration"
        where = outputs.get("TokenEndpoint", f"the token_endpoint that {discovery} names")
        click.echo(
            f"# back end: client {client_id}, tokens from {where}. Its secret:\n"
            f"#   aws cognito-idp describe-user-pool-client --region {region} "
            f"--user-pool-id {outputs['UserPoolId']} --client-id {client_id} "
            "--query UserPoolClient.ClientSecret --output text",
            err=True,
        )


def _knows_key(values: Mapping[str, str], path: Path | None) -> bool:
    """Whether an access key is known, from this run or in the file."""
    return "S3_ACCESS_KEY_ID" in values or bool(path and "S3_ACCESS_KEY_ID" in read_env(path))
