"""What others' rules say of the templates: CloudFormation's schemas, and a policy scanner."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pycfmodel
import pytest
from cfnlint.api import ManualArgs, lint
from cfripper.config.config import Config
from cfripper.rule_processor import RuleProcessor
from cfripper.rules import DEFAULT_RULES

from tests.infra.templates import ACCOUNT, EVERYTHING, INFRA, NAMES, REQUIRED, Made, load

# What CloudFormation takes in the request itself; a larger template needs a bucket first.
MAX_BODY_BYTES = 51_200
# IAM knows no resource for these actions (Service Authorization Reference, CloudFront).
WITHOUT_RESOURCES = {
    f'WildcardResourceRule: "DoctorPolicy" is using a wildcard resource for "cloudfront:{action}"'
    for action in ("GetKeyGroup", "GetPublicKey")
}


def chosen(name: str, parameters: dict[str, str]) -> dict[str, str]:
    return {key: parameters[key] for key in parameters if key in load(name)["Parameters"]}


def scan(resources: dict[str, Any]) -> list[str]:
    """The rules of cfripper that the resources break."""
    config = Config(rules=list(DEFAULT_RULES), aws_account_id=ACCOUNT)
    rules = RuleProcessor(*(rule(config) for rule in DEFAULT_RULES.values()))
    found = rules.process_cf_template(pycfmodel.parse({"Resources": resources}), config)
    assert not found.exceptions
    return [f"{failure.rule}: {failure.reason}" for failure in found.failures]


@pytest.mark.parametrize("name", NAMES)
def test_the_linter_finds_nothing(name: str) -> None:
    """Every property, type, reference and IAM action is one that CloudFormation knows."""
    text = (INFRA / name).read_text()
    # `us-east-1` knows every resource type; CloudFront's own are checked there.
    assert lint(text, config=ManualArgs(regions=["us-east-1", "eu-west-1"])) == []
    assert len(text.encode()) < MAX_BODY_BYTES


def test_the_linter_would_find_something() -> None:
    """A property that does not exist is found."""
    text = (INFRA / "replica.yaml").read_text().replace("BucketEncryption", "BucketEncrypting")
    assert lint(text, config=ManualArgs(regions=["us-east-1"]))


@pytest.mark.parametrize("parameters", [REQUIRED, EVERYTHING], ids=["plain", "everything"])
@pytest.mark.parametrize("name", NAMES)
def test_the_policy_scanner_finds_nothing(name: str, parameters: dict[str, str]) -> None:
    """No public access, no wildcard principals, actions or resources, no trust of strangers."""
    found = scan(Made(name, chosen(name, parameters)).resources)
    assert [each for each in found if each not in WITHOUT_RESOURCES] == []


def test_the_policy_scanner_would_find_something() -> None:
    """A bucket that everybody may read, and a policy that may do all, are found."""
    resources = copy.deepcopy(Made("template.yaml", REQUIRED).resources)
    resources["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"].append(
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": "arn:aws:s3:::media-example/*",
        }
    )
    resources["GatewayPolicy"]["Properties"]["PolicyDocument"]["Statement"].append(
        {"Effect": "Allow", "Action": "*", "Resource": "*"}
    )
    found = " ".join(scan(resources))
    assert "FullWildcardPrincipalRule: BucketPolicy" in found
    assert 'WildcardResourceRule: "GatewayPolicy"' in found


def test_templates_are_all_checked() -> None:
    """A template that is added is looked at by these tests, too."""
    templates = {
        path.name for path in Path(INFRA).glob("*.yaml") if "AWSTemplateFormat" in path.read_text()
    }
    assert templates == set(NAMES)
