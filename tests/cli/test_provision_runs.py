"""`flask provision`, run after run, against an account that keeps state."""

from __future__ import annotations

import itertools
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.cli import stack_rollout
from app.cli.env_file import read_env, write_env
from app.cli.files import FileError
from app.cli.stack_changes import INFRA, Stack
from app.signing.key_pairs import public_half
from tests.cli.operators import FIRST, Operator, command
from tests.cli.stateful_account import StatefulAccount


def test_from_nothing_to_a_gateway_that_starts_and_again(operator: Operator) -> None:
    """The first run makes two stacks and an environment; the second changes not a byte."""
    operator.run(*FIRST, "--gateway-url", "https://api.acme.com")
    assert operator.settings.s3_bucket_name == "media-acme"
    assert operator.settings.public_base_url == "https://api.acme.com"
    assert operator.account.buckets == {"media-acme", "media-acme-logs"}
    assert operator.stack().is_protected
    assert "EdgeFailsAlarm" in operator.stack("asset-gateway-edge-alarms", "us-east-1").resources
    before = operator.file.read_text()
    result = operator.run()
    assert result.stderr.count("nothing changes") == 2
    assert operator.file.read_text() == before
    assert "NEXT_PUBLIC_API_URL=https://api.acme.com" in result.stdout


def test_metrics_get_a_token_with_the_secret_key(operator: Operator) -> None:
    """Not later: who scrapes a gateway without one, from its own machine, goes on to do so."""
    operator.run(*FIRST)
    assert len(operator.settings.metrics_token) == 64
    assert "METRICS_TOKEN" not in operator.run().stdout
    lines = operator.file.read_text().splitlines(keepends=True)
    operator.file.write_text("".join(each for each in lines if "METRICS_TOKEN" not in each))
    operator.run()
    assert operator.settings.metrics_token == ""


def test_a_first_run_that_fails_does_not_block_the_second(operator: Operator) -> None:
    """Its buckets go with it; when the cause is mended and the stack deleted, all is made."""
    operator.account.fails = {"Distribution"}
    result = operator.run(*FIRST, ends_with=1)
    assert "First failure: Distribution: the account may not" in result.output
    assert operator.account.buckets == set()
    operator.account.fails = set()
    assert "delete-stack --stack-name asset-gateway" in operator.run(*FIRST, ends_with=1).output
    operator.account.client("cloudformation", "eu-west-1").delete_stack(StackName="asset-gateway")
    operator.run(*FIRST)
    assert operator.account.buckets == {"media-acme", "media-acme-logs"}


def test_an_update_that_fails_leaves_what_was(operator: Operator) -> None:
    """It rolls back, and the next run goes on from there."""
    operator.run(*FIRST)
    operator.account.fails = {"Trail"}
    operator.run("--set", "CloudTrailDataEvents=true", ends_with=1)
    assert "Trail" not in operator.stack().resources
    operator.account.fails = set()
    operator.run("--set", "CloudTrailDataEvents=true")
    assert "Trail" in operator.stack().resources


def test_a_key_is_rotated_and_retired(operator: Operator) -> None:
    """Blue, then both, then green alone; the file has the key that the gateway signs with."""
    operator.run(*FIRST)
    blue = operator.settings
    operator.run("--rotate-key")
    green = operator.settings
    assert green.cloudfront_private_key != blue.cloudfront_private_key
    assert green.cloudfront_key_pair_id != blue.cloudfront_key_pair_id
    assert {"KeyBlue", "KeyGreen"} <= operator.stack().resources.keys()
    assert "end the last rotation first" in operator.run("--rotate-key", ends_with=1).output
    operator.run("--retire-key")
    assert "KeyBlue" not in operator.stack().resources
    assert operator.settings.cloudfront_private_key == green.cloudfront_private_key


def unplugged(account: StatefulAccount, *, call: int, done: bool) -> Callable[[str, str], Any]:
    """``account.client``, by which the operator is gone at the ``call``-th request: before AWS has
    it, or after AWS has done it."""
    numbers = itertools.count(1)

    class Unplugged:
        def __init__(self, client: Any) -> None:
            self._client = client

        def __getattr__(self, name: str) -> Any:
            def ask(**parameters: Any) -> Any:
                is_last = next(numbers) == call
                if is_last and not done:
                    raise KeyboardInterrupt
                try:
                    return getattr(self._client, name)(**parameters)
                finally:
                    if is_last:
                        raise KeyboardInterrupt

            return ask

    return lambda service, region: Unplugged(account.client(service, region))


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_a_run_that_is_broken_off_anywhere_is_finished_by_the_next(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, done: bool, tmp_path: Path
) -> None:
    """At every single request to AWS: the next run ends with a gateway that starts, whose links
    the edge takes, and with the same secrets that the file had when it was broken off."""
    options = (*FIRST, "--replica-region", "eu-north-1")
    for call in itertools.count(1):
        operator.account = StatefulAccount()
        operator.file = tmp_path / f"{call}.env"
        client = unplugged(operator.account, call=call, done=done)
        monkeypatch.setattr(command, "aws_client", client)
        if operator.try_to_run(*options):
            break
        before = read_env(operator.file)
        monkeypatch.setattr(command, "aws_client", operator.account.client)
        assert operator.try_to_run(*options), f"broken off at request {call}"
        # AWS shows a secret once: a key that was made when nobody listened is of no use.
        if not operator.settings.s3_access_key_id:
            operator.run("--new-access-key")
        assert before.items() <= read_env(operator.file).items()
        assert_works(operator)
    assert call > 25


def assert_works(operator: Operator) -> None:
    """Both stacks and the replica are there, and the key of links is one that the edge knows."""
    settings = operator.settings
    assert operator.account.buckets == {"media-acme", "media-acme-logs", "media-acme-replica"}
    assert settings.s3_access_key_id in operator.account.access_keys
    assert operator.stack().is_protected
    assert "EdgeFailsAlarm" in operator.stack("asset-gateway-edge-alarms", "us-east-1").resources
    known = operator.stack().parameters.values()
    assert public_half(settings.cloudfront_private_key).strip() in {each.strip() for each in known}


def test_a_stack_that_was_made_by_hand_is_taken_over(operator: Operator, tmp_path: Path) -> None:
    """By the commands of docs/aws.md: the key that was made with openssl signs the links."""
    page = (INFRA.parent / "docs/aws.md").read_text().partition("\n## By hand\n")[2]
    make, take_over = re.findall(r"```sh\n(.+?)```", page, re.S)[:2]
    sh = ["sh", "-ec", make.splitlines()[0] + "\n" + take_over.splitlines()[0]]
    subprocess.run(sh, cwd=tmp_path, check=True)
    public = public_half((tmp_path / "edge.pem").read_text())
    parameters = {"BucketName": "media-acme", "Origins": "https://app.acme.com"}
    client = operator.account.client("cloudformation", "eu-west-1")
    stack = Stack(client, "asset-gateway", "template.yaml", pause=lambda: None)
    given = parameters | {"PublicKeyBlue": public.strip()}
    stack.plan(given, existing=False, name="by-hand", tags={})
    list(stack.apply("by-hand"))
    assert take_over.splitlines()[1] == "flask provision --region eu-west-1 --env-file gateway.env"
    done = operator.run()
    assert "asset-gateway: nothing changes" in done.stderr
    assert public_half(operator.settings.cloudfront_private_key) == public
    assert operator.settings.cloudfront_key_pair_id
    assert operator.settings.s3_access_key_id in operator.account.access_keys


def test_access_keys_are_made_once_and_again_when_asked(operator: Operator) -> None:
    """One with the stack, a second when asked for, and no third."""
    operator.run(*FIRST)
    first = operator.settings.s3_access_key_id
    operator.run()
    assert operator.account.access_keys == [first]
    operator.run("--new-access-key")
    assert operator.settings.s3_access_key_id == operator.account.access_keys[1]
    assert "has two access keys" in operator.run("--new-access-key", ends_with=1).output


def test_an_account_without_cost_explorer_gets_all_else(operator: Operator) -> None:
    """CloudFront's alarms and the budget are made; the environment is there; the end says what."""
    operator.account.has_cost_explorer = False
    result = operator.run(*FIRST, ends_with=1)
    assert "not done: cost anomalies" in result.output
    alarms = operator.stack("asset-gateway-edge-alarms", "us-east-1").resources
    assert {"EdgeFailsAlarm", "Budget"} <= alarms.keys()
    assert "CostAnomalies" not in alarms
    assert operator.settings.cloudfront_distribution_id
    operator.account.has_cost_explorer = True
    operator.run("--set", "CostAnomalyDollars=10")
    alarms = operator.stack("asset-gateway-edge-alarms", "us-east-1").resources
    assert {"CostAnomalies", "CostMonitor"} <= alarms.keys()


def test_a_dry_run_leaves_nothing_behind(operator: Operator) -> None:
    """Not even empty stacks, whatever it shows."""
    result = operator.run(*FIRST, "--dry-run", "--replica-region", "eu-north-1")
    assert result.stderr.count("change(s)") == 3
    assert operator.account.stacks == {}
    assert not operator.file.exists()


def test_a_back_end_gets_a_client_of_its_own(operator: Operator) -> None:
    """When it is asked for: the gateway accepts its tokens, and its secret is not shown."""
    assert operator.run(*FIRST).stderr.count("back end") == 0
    assert operator.settings.service_scope == ""
    result = operator.run("--set", "ServiceScope=assets/act")
    assert operator.settings.service_scope == "assets/act"
    assert operator.settings.cognito_client_id == ("1example23456789", "2example23456789")
    assert "client 2example23456789, tokens from https://" in result.stderr
    assert "/oauth2/token. Its secret" in result.stderr
    assert "--query UserPoolClient.ClientSecret" in result.stderr
    assert "COGNITO_CLIENT_ID=1example23456789\n" in result.stdout.partition("# front end")[2]
    own = operator.run("--set", "ServiceDomain=none").stderr
    assert re.search(r"token_endpoint that https://cognito-idp\.\S+/\.well-known/openid-conf", own)
    operator.run("--set", "ServiceScope=")
    assert operator.settings.cognito_client_id == ("1example23456789",)


def test_the_whole_set_up_with_everything(operator: Operator) -> None:
    """Every option at once: replica, names, acceleration, a role's credentials, tags."""
    options = ("UserPoolName=vidverse-users", "UserPoolClientName=vidverse-web-client")
    options += ("TransferAcceleration=true", "ScopedCredentials=true", "MonthlyBudgetDollars=500")
    given = [part for option in options for part in ("--set", option)]
    operator.run(*FIRST, *given, "--replica-region", "eu-north-1", "--tag", "team=media")
    assert operator.settings.s3_accelerate
    assert operator.settings.s3_upload_role_arn
    assert operator.account.buckets == {"media-acme", "media-acme-logs", "media-acme-replica"}
    assert operator.stack().tags == {"application": "asset-gateway", "team": "media"}
    budget = operator.stack("asset-gateway-edge-alarms", "us-east-1").resources["Budget"]
    assert budget["Properties"]["Budget"]["BudgetLimit"]["Amount"] == "500"


@pytest.mark.parametrize("contents", [None, b"\xff\xfe\x00"], ids=["no folder", "no text"])
def test_a_file_that_cannot_be_used_is_said_before_anything_is_made(
    operator: Operator, contents: bytes | None, tmp_path: Path
) -> None:
    """A stack whose keys nobody kept would be of no use."""
    operator.file = tmp_path / "folder" / "gateway.env"
    if contents is not None:
        operator.file.parent.mkdir()
        operator.file.write_bytes(contents)
    done = operator.run(*FIRST, ends_with=1)
    assert f"{operator.file}: " in done.output or f"{operator.file.parent}" in done.output
    assert operator.account.stacks == {}


def test_a_file_that_goes_meanwhile_costs_no_secret(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keys were made: they are shown, and the command ends with 1."""
    operator.run(*FIRST)
    before = operator.settings

    writes = iter([write_env])

    def fills_up(path: Path, values: dict[str, str]) -> None:
        if write := next(writes, None):
            return write(path, values)
        raise FileError("gateway.env: No space left on device")

    monkeypatch.setattr(stack_rollout, "write_env", fills_up)
    done = operator.run("--new-access-key", ends_with=1)
    assert "No space left on device" in done.stderr
    assert f"S3_ACCESS_KEY_ID={operator.account.access_keys[1]}\n" in done.stdout
    assert f"SECRET_KEY={before.secret_key}\n" in done.stdout
