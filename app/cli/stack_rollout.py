"""One run of ``flask provision``: replica, main stack, alarms in ``us-east-1``, environment."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from app.cli.env_file import env_text, read_env, write_env
from app.cli.stack_changes import Change, Found, Stack
from app.cli.stack_environment import (
    SECRETS,
    access_key,
    front_end_environment,
    gateway_environment,
    kept_secrets,
)
from app.cli.stack_keys import Keys, keep_keys, retire_key, rotate_key

#: CloudFront and the bill report their metrics there, wherever the rest is.
HOME_REGION = "us-east-1"
_SECONDS_BETWEEN_QUESTIONS = 3

Clients = Callable[[str, str], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the operator asked for, as given on the command line."""

    stack: str
    region: str
    parameters: Mapping[str, str]
    replica_region: str | None
    env_file: Path | None
    gateway_url: str
    rotate_key: bool
    retire_key: bool
    new_access_key: bool
    dry_run: bool
    yes: bool


@dataclass(slots=True)
class Rollout:
    """One run for one request; ``clients`` makes boto3's by service and region."""

    request: Request
    clients: Clients
    pause: Callable[[], None] = lambda: time.sleep(_SECONDS_BETWEEN_QUESTIONS)
    change_set: str = field(default_factory=lambda: f"provision-{secrets.token_hex(4)}")

    def run(self) -> None:
        request = self.request
        env = read_env(request.env_file) if request.env_file else {}
        main = self._stack(request.stack, request.region, "template.yaml")
        before = main.find()
        parameters = self._parameters(before)
        keys = self._keys(parameters, env)
        kept = kept_secrets(env, keys, is_new=before is None or request.env_file is not None)
        if request.env_file and not (request.dry_run or request.rotate_key):
            # Before the edge knows its public half, so that no key is accepted that was lost. In a
            # rotation the file's key is in use until the new one is accepted.
            write_env(request.env_file, kept)
        if request.replica_region:
            parameters["ReplicaBucketName"] = self._replicate(parameters["BucketName"])
        after = self._roll_out(main, parameters | (dict(keys.public) if keys else {}), before)
        if after is None:
            return
        self._alarm(after)
        slot = keys.slot if keys else None
        values = gateway_environment(after, request.region, slot=slot) | kept
        if request.gateway_url:
            values["PUBLIC_BASE_URL"] = request.gateway_url
        user = after.outputs.get("GatewayUserName")
        if user:
            iam = self.clients("iam", request.region)
            values |= access_key(iam, user, env, fresh=request.new_access_key)
        self._report(after, values)

    def _parameters(self, before: Found | None) -> dict[str, str]:
        known = dict(before.parameters) if before else {}
        parameters = known | dict(self.request.parameters)
        if before is None and not {"BucketName", "Origins"} <= parameters.keys():
            raise click.UsageError("a new stack needs --bucket and at least one --origin")
        changed = parameters["BucketName"] != known.get("BucketName", parameters["BucketName"])
        if changed:
            raise click.UsageError(
                "another bucket name would leave all objects behind; see docs/recovery.md"
            )
        return parameters

    def _keys(self, parameters: Mapping[str, str], env: Mapping[str, str]) -> Keys | None:
        if parameters.get("Edge") == "false":
            return None
        private = env.get("CLOUDFRONT_PRIVATE_KEY")
        if self.request.rotate_key:
            return rotate_key(parameters)
        if self.request.retire_key:
            return retire_key(parameters, private)
        return keep_keys(parameters, private)

    def _replicate(self, bucket: str) -> str:
        """Make the bucket in the other region; its name."""
        name = f"{bucket}-replica"
        region = self.request.replica_region or ""
        stack = self._stack(f"{self.request.stack}-replica", region, "replica.yaml")
        self._roll_out(stack, {"ReplicaBucketName": name}, stack.find())
        return name

    def _alarm(self, main: Found) -> None:
        stack = self._stack(f"{self.request.stack}-edge-alarms", HOME_REGION, "edge-alarms.yaml")
        before = stack.find()
        parameters = dict(before.parameters) if before else {}
        if main.parameters.get("AlarmEmail") and not parameters.get("AlarmEmail"):
            parameters["CostMonitorArn"] = self._cost_monitor()
        parameters["DistributionId"] = main.outputs.get("DistributionId", "")
        parameters["AlarmEmail"] = main.parameters.get("AlarmEmail", "")
        self._roll_out(stack, parameters, before)

    def _cost_monitor(self) -> str:
        """The account's monitor of AWS services, as a second one is refused."""
        monitors = self.clients("ce", HOME_REGION).get_anomaly_monitors()["AnomalyMonitors"]
        ours = (each for each in monitors if each.get("MonitorDimension") == "SERVICE")
        return str(next((each["MonitorArn"] for each in ours), ""))

    def _roll_out(
        self, stack: Stack, parameters: Mapping[str, str], before: Found | None
    ) -> Found | None:
        """Show the change and make it; the stack after it, None after a dry run.

        Raises ``click.Abort`` when the operator says no.
        """
        declared = stack.declared()
        unknown = [name for name in self.request.parameters if name not in declared]
        if unknown and stack.name == self.request.stack:
            raise click.UsageError(f"the template has no parameter {', '.join(unknown)}")
        # What an older template knew and this one does not would be refused.
        kept = {name: value for name, value in parameters.items() if name in declared}
        changes = stack.plan(kept, existing=before is not None, name=self.change_set)
        click.echo(f"{stack.name}: {_table(changes)}", err=True)
        if changes:
            if self.request.dry_run or not (self.request.yes or _agreed(changes)):
                stack.forget(self.change_set)
                if not self.request.dry_run:
                    raise click.Abort
            else:
                for line in stack.apply(self.change_set):
                    click.echo(line, err=True)
        return None if self.request.dry_run else stack.find()

    def _stack(self, name: str, region: str, template: str) -> Stack:
        return Stack(self.clients("cloudformation", region), name, template, pause=self.pause)

    def _report(self, after: Found, values: Mapping[str, str]) -> None:
        """Both environments on standard output; secrets only where no file keeps them."""
        path = self.request.env_file
        if path:
            write_env(path, values)
            click.echo(f"wrote {path}: the gateway's environment, secrets included", err=True)
        shown = {name: text for name, text in values.items() if not (path and name in SECRETS)}
        click.echo("# gateway\n" + env_text(shown))
        front_end = front_end_environment(after, self.request.region, self.request.gateway_url)
        click.echo("# front end\n" + env_text(front_end), nl=False)
        if after.outputs.get("GatewayUserName") and not read_key(values, path):
            click.echo(
                "# S3_ACCESS_KEY_ID: the user has a key already, whose secret AWS shows once. "
                "--new-access-key makes another",
                err=True,
            )


def read_key(values: Mapping[str, str], path: Path | None) -> bool:
    """Whether an access key is known, from this run or in the file."""
    return "S3_ACCESS_KEY_ID" in values or bool(path and "S3_ACCESS_KEY_ID" in read_env(path))


def _table(changes: list[Change]) -> str:
    if not changes:
        return "nothing changes"
    lines = [
        f"  {each.action:<7} {each.logical_id:<24} {each.kind}"
        + ("  REPLACED: made anew, the old one goes" if each.replaced else "")
        for each in changes
    ]
    return "\n".join([f"{len(changes)} change(s)", *lines])


def _agreed(changes: list[Change]) -> bool:
    replaced = any(each.replaced for each in changes)
    return click.confirm("Replace resources?" if replaced else "Make these changes?", err=True)
