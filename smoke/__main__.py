"""``python -m smoke --region eu-west-1``, with your own AWS profile (``AWS_PROFILE``)."""

from __future__ import annotations

import secrets
import signal
import sys
import tempfile
from base64 import b64encode
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from app.cli.env_file import read_env
from app.cli.operator_aws import REGION, aws_client, aws_faults_as_messages
from app.cli.stack_changes import StackError
from config import Settings
from smoke.place import Place, Told, listening
from smoke.report import Result, carry_out, markdown
from smoke.servers import ROOT, serving
from smoke.stack import SmokeStack

COSTS = """This makes a stack of its own in {region}, uses it and removes all of it: 15 to 30
minutes, most of them CloudFront's, and less than $0.10 (docs/aws.md)."""


@click.command()
@click.option("--region", envvar="AWS_REGION", required=True, type=REGION)
@click.option("--edge/--no-edge", default=True, help="With CloudFront, which is slow to make.")
@click.option("--keep", is_flag=True, help="Remove nothing, and say what there is.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def main(region: str, edge: bool, keep: bool, yes: bool) -> None:
    """Make a stack, take the whole journey on it, print a report, remove everything."""
    # Whose account it is: otherwise nothing could be made, and nothing has to be removed.
    with aws_faults_as_messages():
        aws_client("sts", region).get_caller_identity()
    click.echo(COSTS.format(region=region), err=True)
    if not yes:
        click.confirm("Go on?", abort=True, err=True)
    # As Ctrl-C: what was made is removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(run(SmokeStack(region, aws_client, edge), keep=keep))


def run(stack: SmokeStack, *, keep: bool = False) -> int:
    """The exit status: 0 when every step went well and nothing is left behind."""
    results: list[Result] = []
    left: list[str] = []
    try:
        with tempfile.TemporaryDirectory(prefix="smoke-") as folder:
            _journey(stack, Path(folder), results)
    except KeyboardInterrupt:
        results.append(Result("broken off", "FAILED", 0, "by Ctrl-C or SIGTERM"))
    except Exception as error:
        results.append(Result("set-up", "FAILED", 0, _told(error)))
    finally:
        if keep:
            left = [f"everything of {stack.name}, as asked"]
        else:
            click.echo("removing what was made; please wait ...", err=True)
            # One more Ctrl-C or SIGTERM must not leave half of it, which costs money.
            ends = (signal.SIGINT, signal.SIGTERM)
            before = [signal.signal(each, signal.SIG_IGN) for each in ends]
            try:
                left = stack.remove()
            finally:
                for each, handler in zip(ends, before, strict=True):
                    signal.signal(each, handler)
    where = f"AWS {stack.region}, CloudFront {'on' if stack.edge else 'off'}"
    click.echo(markdown(results, where=where, version=_version(), left=left))
    return int(any(each.outcome == "FAILED" for each in results) or (bool(left) and not keep))


def _journey(stack: SmokeStack, folder: Path, results: list[Result]) -> None:
    env_file = folder / "gateway.env"
    try:
        stack.make(env_file)
        results.append(Result("stack", "ok", 0, "made by flask provision"))
    except StackError as error:
        # Parts that an account may refuse; without the main stack there is no environment.
        if "COGNITO_USER_POOL_ID" not in read_env(env_file):
            raise
        results.append(Result("stack", "FAILED", 0, str(error)))
    told = Told(secret := webhook_secret())
    log = ROOT / "smoke.log"
    with listening(told) as hook:
        environment = {**read_env(env_file), "WEBHOOK_URL": hook, "WEBHOOK_SECRET": secret}
        with serving(environment, log) as gateway:
            place = _place(stack, gateway, environment, told)
            show(carry_out(place, edge=stack.edge), results)


def webhook_secret() -> str:
    """One for this run."""
    return f"whsec_{b64encode(secrets.token_bytes(24)).decode()}"


def show(found: Iterable[Result], results: list[Result]) -> None:
    """Add each to ``results`` as it comes, and say it on standard error."""
    for each in found:
        click.echo(f"{each.outcome:9} {each.name}  {each.saw}", err=True)
        results.append(each)


def _place(stack: SmokeStack, gateway: str, environment: Mapping[str, str], told: Told) -> Place:
    settings = Settings.from_env(environment)
    cognito = stack.clients("cognito-idp", stack.region)
    sub, token = sign_up(cognito, settings.cognito_user_pool_id, settings.cognito_client_id[0])
    return Place(
        gateway,
        token,
        sub,
        settings,
        stack.clients("s3", stack.region),
        told,
        cloudwatch=tuple(stack.clients("cloudwatch", each) for each in stack.regions),
    )


def sign_up(cognito: Any, pool: str, client: str) -> tuple[str, str]:
    """A user of this run, confirmed by the operator: ``sub`` and access token."""
    email, password = "smoke@example.com", f"Smoke-{secrets.token_hex(12)}!"
    made = cognito.admin_create_user(
        UserPoolId=pool,
        Username=email,
        MessageAction="SUPPRESS",
        UserAttributes=[
            {"Name": "email", "Value": email},
            {"Name": "email_verified", "Value": "true"},
        ],
    )
    cognito.admin_set_user_password(
        UserPoolId=pool, Username=email, Password=password, Permanent=True
    )
    answer = cognito.initiate_auth(
        ClientId=client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": password},
    )
    attributes = {each["Name"]: each["Value"] for each in made["User"]["Attributes"]}
    return attributes["sub"], answer["AuthenticationResult"]["AccessToken"]


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error} (smoke.log)"


def _version() -> str:
    import tomllib

    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])


if __name__ == "__main__":
    main()
