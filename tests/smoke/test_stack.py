"""The smoke run's stack is gone in the end, wherever the run broke off, or what is left is said."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import smoke.__main__ as program
from smoke.stack import SmokeStack
from tests.cli import stateful_account
from tests.cli.stateful_account import StatefulAccount, refused

HOME, REGION = "us-east-1", "eu-west-1"


class Account(StatefulAccount):
    """With what CloudFormation keeps, and refuses to delete: objects, keys, pools."""

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[str, int] = {}
        self.pools: dict[str, bool] = {}
        self.denied: set[str] = set()

    def client(self, service: str, region: str) -> Any:
        made: dict[str, Callable[..., Any]] = {
            "cloudformation": Cloudformation,
            "iam": Iam,
            "s3": S3,
            "cognito-idp": Cognito,
        }
        return made[service](self, region) if service in made else super().client(service, region)

    def is_empty(self) -> bool:
        return not (self.stacks or self.buckets or self.pools or self.access_keys)


class Cloudformation(stateful_account.Cloudformation):
    def execute_change_set(self, *, StackName: str, ChangeSetName: str) -> None:
        planned = self._stack(StackName).planned
        super().execute_change_set(StackName=StackName, ChangeSetName=ChangeSetName)
        if "UserPool" in planned["resources"]:
            # Its policy keeps it, also when the rest of the stack does not come up.
            self._account.pools[planned["parameters"]["UserPoolName"]] = True
            for bucket in self._account.buckets:
                self._account.objects[bucket] = 3

    def delete_stack(self, *, StackName: str) -> None:
        if "GatewayUser" in self._stack(StackName).resources and self._account.access_keys:
            self._stack(StackName).status = "DELETE_FAILED"
            return
        super().delete_stack(StackName=StackName)


class Iam(stateful_account.Iam):
    def delete_access_key(self, *, UserName: str, AccessKeyId: str) -> None:
        self._account.access_keys.remove(AccessKeyId)


class Paged:
    def __init__(self, page: Callable[..., Any]) -> None:
        self._page = page

    def paginate(self, **asked: Any) -> Any:
        yield self._page(**asked)


class S3:
    def __init__(self, account: Account, _region: str) -> None:
        self._account = account

    def get_paginator(self, _operation: str) -> Paged:
        return Paged(self._versions)

    def _versions(self, *, Bucket: str) -> Any:
        if Bucket not in self._account.buckets:
            raise refused("ListObjectVersions", "NoSuchBucket", "none")
        count = self._account.objects.get(Bucket, 0)
        return {"Versions": [{"Key": "k", "VersionId": str(n)} for n in range(count)]}

    def delete_objects(self, *, Bucket: str, Delete: Any) -> None:
        self._account.objects[Bucket] -= len(Delete["Objects"])

    def delete_bucket(self, *, Bucket: str) -> None:
        if Bucket in self._account.denied:
            raise refused("DeleteBucket", "AccessDenied", "not you")
        assert not self._account.objects.get(Bucket)
        self._account.buckets.remove(Bucket)


class Cognito:
    def __init__(self, account: Account, _region: str) -> None:
        self._account = account

    def get_paginator(self, _operation: str) -> Paged:
        return Paged(lambda **_: {"UserPools": [{"Id": n, "Name": n} for n in self._account.pools]})

    def update_user_pool(self, *, UserPoolId: str, DeletionProtection: str) -> None:
        self._account.pools[UserPoolId] = DeletionProtection == "ACTIVE"

    def delete_user_pool(self, *, UserPoolId: str) -> None:
        assert not self._account.pools[UserPoolId]
        del self._account.pools[UserPoolId]


@pytest.fixture
def account() -> Account:
    account = Account()
    account.pools["somebody-elses"] = True
    account.buckets.add("somebody-elses")
    return account


def stack_of(account: Account) -> SmokeStack:
    return SmokeStack(REGION, account.client, pause=lambda: None)


def others_alone(account: Account) -> bool:
    return (
        account.pools == {"somebody-elses": True}
        and account.buckets == {"somebody-elses"}
        and not account.stacks
        and not account.access_keys
    )


def test_two_runs_have_nothing_of_one_name() -> None:
    """Bucket names are the world's."""
    account = Account()
    assert stack_of(account).name != stack_of(account).name
    assert len(f"{stack_of(account).name}-logs") <= 63


def test_all_that_was_made_is_removed(account: Account, tmp_path: Path) -> None:
    """Stacks, what they keep on purpose, and what they do not know of; nothing of others."""
    stack = stack_of(account)
    stack.make(tmp_path / "env")
    assert account.stacks.keys() == {(REGION, stack.name), (HOME, f"{stack.name}-edge-alarms")}
    assert account.access_keys
    assert stack.remove() == []
    assert others_alone(account)
    assert stack.remove() == []


@pytest.mark.parametrize("what", ["Distribution", "UserPool", "GatewayUser"])
def test_a_stack_that_never_came_up_is_removed_as_well(account: Account, what: str) -> None:
    """The report says what failed; the exit status, too."""
    account.fails = {what}
    stack = stack_of(account)
    assert program.run(stack) == 1
    assert others_alone(account)


def test_ctrl_c_in_the_middle_removes_everything(
    account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the steps that were done stand in the report."""

    def broken(stack: SmokeStack, folder: Path, results: list[program.Result]) -> None:
        stack.make(folder / "env")
        results.append(program.Result("stack", "ok", 1, ""))
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "_journey", broken)
    assert program.run(stack_of(account)) == 1
    assert others_alone(account)
    report = capsys.readouterr().out
    assert "| stack | ok |" in report
    assert "| broken off | FAILED |" in report
    assert "Everything that was made is removed." in report


@pytest.mark.parametrize("again", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_does_not_break_off_the_removal(
    account: Account, monkeypatch: pytest.MonkeyPatch, again: signal.Signals
) -> None:
    """Half of it would go on costing money."""
    stack = stack_of(account)
    remove = SmokeStack.remove

    def impatient(made: SmokeStack) -> list[str]:
        os.kill(os.getpid(), again)
        return remove(made)

    monkeypatch.setattr(SmokeStack, "remove", impatient)
    monkeypatch.setattr(program, "_journey", lambda stack, folder, _: stack.make(folder / "env"))
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        assert program.run(stack) == 0
        assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGTERM, before)
    assert others_alone(account)


def test_what_cannot_be_removed_is_named_and_the_rest_is_removed(
    account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is left costs money, so it must not be a surprise."""
    stack = stack_of(account)
    account.denied = {stack.name}
    monkeypatch.setattr(program, "_journey", lambda stack, folder, _: stack.make(folder / "env"))
    assert program.run(stack) == 1
    assert account.buckets == {"somebody-elses", stack.name}
    assert account.pools.keys() == {"somebody-elses"}
    report = capsys.readouterr().out
    assert f"**Left behind**: bucket {stack.name}" in report
    assert "AccessDenied" in report


def test_what_is_to_be_kept_is_kept(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """By --keep, to look at it."""
    stack = stack_of(account)
    monkeypatch.setattr(program, "_journey", lambda stack, folder, _: stack.make(folder / "env"))
    assert program.run(stack, keep=True) == 0
    assert (REGION, stack.name) in account.stacks


def test_nothing_begins_without_credentials() -> None:
    """Nothing could be made, and the report would say of all of it that it was left behind."""
    nobody = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull}
    nobody["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    done = CliRunner().invoke(program.main, ["--region", REGION, "--yes"], env=nobody)
    assert done.exit_code == 1
    assert done.output.startswith("Error: AWS: Unable to locate credentials")
    assert "Left behind" not in done.output
