"""One run of ``flask provision``: replica, main stack, environment, alarms in ``us-east-1``.

Over 200 lines because it is the one order in which all of it happens.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from app.cli.cost_monitor import cost_monitor
from app.cli.env_file import read_env, write_env
from app.cli.files import FileError
from app.cli.stack_changes import Change, Found, Stack, StackError
from app.cli.stack_environment import (
    AccessKeyError,
    access_key,
    gateway_environment,
    kept_secrets,
)
from app.cli.stack_keys import Keys, keep_keys, retire_key, rotate_key
from app.cli.stack_report import agreed, changes_table, event_line, report
from app.domain.partitions import partition_of

_SECONDS_BETWEEN_QUESTIONS = 3
_TAGS = {"application": "asset-gateway"}
#: Stands for the distribution in a dry run, before there is one.
_TO_BE_MADE = "EXAMPLE"

Clients = Callable[[str, str], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the operator asked for, as given on the command line."""

    stack: str
    region: str
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    replica_region: str | None
    env_file: Path | None
    gateway_url: str | None
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
    _refused: list[str] = field(default_factory=list)

    def run(self) -> None:
        """All of it. Raises ``StackError`` when the main stack cannot be made; what is refused of
        the rest ends the command with 1, after the environment was written."""
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
            with self._optional("replica"):
                parameters["ReplicaBucketName"] = self._replicate(parameters["BucketName"])
        after = self._roll_out(main, parameters | (dict(keys.public) if keys else {}), before)
        if after is None:
            self._plan_alarms(before, parameters)
            return
        values = gateway_environment(after, request.region, slot=keys.slot if keys else None) | kept
        if url := request.gateway_url or env.get("PUBLIC_BASE_URL", ""):
            values["PUBLIC_BASE_URL"] = url
        if user := after.outputs.get("GatewayUserName"):
            with self._optional("access key"):
                iam = self.clients("iam", request.region)
                values |= access_key(iam, user, env, fresh=request.new_access_key)
        report(after, values, request.region, self._write(values))
        with self._optional("termination protection"):
            if not after.is_protected:
                main.protect()
        with self._optional("alarms of CloudFront and costs"):
            self._alarm(after.parameters, after.outputs.get("DistributionId", ""))
        if self._refused:
            raise StackError(f"not done: {'; '.join(self._refused)}; all else is")

    @contextmanager
    def _optional(self, part: str) -> Iterator[None]:
        """What accounts may refuse, and the gateway can do without."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (StackError, AccessKeyError, FileError, BotoCoreError, ClientError) as error:
            click.echo(f"{part}: {error}", err=True)
            self._refused.append(part)

    def _write(self, values: Mapping[str, str]) -> Path | None:
        """The file that now has them; None, so that they are shown, where there is none."""
        path = self.request.env_file
        if path:
            with self._optional("environment's file, so that its secrets are shown here"):
                write_env(path, values)
                return path
        return None

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

    def _plan_alarms(self, before: Found | None, parameters: Mapping[str, str]) -> None:
        """After a dry run: the second stack's changes, as far as they can be known."""
        known = before.outputs.get("DistributionId", "") if before else _TO_BE_MADE
        with self._optional("alarms of CloudFront and costs"):
            self._alarm(parameters, "" if parameters.get("Edge") == "false" else known)

    def _alarm(self, main: Mapping[str, str], distribution_id: str) -> None:
        """The second stack, for the main one's parameters."""
        stack = self._alarms_stack()
        before = stack.find()
        parameters = dict(before.parameters) if before else {}
        watched = parameters.get("AlarmEmail") and parameters.get("CostAnomalyDollars") != "0"
        if main.get("AlarmEmail") and not watched and self._wants_anomalies(parameters):
            found = cost_monitor(self.clients("ce", self._home_region))
            parameters |= found
            if "CostAnomalyDollars" in found:
                self._refused.append("cost anomalies")
        parameters |= self.request.parameters
        parameters["DistributionId"] = distribution_id
        parameters["AlarmEmail"] = main.get("AlarmEmail", "")
        self._roll_out(stack, parameters, before)

    def _wants_anomalies(self, parameters: Mapping[str, str]) -> bool:
        """Whether costs are to be watched: from the first on, or by a later choice."""
        chosen = self.request.parameters.get("CostAnomalyDollars")
        return chosen != "0" and bool(chosen or not parameters.get("AlarmEmail"))

    def _roll_out(
        self, stack: Stack, parameters: Mapping[str, str], before: Found | None
    ) -> Found | None:
        """Show the change and make it; the stack after it, None after a dry run.

        Raises ``click.Abort`` when the operator says no.
        """
        declared = stack.declared()
        if stack.name == self.request.stack:
            self._refuse_unknown(declared)
        # What an older template knew and this one does not would be refused.
        kept = {name: value for name, value in parameters.items() if name in declared}
        existing = before is not None
        tags = _TAGS | (dict(before.tags) if before else {}) | dict(self.request.tags)
        changes = stack.plan(kept, existing=existing, name=self.change_set, tags=tags)
        click.echo(f"{stack.name}: {changes_table(changes)}", err=True)
        if changes:
            if self._is_agreed(changes):
                for event in stack.apply(self.change_set):
                    click.echo(event_line(event), err=True)
            else:
                stack.forget(self.change_set, existing=existing)
                if not self.request.dry_run:
                    raise click.Abort
        return None if self.request.dry_run else stack.find()

    def _is_agreed(self, changes: list[Change]) -> bool:
        if self.request.dry_run or self.request.yes:
            return self.request.yes and not self.request.dry_run
        try:
            return agreed(changes)
        except click.Abort:  # Ctrl-C, or nobody there to ask
            return False

    def _refuse_unknown(self, declared: frozenset[str]) -> None:
        unknown = self.request.parameters.keys() - declared
        if unknown and (unknown := unknown - self._alarms_stack().declared()):
            raise click.UsageError(f"the templates have no parameter {', '.join(sorted(unknown))}")

    @property
    def _home_region(self) -> str:
        """CloudFront and the bill report their metrics there, wherever the rest is."""
        return partition_of(self.request.region).global_region

    def _alarms_stack(self) -> Stack:
        name = f"{self.request.stack}-edge-alarms"
        return self._stack(name, self._home_region, "edge-alarms.yaml")

    def _stack(self, name: str, region: str, template: str) -> Stack:
        return Stack(self.clients("cloudformation", region), name, template, pause=self.pause)
