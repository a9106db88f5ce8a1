"""`flask provision`, run after run, against an account that keeps state."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli import stack_rollout
from app.cli.env_file import read_env
from config import Settings
from tests.cli.stateful_account import StatefulAccount

command = importlib.import_module("app.cli.provision")
FIRST = (
    "--bucket",
    "media-acme",
    "--origin",
    "https://app.acme.com",
    "--alarm-email",
    "a@acme.com",
)


class Operator:
    """Somebody with a terminal, an account and an environment's file."""

    def __init__(self, account: StatefulAccount, file: Path) -> None:
        self.account, self.file = account, file

    def run(self, *options: str, ends_with: int = 0) -> Result:
        given = ["--region", "eu-west-1", "--yes", "--env-file", str(self.file), *options]
        result = CliRunner().invoke(command.provision, given, env={"AWS_REGION": ""})
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == ends_with, result.output
        return result

    @property
    def settings(self) -> Settings:
        return Settings.from_env(read_env(self.file))

    def stack(self, name: str = "asset-gateway", region: str = "eu-west-1") -> Any:
        return self.account.stacks[region, name]


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Operator:
    account = StatefulAccount()
    monkeypatch.setattr(command, "aws_client", account.client)
    monkeypatch.setattr(stack_rollout, "_SECONDS_BETWEEN_QUESTIONS", 0)
    return Operator(account, tmp_path / "gateway.env")


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
