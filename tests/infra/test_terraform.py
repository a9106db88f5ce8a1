"""`infra/terraform` makes what `infra/*.yaml` make, resource by resource."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from app.cli.env_file import read_env
from app.cli.stack_environment import front_end_environment, gateway_environment
from app.signing.key_pairs import public_half
from config import SCHEMA, Settings
from tests.infra.templates import load
from tests.infra.terraform import (
    MODULE,
    blocks,
    literals_of_template,
    literals_of_terraform,
    unquoted,
)

_BUCKET = (
    "aws_s3_bucket",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_versioning",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_lifecycle_configuration",
)
_ALARMS = "aws_cloudwatch_metric_alarm"
_DOCUMENT = "data.aws_iam_policy_document"
#: A template's resource -> what makes the same with Terraform.
TEMPLATE: dict[str, tuple[str, ...]] = {
    "UserPool": ("aws_cognito_user_pool.users",),
    "UserPoolClient": ("aws_cognito_user_pool_client.browser",),
    "ServiceScopes": ("aws_cognito_resource_server.service",),
    "ServiceClient": ("aws_cognito_user_pool_client.service",),
    "TokenDomain": ("aws_cognito_user_pool_domain.tokens",),
    "AdministratorGroup": ("aws_cognito_user_group.administrators",),
    "Bucket": (
        *(f"{kind}.assets" for kind in _BUCKET),
        "aws_s3_bucket_accelerate_configuration.assets",
        "aws_s3_bucket_cors_configuration.assets",
        "aws_s3_bucket_notification.assets",
        "aws_s3_bucket_metric.assets",
        "aws_s3_bucket_replication_configuration.assets",
    ),
    "BucketPolicy": ("aws_s3_bucket_policy.assets", f"{_DOCUMENT}.assets"),
    "ReplicationRole": (
        "aws_iam_role.replication",
        f"{_DOCUMENT}.replication_trust",
        "aws_iam_role_policy.replication",
        f"{_DOCUMENT}.replication",
    ),
    "LogBucket": tuple(f"{kind}.logs" for kind in _BUCKET),
    "LogBucketPolicy": ("aws_s3_bucket_policy.logs", f"{_DOCUMENT}.logs"),
    "Trail": ("aws_cloudtrail.trail",),
    "UploadEvents": ("aws_sqs_queue.uploads",),
    "DeadLetters": ("aws_sqs_queue.dead_letters",),
    "UploadEventsPolicy": ("aws_sqs_queue_policy.uploads", f"{_DOCUMENT}.uploads"),
    "DeadLettersPolicy": ("aws_sqs_queue_policy.dead_letters", f"{_DOCUMENT}.dead_letters"),
    "KeyBlue": ("aws_cloudfront_public_key.blue",),
    "KeyGreen": ("aws_cloudfront_public_key.green",),
    "KeyGroup": ("aws_cloudfront_key_group.edge",),
    "OriginAccess": ("aws_cloudfront_origin_access_control.edge",),
    "MediaCache": ("aws_cloudfront_cache_policy.media",),
    "ImageCache": ("aws_cloudfront_cache_policy.image",),
    "ResponseHeaders": ("aws_cloudfront_response_headers_policy.edge",),
    "PlaybackQuery": ("aws_cloudfront_function.playback_query",),
    "Distribution": ("aws_cloudfront_distribution.edge",),
    "GatewayUser": ("aws_iam_user.gateway", "aws_iam_user_group_membership.gateway"),
    "GatewayGroup": ("aws_iam_group.gateway",),
    "GatewayRole": ("aws_iam_role.gateway", f"{_DOCUMENT}.gateway_trust"),
    "GatewayInstanceProfile": ("aws_iam_instance_profile.gateway",),
    "GatewayPolicy": (
        "aws_iam_policy.gateway",
        f"{_DOCUMENT}.gateway",
        "aws_iam_group_policy_attachment.gateway",
        "aws_iam_role_policy_attachment.gateway",
    ),
    "UploadRole": (
        "aws_iam_role.upload",
        f"{_DOCUMENT}.upload_trust",
        "aws_iam_role_policy.upload",
        f"{_DOCUMENT}.upload",
    ),
    "DoctorPolicy": ("aws_iam_policy.doctor", f"{_DOCUMENT}.doctor"),
    "Alarms": ("aws_sns_topic.alarms",),
    "AlarmsPolicy": ("aws_sns_topic_policy.alarms", f"{_DOCUMENT}.alarms"),
    "AlarmsByEmail": ("aws_sns_topic_subscription.alarms",),
    "BucketSizeAlarm": (f"{_ALARMS}.bucket_size",),
    "StorageErrorsAlarm": (f"{_ALARMS}.storage_errors",),
    "StorageRequestsAlarm": (f"{_ALARMS}.storage_requests",),
    "SignInsAlarm": (f"{_ALARMS}.sign_ins",),
    "QueueAgeAlarm": (f"{_ALARMS}.queue_age",),
    "DeadLettersAlarm": (f"{_ALARMS}.dead_letters",),
}
EDGE_ALARMS: dict[str, tuple[str, ...]] = {
    "Alarms": ("aws_sns_topic.edge_alarms",),
    "AlarmsPolicy": ("aws_sns_topic_policy.edge_alarms", f"{_DOCUMENT}.edge_alarms"),
    "AlarmsByEmail": ("aws_sns_topic_subscription.edge_alarms",),
    "EdgeFailsAlarm": (f"{_ALARMS}.edge_fails",),
    "EdgeRefusesAlarm": (f"{_ALARMS}.edge_refuses",),
    "CostMonitor": ("aws_ce_anomaly_monitor.services",),
    "CostAnomalies": ("aws_ce_anomaly_subscription.costs",),
    "Budget": ("aws_budgets_budget.monthly",),
}
REPLICA: dict[str, tuple[str, ...]] = {
    "Replica": tuple(f"{kind}.replica" for kind in _BUCKET),
    "ReplicaPolicy": ("aws_s3_bucket_policy.replica", f"{_DOCUMENT}.replica"),
}
ALL = [
    (template, folder, name, made)
    for template, folder, table in (
        ("template.yaml", MODULE, TEMPLATE),
        ("edge-alarms.yaml", MODULE, EDGE_ALARMS),
        ("replica.yaml", MODULE / "replica", REPLICA),
    )
    for name, made in table.items()
]
#: The version of IAM's language, which Terraform writes by itself, and who is everybody.
_EVERYWHERE = {"2012-10-17", "*", "AWS"}
#: By Terraform's first: what one side has to say and the other cannot, or says by a reference.
ONLY_TEMPLATE: dict[str, set[str]] = {
    # Terraform's provider cannot say that rotation is off; CloudFormation must, to turn it off.
    "aws_cognito_user_pool_client.browser": {"DISABLED"},
    "aws_cognito_user_pool.users": {"SOFTWARE_TOKEN_MFA"},
    # A tag's name is a key there, and no text.
    "aws_s3_bucket.assets": {"prefix", "expires-after-days"},
    "aws_cloudfront_public_key.blue": {"1", "\n"},
    "aws_cloudfront_public_key.green": {"1", "\n"},
    # The folders are one local value there, which is compared below.
    "aws_s3_bucket_policy.assets": {
        f"/users/*/{kind}/*" for kind in ("audio", "brand_kit", "frame", "image", "video")
    },
    "aws_sns_topic.edge_alarms": {"-alarms"},
    "aws_ce_anomaly_subscription.costs": {"Dimensions", "Key", "MatchOptions", "Values"},
    "aws_budgets_budget.monthly": {"EMAIL"},
}
ONLY_TERRAFORM: dict[str, set[str]] = {
    "aws_cognito_resource_server.service": {"/"},
    "aws_cloudfront_distribution.edge": {"none"},  # no geographic restriction has to be said
    "aws_iam_user.gateway": {"-gateway"},
    "aws_iam_group.gateway": {"-gateway"},
    "aws_iam_policy.gateway": {"-gateway-"},
    "aws_iam_policy.doctor": {"-doctor-"},
    "aws_sns_topic.edge_alarms": {"-edge-alarms"},
}


@pytest.mark.parametrize(
    ("template", "folder", "name", "made"), ALL, ids=[f"{each[0]}-{each[2]}" for each in ALL]
)
def test_what_is_written_is_the_same(
    template: str, folder: Any, name: str, made: tuple[str, ...]
) -> None:
    """Every text and number of a resource is on both sides: actions, limits, headers, code."""
    properties = load(template)["Resources"][name].get("Properties", {})
    theirs = {*literals_of_template(properties)} - _EVERYWHERE
    ours = {each for one in made for each in literals_of_terraform(blocks(folder)[one])}
    ours -= _EVERYWHERE
    if made[0].startswith(_ALARMS):
        # CloudFormation makes a name of its own.
        ours = {each for each in ours if not each.startswith("-")}
    theirs -= ONLY_TEMPLATE.get(made[0], set())
    assert theirs == ours - ONLY_TERRAFORM.get(made[0], set())


def test_nothing_is_made_that_is_not_compared() -> None:
    """Both ways: every resource of the templates, and every one of the module, is in the table."""
    for template, table in (
        ("template.yaml", TEMPLATE),
        ("edge-alarms.yaml", EDGE_ALARMS),
        ("replica.yaml", REPLICA),
    ):
        assert set(load(template)["Resources"]) == set(table)
    for folder, tables in ((MODULE, (TEMPLATE, EDGE_ALARMS)), (MODULE / "replica", (REPLICA,))):
        compared = [each for table in tables for made in table.values() for each in made]
        made_there = {name for name in blocks(folder) if "." in name and _is_made(name)}
        assert set(compared) == made_there


def _is_made(name: str) -> bool:
    own = ("aws_caller_identity", "aws_partition", "aws_region")
    return not name.startswith(("var.", "output.", *(f"data.{each}" for each in own)))


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[a-z])(?=\d)", "_", name).lower()


def test_variables_are_the_parameters() -> None:
    """The same names in snake case, the same defaults, the same descriptions."""
    ours = {name[4:]: body for name, body in blocks(MODULE).items() if name.startswith("var.")}
    theirs: dict[str, Any] = {}
    for template in ("template.yaml", "edge-alarms.yaml"):
        theirs |= {
            snake(name): each
            for name, each in load(template)["Parameters"].items()
            if name != "DistributionId"
        }
    assert set(ours) - {"name"} == set(theirs)
    for name, parameter in theirs.items():
        default = unquoted(ours[name].get("default"))
        wanted = parameter.get("Default")
        if wanted in ("true", "false"):
            assert default is (wanted == "true"), name
        else:
            assert default == wanted, name


def test_the_environment_is_what_provision_prints() -> None:
    """Names of settings alone, and every one that the stack decides."""
    from app.cli.stack_changes import Found

    outputs = {
        name: "x" for name, each in load("template.yaml")["Outputs"].items() if each is not None
    }
    parameters = {name: "true" for name in load("template.yaml")["Parameters"]}
    found = Found(parameters, outputs)
    environment = blocks(MODULE)["output.gateway_environment"]["value"]
    assert set(environment) == set(gateway_environment(found, "eu-west-1", slot="PublicKeyBlue"))
    assert set(environment) <= set(SCHEMA.fields)
    front_end = blocks(MODULE)["output.front_end_environment"]["value"]
    assert set(front_end) == set(front_end_environment(found, "eu-west-1", "")) - {
        "NEXT_PUBLIC_API_URL"
    }


def test_the_page_s_commands_make_an_environment(tmp_path: Path) -> None:
    """From the outputs, openssl and IAM's answer: what a gateway starts with."""
    page = (MODULE / "README.md").read_text()
    make, write = re.findall(r"```sh\n(.+?)```", page, re.S)
    root = page.partition("```hcl\n")[2].partition("```")[0]
    output = r"^output \"(\w+)\" \{\n  value = module\.asset_gateway\.\1\n"
    shown = set(re.findall(output, root, re.M))
    assert {f"output.{name}" for name in shown} <= set(blocks(MODULE))
    assert set(re.findall(r"terraform output (?:-\w+ )?(\w+)", page)) == shown
    answers = {
        "gateway_environment": dict.fromkeys(
            blocks(MODULE)["output.gateway_environment"]["value"], ""
        )
        | {
            "COGNITO_USER_POOL_ID": "eu-west-1_AbCdEf",
            "COGNITO_CLIENT_ID": "1example23456789",
            "AWS_REGION": "eu-west-1",
            "S3_BUCKET_NAME": "media-acme",
            "CLOUDFRONT_DOMAIN": "d111111abcdef8.cloudfront.net",
            "CLOUDFRONT_KEY_PAIR_ID": "K679588557413",
        },
        "front_end_environment": {"NEXT_PUBLIC_AWS_REGION": "eu-west-1"},
    }
    key = {"AccessKey": {"AccessKeyId": "AKIA0000000000000000", "SecretAccessKey": "s" * 40}}
    for name, answer in answers.items():
        (tmp_path / name).write_text(json.dumps(answer))
    (tmp_path / "gateway_user_name").write_text("gateway-user")
    (tmp_path / "key").write_text(json.dumps(key))
    for program, does in {
        "terraform": '[ "$1" != output ] || cat "$3"',
        "aws": 'test "$2 $4 $6" = "create-access-key gateway-user json" && cat key',
    }.items():
        (tmp_path / program).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / program).chmod(0o755)
    done = subprocess.run(
        ["sh", "-ec", make + write],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert done.stdout == "NEXT_PUBLIC_AWS_REGION=eu-west-1\n"
    file = tmp_path / "gateway.env"
    assert file.stat().st_mode & 0o777 == 0o600
    settings = Settings.from_env(read_env(file))
    assert settings.s3_access_key_id == "AKIA0000000000000000"
    assert public_half(settings.cloudfront_private_key) == (tmp_path / "edge.pub.pem").read_text()
    assert settings.metrics_token != settings.secret_key


def test_the_ids_of_both_keys_are_shown() -> None:
    """As by the template's outputs: in a rotation the gateway needs the new one's."""
    slots = {
        name.removeprefix("KeyPairId").lower()
        for name in load("template.yaml")["Outputs"]
        if name.startswith("KeyPairId")
    }
    assert set(blocks(MODULE)["output.key_pair_ids"]["value"]) == slots == {"blue", "green"}


def test_what_must_not_be_lost_is_kept() -> None:
    """The pool and the buckets are not destroyed with the rest."""
    for folder, names in (
        (MODULE, ("aws_cognito_user_pool.users", "aws_s3_bucket.assets", "aws_s3_bucket.logs")),
        (MODULE / "replica", ("aws_s3_bucket.replica",)),
    ):
        for name in names:
            [lifecycle] = blocks(folder)[name]["lifecycle"]
            assert lifecycle["prevent_destroy"] is True


def test_the_edge_reads_the_same_folders() -> None:
    """The kinds' folders, never `shares/`."""
    written = (MODULE / "variables.tf").read_text()
    [folders] = re.findall(r"asset_folders\s*= \[(.*)\]", written)
    named = {f"/users/*/{folder}/*" for folder in re.findall(r'"(\w+)"', folders)}
    assert named == ONLY_TEMPLATE["aws_s3_bucket_policy.assets"]


def test_switches_agree() -> None:
    """What is on or off on one side is so on the other: public access, encryption, compression."""
    for template, folder, name, made in ALL:
        theirs = _switches(load(template)["Resources"][name].get("Properties", {}))
        ours: dict[str, set[bool]] = {}
        for one in made:
            for key, values in _switches(blocks(folder)[one]).items():
                ours.setdefault(key, set()).update(values)
        # Of a metric Terraform need not say that it is not returned.
        for key in (theirs.keys() & ours.keys()) - {"return_data"}:
            assert theirs[key] == ours[key], (name, key)


def _switches(node: Any, key: str = "") -> dict[str, set[bool]]:
    found: dict[str, set[bool]] = {}
    if isinstance(node, bool):
        return {snake(key): {node}}
    if isinstance(node, dict):
        pairs = list(node.items())
    else:
        pairs = [(key, each) for each in node] if isinstance(node, list) else []
    for name, each in pairs:
        for known, values in _switches(each, name).items():
            found.setdefault(known, set()).update(values)
    return found
