"""``flask provision`` against an account that answers as AWS' service models say."""

from __future__ import annotations

import importlib
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli import stack_rollout
from app.cli.env_file import read_env, write_env
from app.signing.cloudfront_keys import load_signing_key
from app.signing.key_pairs import make_key_pair, public_half
from config import Settings
from tests.cli.aws_account import OUTPUTS, Account
from tests.infra.templates import INFRA, load

# The package's attribute of this name is the command.
command = importlib.import_module("app.cli.provision")
NAMES = tuple(load("template.yaml")["Parameters"])
EDGE_NAMES = tuple(load("edge-alarms.yaml")["Parameters"])
GIVEN = {"BucketName": "media-acme", "Origins": "https://app.acme.com"}
FIRST = ["--bucket", "media-acme", "--origin", "https://app.acme.com"]
BACK_ENDS = ["--set", "ServiceScope=assets/act"]
PAIR = make_key_pair()
OTHER = make_key_pair()
KEYS = GIVEN | {"PublicKeyBlue": PAIR.public_pem, "PublicKeyGreen": ""}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    account = Account()
    monkeypatch.setattr(command, "aws_client", account.client)
    monkeypatch.setattr(stack_rollout, "_SECONDS_BETWEEN_QUESTIONS", 0)
    return account


def run(account: Account, *arguments: Any, answer: str = "") -> Result:
    result = CliRunner().invoke(
        command.provision,
        ["--region", "eu-west-1", *map(str, arguments)],
        input=answer,
        env={"AWS_REGION": ""},
    )
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    account.assert_all_was_asked()
    return result


def edge_alarms(account: Account) -> None:
    """The alarms' stack, up to date."""
    stack = account.stack("us-east-1")
    stack.described(parameters={"AlarmEmail": ""}).unchanged()
    stack.described()


def existing(account: Account, parameters: dict[str, str] | None = None, **outputs: str) -> None:
    """A stack to which nothing happens, with its alarms and its user's one access key."""
    found = KEYS if parameters is None else parameters
    stack = account.stack().described(parameters=found, outputs=OUTPUTS | outputs)
    stack.unchanged().described(parameters=found, outputs=OUTPUTS | outputs)
    edge_alarms(account)
    one_access_key(account)


def one_access_key(account: Account, *ids: str) -> None:
    listed = [
        {"UserName": "gateway-user", "AccessKeyId": key} for key in ids or ("AKIA" + 12 * "1",)
    ]
    account.stubber("iam").add_response(
        "list_access_keys", {"AccessKeyMetadata": listed}, {"UserName": "gateway-user"}
    )


def new_access_key(account: Account) -> None:
    account.stubber("iam").add_response(
        "create_access_key",
        {
            "AccessKey": {
                "UserName": "gateway-user",
                "AccessKeyId": "AKIA" + 12 * "2",
                "Status": "Active",
                "SecretAccessKey": "SESAME",
            }
        },
        {"UserName": "gateway-user"},
    )


def no_access_key(account: Account) -> None:
    account.stubber("iam").add_response("list_access_keys", {"AccessKeyMetadata": []})
    new_access_key(account)


def test_a_first_run_makes_everything_and_a_valid_environment(
    account: Account, tmp_path: Path
) -> None:
    """Stack, alarms and access key are made; the file that is written starts the gateway."""
    file = tmp_path / "gateway.env"
    body = (INFRA / "template.yaml").read_text()
    stack = account.stack().missing()
    stack.rolls_out(KEYS, OUTPUTS, template=body)
    alarms = account.stack("us-east-1").missing()
    alarms.rolls_out(
        {}, {}, parameters={"AlarmEmail": "", "DistributionId": OUTPUTS["DistributionId"]}
    )
    no_access_key(account)

    result = run(
        account, *FIRST, "--env-file", file, "--gateway-url", "https://api.acme.com", "--yes"
    )

    assert result.exit_code == 0, result.output
    assert "Add     Bucket" in result.stderr
    assert "03:04:05  CREATE_COMPLETE       Bucket" in result.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    settings = Settings.from_env(read_env(file))
    assert settings.s3_bucket_name == "media-acme"
    assert settings.cors_origins == ("https://app.acme.com",)
    assert settings.s3_secret_access_key == "SESAME"
    assert settings.cloudfront_key_pair_id == "KBLUE23456789"
    assert load_signing_key(settings.cloudfront_private_key, "sha256")
    for secret in ("SESAME", "PRIVATE KEY", settings.secret_key):
        assert secret not in result.output
    assert "NEXT_PUBLIC_COGNITO_CLIENT_ID=1example23456789\n" in result.stdout
    assert "NEXT_PUBLIC_API_URL=https://api.acme.com\n" in result.stdout


def test_the_edge_gets_the_public_half_of_the_key_in_the_file(
    account: Account, tmp_path: Path
) -> None:
    """The key is in the file before CloudFormation hears of it, and only its public half goes."""
    file = tmp_path / "gateway.env"
    write_env(file, {"CLOUDFRONT_PRIVATE_KEY": PAIR.private_pem, "LOG_LEVEL": "DEBUG"})
    stack = account.stack().missing()
    stack.plans(KEYS).change_set("FAILED", "Bucket name is taken").forgets()
    result = run(account, *FIRST, "--env-file", file, "--yes")
    assert result.exit_code == 1
    assert (
        "CloudFormation refuses the change of asset-gateway: Bucket name is taken" in result.output
    )
    kept = read_env(file)
    assert public_half(kept["CLOUDFRONT_PRIVATE_KEY"]) == PAIR.public_pem
    assert kept["LOG_LEVEL"] == "DEBUG"


def test_without_a_file_everything_is_printed_once(account: Account) -> None:
    """No file: the secrets that were just made are shown, as nothing else keeps them."""
    account.stack().missing().rolls_out(KEYS, OUTPUTS)
    edge_alarms(account)
    no_access_key(account)
    result = run(account, *FIRST, "--yes")
    lines = result.stdout.partition("# front end")[0].splitlines()
    environment = dict(line.split("=", 1) for line in lines if "=" in line)
    assert Settings.from_env(environment).s3_secret_access_key == "SESAME"


def test_a_second_run_changes_nothing(account: Account, tmp_path: Path) -> None:
    """Idempotent: no change set is carried out, and the file is the same, byte for byte."""
    file = tmp_path / "gateway.env"
    account.stack().missing().rolls_out(KEYS, OUTPUTS)
    edge_alarms(account)
    no_access_key(account)
    write_env(file, {"CLOUDFRONT_PRIVATE_KEY": PAIR.private_pem})
    run(account, *FIRST, "--env-file", file, "--yes")
    before = file.read_text()
    existing(account)
    result = run(account, "--env-file", file)
    assert result.exit_code == 0, result.output
    assert "asset-gateway: nothing changes" in result.stderr
    assert file.read_text() == before


def test_what_is_not_given_stays_as_it_is(account: Account) -> None:
    """An update sends the stack's own values, changed only where asked, and drops unknown ones."""
    old = KEYS | {"PriceClass": "PriceClass_100", "LogDays": "7", "NoLongerThere": "x"}
    stack = account.stack().described(parameters=old, outputs=OUTPUTS)
    wanted = {name: value for name, value in old.items() if name != "NoLongerThere"}
    stack.rolls_out(
        KEYS, OUTPUTS, kind="UPDATE", parameters=wanted | {"PriceClass": "PriceClass_All"}
    )
    edge_alarms(account)
    one_access_key(account)
    result = run(account, "--set", "PriceClass=PriceClass_All", "--yes")
    assert result.exit_code == 0, result.output
    assert "the user has a key already" in result.stderr
    assert "SECRET_KEY" not in result.stdout


@pytest.mark.parametrize("answer", ["n\n", ""], ids=["no", "nobody there"])
def test_no_means_no(account: Account, answer: str) -> None:
    """The change is shown first; refused, by Ctrl-C or where nobody can answer, too, its change set
    is dropped and nothing is carried out."""
    stack = account.stack().missing().plans()
    stack.change_set("CREATE_PENDING").change_set(
        "CREATE_COMPLETE", "", ("Add", "Bucket", "AWS::S3::Bucket", "False"), more=True
    )
    stack.change_set(
        "CREATE_COMPLETE", "", ("Modify", "UserPool", "AWS::Cognito::UserPool", "True")
    )
    stack.forgets(stack=True)
    result = run(account, *FIRST, answer=answer)
    assert result.exit_code == 1
    assert "2 change(s)" in result.stderr
    assert "REPLACED" in result.stderr
    assert "Replace resources?" in result.stderr


def test_a_dry_run_shows_and_does_not_do(account: Account, tmp_path: Path) -> None:
    """All stacks are shown; nothing is carried out, asked or written, and no empty stack stays."""
    stack = account.stack("eu-north-1").missing()
    stack.plans().change_set(
        "CREATE_COMPLETE", "", ("Add", "Replica", "AWS::S3::Bucket", "False")
    ).forgets(stack=True)
    stack = account.stack().missing().plans()
    stack.change_set("CREATE_COMPLETE", "", ("Add", "Bucket", "AWS::S3::Bucket", "False"))
    stack.forgets(stack=True)
    stack = account.stack("us-east-1").missing()
    stack.plans({"AlarmEmail": "", "DistributionId": "EXAMPLE"})
    alarm = ("Add", "EdgeFailsAlarm", "AWS::CloudWatch::Alarm", "False")
    stack.change_set("CREATE_COMPLETE", "", alarm).forgets(stack=True)
    file = tmp_path / "gateway.env"
    options = ["--replica-region", "eu-north-1", "--dry-run", "--env-file", file]
    result = run(account, *FIRST, *options)
    assert (result.exit_code, result.stdout) == (0, "")
    for name in ("asset-gateway-replica", "asset-gateway", "asset-gateway-edge-alarms"):
        assert f"{name}: 1 change(s)" in result.stderr
    assert not list(tmp_path.iterdir())


def test_a_rollback_names_the_first_failure(account: Account) -> None:
    """The resource that failed first is named with its reason, not what was cancelled after."""
    stack = account.stack().missing().plans()
    stack.change_set("CREATE_COMPLETE", "", ("Add", "Bucket", "AWS::S3::Bucket", "False"))
    stack.events(("asset-gateway", "REVIEW_IN_PROGRESS", "")).executes()
    stack.events(
        ("UserPool", "CREATE_FAILED", "Resource creation cancelled"),
        ("Bucket", "CREATE_FAILED", "media-acme already exists"),
        ("asset-gateway", "REVIEW_IN_PROGRESS", ""),
    ).described("ROLLBACK_IN_PROGRESS")
    stack.events(("Bucket", "DELETE_COMPLETE", "")).described("ROLLBACK_COMPLETE")
    result = run(account, *FIRST, "--yes")
    assert result.exit_code == 1
    assert "ROLLBACK_COMPLETE. First failure: Bucket: media-acme already exists" in result.output
    assert result.stderr.count("media-acme already exists") == 2
    assert result.stderr.count("REVIEW_IN_PROGRESS") == 0


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("ROLLBACK_COMPLETE", "aws cloudformation delete-stack --stack-name asset-gateway"),
        ("UPDATE_IN_PROGRESS", "wait for the other change to end"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback --stack-name asset-gateway"),
    ],
)
def test_a_stack_that_is_stuck_says_what_to_do(account: Account, status: str, words: str) -> None:
    """A stack that never came up is to be deleted; one under way is to be waited for."""
    account.stack().described(status)
    result = run(account, *FIRST)
    assert result.exit_code == 1
    assert words in result.output


def test_a_plan_that_was_left_is_taken_up(account: Account) -> None:
    """What a dry run leaves behind counts as no stack."""
    account.stack().described("REVIEW_IN_PROGRESS").rolls_out(KEYS, OUTPUTS)
    edge_alarms(account)
    no_access_key(account)
    assert run(account, *FIRST, "--yes").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "a new stack needs --bucket and at least one --origin"),
        ([*FIRST, "--set", "Size=1"], None),
        ([*FIRST, "--rotate-key", "--retire-key"], "the two ends of one rotation"),
        ([*FIRST, "--set", "PublicKeyBlue=x"], "keys are made here"),
        ([*FIRST, "--set", "Price-Class=x"], "--set takes NAME=VALUE"),
        ([*FIRST, "--set", "PriceClass"], "--set takes NAME=VALUE"),
        ([*FIRST, "--set", "=x"], "--set takes NAME=VALUE"),
        (["--bucket", "my-aws-films", *FIRST[2:], *BACK_ENDS], "no domain with aws"),
        ([*FIRST, *BACK_ENDS, "--set", "ServiceDomain=cognito-films"], "no domain with cognito"),
        ([*FIRST, "--retire-key"], "--retire-key needs the key to keep"),
    ],
)
def test_requests_that_cannot_be_meant(
    account: Account, arguments: list[str], words: str | None
) -> None:
    """Said before AWS is asked to change anything."""
    if words is None:
        account.stack().missing()
        words = "the templates have no parameter Size"
    elif "new stack" in words or "needs the key" in words:
        account.stack().missing()
    result = run(account, *arguments, "--yes")
    assert result.exit_code in (1, 2)
    assert words in result.output


def test_another_bucket_name_is_refused(account: Account) -> None:
    """A new name would make an empty bucket and leave every object in the old one."""
    account.stack().described(parameters=KEYS, outputs=OUTPUTS)
    result = run(account, "--bucket", "media-other")
    assert result.exit_code == 2
    assert "leave all objects behind" in result.output


def test_what_aws_refuses_is_said_in_its_words(account: Account) -> None:
    """Missing permissions: no traceback, AWS' own sentence."""
    account.stubber("cloudformation").add_client_error(
        "describe_stacks", "AccessDenied", "User bob is not authorized", 403
    )
    result = run(account, *FIRST)
    assert result.exit_code == 1
    assert "User bob is not authorized" in result.output
    assert "Traceback" not in result.output


def test_rotating_fills_the_free_slot_and_the_old_key_goes_on(
    account: Account, tmp_path: Path
) -> None:
    """Both keys are accepted; the file has the new one, with its own id."""
    file = tmp_path / "gateway.env"
    write_env(file, {"CLOUDFRONT_PRIVATE_KEY": PAIR.private_pem, "SECRET_KEY": "s" * 32})
    stack = account.stack().described(parameters=KEYS, outputs=OUTPUTS)
    stack.rolls_out(KEYS, OUTPUTS | {"KeyPairIdGreen": "KGREEN3456789"}, kind="UPDATE")
    edge_alarms(account)
    one_access_key(account)
    result = run(account, "--rotate-key", "--env-file", file, "--yes")
    assert result.exit_code == 0, result.output
    kept = read_env(file)
    assert kept["CLOUDFRONT_KEY_PAIR_ID"] == "KGREEN3456789"
    assert public_half(kept["CLOUDFRONT_PRIVATE_KEY"]) != PAIR.public_pem
    assert kept["SECRET_KEY"] == "s" * 32


def test_a_rotation_that_fails_leaves_the_old_key_in_the_file(
    account: Account, tmp_path: Path
) -> None:
    """Until the edge accepts the new key, the file's is the one that works."""
    file = tmp_path / "gateway.env"
    write_env(file, {"CLOUDFRONT_PRIVATE_KEY": PAIR.private_pem, "SECRET_KEY": "s" * 32})
    before = file.read_text()
    stack = account.stack().described(parameters=KEYS, outputs=OUTPUTS)
    stack.plans(kind="UPDATE").change_set("FAILED", "no").forgets()
    assert run(account, "--rotate-key", "--env-file", file, "--yes").exit_code == 1
    assert file.read_text() == before


def test_retiring_leaves_the_files_key_alone(account: Account, tmp_path: Path) -> None:
    """The other slot is emptied."""
    file = tmp_path / "gateway.env"
    write_env(file, {"CLOUDFRONT_PRIVATE_KEY": OTHER.private_pem})
    both = KEYS | {"PublicKeyGreen": OTHER.public_pem}
    outputs = OUTPUTS | {"KeyPairIdGreen": "KGREEN3456789"}
    stack = account.stack().described(parameters=both, outputs=outputs)
    stack.rolls_out(both, outputs, kind="UPDATE", parameters=both | {"PublicKeyBlue": ""})
    edge_alarms(account)
    one_access_key(account)
    result = run(account, "--retire-key", "--env-file", file, "--yes")
    assert result.exit_code == 0, result.output
    assert read_env(file)["CLOUDFRONT_KEY_PAIR_ID"] == "KGREEN3456789"


def test_a_third_key_has_to_wait(account: Account) -> None:
    """Two slots: a rotation begins when the last has ended."""
    both = KEYS | {"PublicKeyGreen": OTHER.public_pem}
    account.stack().described(parameters=both, outputs=OUTPUTS)
    result = run(account, "--rotate-key")
    assert result.exit_code == 1
    assert "end the last rotation first" in result.output


@pytest.mark.parametrize(
    ("private", "words"),
    [(OTHER.private_pem, "none of the stack's keys"), ("SESAME", "is not an unencrypted private")],
)
def test_a_key_that_the_edge_does_not_know_is_found(
    account: Account, tmp_path: Path, private: str, words: str
) -> None:
    """Its links would be refused by CloudFront; the message holds nothing of the key."""
    file = tmp_path / "gateway.env"
    write_env(file, {"CLOUDFRONT_PRIVATE_KEY": private})
    account.stack().described(parameters=KEYS, outputs=OUTPUTS)
    result = run(account, "--env-file", file)
    assert result.exit_code == 1
    assert words in result.output
    assert "SESAME" not in result.output


def test_another_access_key_is_made_when_asked_for(account: Account, tmp_path: Path) -> None:
    """The file gets the new key; the old one goes on until somebody deletes it."""
    file = tmp_path / "gateway.env"
    write_env(file, {"S3_ACCESS_KEY_ID": "AKIA" + 12 * "1", "S3_SECRET_ACCESS_KEY": "old"})
    existing(account)
    new_access_key(account)
    result = run(account, "--new-access-key", "--env-file", file)
    assert result.exit_code == 0, result.output
    assert read_env(file)["S3_SECRET_ACCESS_KEY"] == "SESAME"


def test_a_third_access_key_is_not_made(account: Account, tmp_path: Path) -> None:
    """AWS allows two; the message names the one that the file does not use, all else is done."""
    file = tmp_path / "gateway.env"
    write_env(file, {"S3_ACCESS_KEY_ID": "AKIA" + 12 * "1"})
    stack = account.stack().described(parameters=KEYS, outputs=OUTPUTS)
    stack.unchanged().described(parameters=KEYS, outputs=OUTPUTS)
    edge_alarms(account)
    one_access_key(account, "AKIA" + 12 * "1", "AKIA" + 12 * "2")
    result = run(account, "--new-access-key", "--env-file", file)
    assert result.exit_code == 1
    assert "--user-name gateway-user --access-key-id AKIA222222222222" in result.output
    assert read_env(file)["S3_BUCKET_NAME"] == "media-acme"


@pytest.mark.parametrize("refused", ["protection", "alarms", "monitor", "replica", "rollback"])
def test_what_an_account_refuses_fails_alone(
    account: Account, tmp_path: Path, refused: str
) -> None:
    """Each optional part may be refused; the environment is written, and the command says what."""
    file = tmp_path / "gateway.env"
    parameters = KEYS | ({"AlarmEmail": "ops@acme.com"} if refused == "monitor" else {})
    if refused == "replica":
        account.stack("eu-north-1").refuses("describe_stacks", "AccessDenied", "no stacks there")
    stack = account.stack().described(
        parameters=parameters, outputs=OUTPUTS, protected=refused != "protection"
    )
    stack.unchanged()
    stack.described(parameters=parameters, outputs=OUTPUTS, protected=refused != "protection")
    if refused == "protection":
        stack.refuses("update_termination_protection", "AccessDenied", "not yours to protect")
    alarms = account.stack("us-east-1")
    if refused == "alarms":
        alarms.refuses("describe_stacks", "AccessDenied", "not in us-east-1")
    elif refused == "rollback":
        alarms.described("ROLLBACK_COMPLETE")
    elif refused == "monitor":
        account.stubber("ce", "us-east-1").add_client_error(
            "get_anomaly_monitors", "AccessDeniedException", "not enabled for cost explorer", 400
        )
        wanted = {"AlarmEmail": "ops@acme.com", "CostAnomalyDollars": "0"}
        alarms.missing().rolls_out(
            {}, {}, parameters=wanted | {"DistributionId": OUTPUTS["DistributionId"]}
        )
    else:
        edge_alarms(account)
    one_access_key(account)
    options = ["--replica-region", "eu-north-1"] if refused == "replica" else []
    result = run(account, "--env-file", file, "--yes", *options)
    words = {
        "protection": ("not yours to protect", "not done: termination protection"),
        "alarms": ("not in us-east-1", "not done: alarms of CloudFront and costs"),
        "rollback": ("delete-stack --stack-name asset-gateway-edge-alarms", "not done: alarms"),
        "monitor": ("Open Billing > Cost Explorer", "not done: cost anomalies; all else is"),
        "replica": ("no stacks there", "not done: replica"),
    }[refused]
    assert result.exit_code == 1
    for text in words:
        assert text in result.stderr
    assert read_env(file)["CLOUDFRONT_KEY_PAIR_ID"] == "KBLUE23456789"


def test_a_stack_is_tagged_and_protected(account: Account) -> None:
    """Its own tags stay, ours and those given are added; CloudFormation will not delete it."""
    old = {"team": "media", "stage": "test"}
    stack = account.stack().described(parameters=KEYS, outputs=OUTPUTS, protected=False, tags=old)
    wanted = {"application": "asset-gateway", "stage": "production", "team": "media"}
    stack.rolls_out(
        KEYS, OUTPUTS, kind="UPDATE", tags=[{"Key": k, "Value": v} for k, v in wanted.items()]
    )
    edge_alarms(account)
    one_access_key(account)
    assert run(account, "--yes", "--tag", "stage=production").exit_code == 0
    stack = account.stack().described(parameters=KEYS, outputs=OUTPUTS, protected=False)
    stack.unchanged().described(parameters=KEYS, outputs=OUTPUTS, protected=False).protects()
    edge_alarms(account)
    one_access_key(account)
    assert run(account, "--yes").exit_code == 0
    assert run(account, "--tag", "stage").exit_code == 2


def test_a_second_run_keeps_the_gateways_address(account: Account, tmp_path: Path) -> None:
    """Given once, it is the file's; the front end is told it each time."""
    file = tmp_path / "gateway.env"
    write_env(file, {"PUBLIC_BASE_URL": "https://api.acme.com"})
    existing(account)
    result = run(account, "--env-file", file)
    assert read_env(file)["PUBLIC_BASE_URL"] == "https://api.acme.com"
    assert "NEXT_PUBLIC_API_URL=https://api.acme.com\n" in result.stdout


def test_thresholds_of_the_second_stack_are_set_alike(account: Account) -> None:
    """--set reaches the stack that has the parameter."""
    stack = account.stack().described(parameters=KEYS, outputs=OUTPUTS)
    alarms = account.stack("us-east-1")
    stack.unchanged().described(parameters=KEYS, outputs=OUTPUTS)
    one_access_key(account)
    before = {"AlarmEmail": "", "DistributionId": OUTPUTS["DistributionId"]}
    alarms.described(parameters=before).rolls_out(
        {}, {}, kind="UPDATE", parameters=before | {"MonthlyBudgetDollars": "500"}
    )
    assert run(account, "--yes", "--set", "MonthlyBudgetDollars=500").exit_code == 0


def test_the_replica_comes_first(account: Account) -> None:
    """S3 refuses to replicate to a bucket that is not there yet."""
    account.stack("eu-north-1").missing().rolls_out(
        {}, {}, parameters={"ReplicaBucketName": "media-acme-replica"}
    )
    stack = account.stack().described(parameters=KEYS, outputs=OUTPUTS)
    stack.rolls_out(
        KEYS,
        OUTPUTS,
        kind="UPDATE",
        parameters=KEYS | {"ReplicaBucketName": "media-acme-replica"},
    )
    edge_alarms(account)
    one_access_key(account)
    result = run(account, "--replica-region", "eu-north-1", "--yes")
    assert result.exit_code == 0, result.output


def test_the_accounts_cost_monitor_is_used(account: Account) -> None:
    """AWS refuses a second monitor of services, so the one that is there is subscribed to."""
    parameters = KEYS | {"AlarmEmail": "ops@acme.com"}
    stack = account.stack().described(parameters=parameters, outputs=OUTPUTS)
    stack.unchanged().described(parameters=parameters, outputs=OUTPUTS)
    arn = "arn:aws:ce::111122223333:anomalymonitor/1"
    account.stubber("ce", "us-east-1").add_response(
        "get_anomaly_monitors",
        {
            "AnomalyMonitors": [
                {"MonitorName": "a", "MonitorType": "CUSTOM", "MonitorArn": "arn:custom"},
                {
                    "MonitorName": "b",
                    "MonitorType": "DIMENSIONAL",
                    "MonitorDimension": "SERVICE",
                    "MonitorArn": arn,
                },
            ]
        },
    )
    wanted = {"AlarmEmail": "ops@acme.com", "CostMonitorArn": arn}
    account.stack("us-east-1").missing().rolls_out(
        {}, {}, parameters=wanted | {"DistributionId": OUTPUTS["DistributionId"]}
    )
    one_access_key(account)
    assert run(account, "--yes").exit_code == 0


def test_a_role_and_no_edge_need_no_keys(account: Account) -> None:
    """With Edge=false and a role there is no key to make, and the environment says so."""
    parameters = GIVEN | {"Edge": "false", "GatewayPrincipal": "ecs-tasks.amazonaws.com"}
    outputs = {
        name: value
        for name, value in OUTPUTS.items()
        if name in ("UserPoolId", "UserPoolClientId", "BucketName", "EventsQueueUrl")
    }
    stack = account.stack().missing()
    stack.rolls_out(parameters, outputs, parameters=parameters)
    edge_alarms(account)
    options = ["--set", "Edge=false", "--set", "GatewayPrincipal=ecs-tasks.amazonaws.com"]
    result = run(account, *FIRST, *options, "--yes")
    assert result.exit_code == 0, result.output
    assert "CLOUDFRONT" not in result.stdout
    assert "S3_ACCESS_KEY_ID" not in result.output


def test_the_file_keeps_its_other_lines(tmp_path: Path) -> None:
    """Comments, order and settings of others stay; a value is changed where it stands."""
    file = tmp_path / "gateway.env"
    file.write_text("# mine\nLOG_LEVEL=DEBUG\n\nS3_REGION=old\n")
    file.chmod(0o644)
    write_env(file, {"S3_REGION": "eu-west-1", "KEY": "a\nb"})
    assert file.read_text() == "# mine\nLOG_LEVEL=DEBUG\n\nS3_REGION=eu-west-1\nKEY=a\\nb\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_command_needs_no_settings() -> None:
    """It makes the environment, so it begins without one."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", "provision", "--help"],
        cwd=INFRA.parent,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "--env-file" in done.stdout
