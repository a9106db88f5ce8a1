"""An AWS account that keeps state: CloudFormation by the real templates, IAM's keys, Cost Explorer.

No package runs these templates (moto passes over Cognito, CloudFront and policies, and then cannot
make what refers to them). So a stack here is what ``Made`` works out of a template for its
parameters: change sets are the difference to what is there, names of buckets are the world's, a
resource that fails rolls its stack back, and what is retained stays. What each service would say of
a resource's properties is not simulated.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from app.domain.partitions import regional_host
from tests.infra.templates import INFRA, NAMES, Made

_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_TEMPLATES = {(INFRA / name).read_text(): name for name in NAMES}


def refused(operation: str, code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


@dataclass(slots=True)
class StackState:
    status: str = "REVIEW_IN_PROGRESS"
    parameters: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    template: str = ""
    is_protected: bool = False
    planned: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)


class StatefulAccount:
    """``client`` stands in for boto3's; ``fails`` names resources that AWS will refuse to make."""

    def __init__(self) -> None:
        self.stacks: dict[tuple[str, str], StackState] = {}
        self.buckets: set[str] = set()
        self.access_keys: list[str] = []
        self.fails: set[str] = set()
        self.has_cost_explorer = True

    def client(self, service: str, region: str) -> Any:
        made = {"cloudformation": Cloudformation, "iam": Iam, "ce": CostExplorer}[service]
        return made(self, region)


class Iam:
    def __init__(self, account: StatefulAccount, _region: str) -> None:
        self._account = account

    def list_access_keys(self, *, UserName: str) -> Any:
        return {"AccessKeyMetadata": [{"AccessKeyId": k} for k in self._account.access_keys]}

    def create_access_key(self, *, UserName: str) -> Any:
        key = f"AKIA{len(self._account.access_keys):016}"
        self._account.access_keys.append(key)
        return {"AccessKey": {"AccessKeyId": key, "SecretAccessKey": f"secret-of-{key}"}}


class CostExplorer:
    def __init__(self, account: StatefulAccount, _region: str) -> None:
        self._account = account

    def get_anomaly_monitors(self) -> Any:
        if not self._account.has_cost_explorer:
            raise refused("GetAnomalyMonitors", "AccessDeniedException", "User not enabled")
        return {"AnomalyMonitors": []}


class Cloudformation:
    """Every call of ``app/cli/stack_changes.py``, by its parameters' names."""

    _numbers = itertools.count()

    def __init__(self, account: StatefulAccount, region: str) -> None:
        self._account = account
        self._region = region

    def _stack(self, name: str) -> StackState:
        try:
            return self._account.stacks[self._region, name]
        except KeyError:
            message = f"Stack with id {name} does not exist"
            raise refused("DescribeStacks", "ValidationError", message) from None

    def describe_stacks(self, *, StackName: str) -> Any:
        stack = self._stack(StackName)
        return {
            "Stacks": [
                {
                    "StackStatus": stack.status,
                    "Parameters": _pairs("Parameter", stack.parameters),
                    "Outputs": _pairs("Output", self._outputs(stack)),
                    "Tags": [{"Key": k, "Value": v} for k, v in stack.tags.items()],
                    "EnableTerminationProtection": stack.is_protected,
                }
            ]
        }

    def create_change_set(self, **asked: Any) -> None:
        name = asked["StackName"]
        exists = (self._region, name) in self._account.stacks
        is_planned = exists and self._stack(name).status == "REVIEW_IN_PROGRESS"
        if (asked["ChangeSetType"] == "CREATE") == (exists and not is_planned):
            raise refused("CreateChangeSet", "ValidationError", f"{name}: exists, or does not")
        stack = self._account.stacks.setdefault((self._region, name), StackState())
        parameters = {each["ParameterKey"]: each["ParameterValue"] for each in asked["Parameters"]}
        template = _TEMPLATES[asked["TemplateBody"]]
        made = Made(template, parameters)
        tags = {each["Key"]: each["Value"] for each in asked["Tags"]}
        stack.planned = {
            "parameters": made.values,
            "template": template,
            "tags": tags,
            "resources": made.resources,
            "changes": [*_changes(stack.resources, made.resources)],
            "has_new_tags": tags != stack.tags,
        }

    def describe_change_set(self, *, StackName: str, ChangeSetName: str) -> Any:
        planned = self._stack(StackName).planned
        if not planned["changes"] and not planned["has_new_tags"]:
            return {
                "Status": "FAILED",
                "StatusReason": "The submitted information didn't contain changes.",
            }
        return {"Status": "CREATE_COMPLETE", "Changes": planned["changes"]}

    def delete_change_set(self, *, StackName: str, ChangeSetName: str) -> None:
        self._stack(StackName).planned = {}

    def delete_stack(self, *, StackName: str) -> None:
        stack = self._stack(StackName)
        assert not stack.is_protected
        self._remove(stack, stack.resources, kept=("Retain", "RetainExceptOnCreate"))
        del self._account.stacks[self._region, StackName]

    def update_termination_protection(
        self, *, StackName: str, EnableTerminationProtection: bool
    ) -> None:
        self._stack(StackName).is_protected = EnableTerminationProtection

    def describe_stack_events(self, *, StackName: str) -> Any:
        return {"StackEvents": list(reversed(self._stack(StackName).events))}

    def execute_change_set(self, *, StackName: str, ChangeSetName: str) -> None:
        stack, is_new = (
            self._stack(StackName),
            self._stack(StackName).status == "REVIEW_IN_PROGRESS",
        )
        planned, stack.planned = stack.planned, {}
        made: dict[str, dict[str, Any]] = {}
        for name, resource in planned["resources"].items():
            if name in stack.resources:
                continue
            reason = self._why_not(name, resource)
            self._event(stack, name, f"CREATE_{'FAILED' if reason else 'COMPLETE'}", reason)
            if reason:
                self._remove(stack, made, kept=("Retain",) if is_new else ())
                stack.status = "ROLLBACK_COMPLETE" if is_new else "UPDATE_ROLLBACK_COMPLETE"
                return
            made[name] = resource
            if resource["Type"] == "AWS::S3::Bucket":
                self._account.buckets.add(resource["Properties"]["BucketName"])
        gone = {n: r for n, r in stack.resources.items() if n not in planned["resources"]}
        self._remove(stack, gone, kept=())
        stack.resources = planned["resources"]
        stack.parameters, stack.template = planned["parameters"], planned["template"]
        stack.tags = planned["tags"]
        stack.status = "CREATE_COMPLETE" if is_new else "UPDATE_COMPLETE"

    def _why_not(self, name: str, resource: Mapping[str, Any]) -> str:
        if name in self._account.fails:
            return "the account may not"
        bucket = resource.get("Properties", {}).get("BucketName")
        if resource["Type"] == "AWS::S3::Bucket" and bucket in self._account.buckets:
            return f"{bucket} already exists"
        return ""

    def _remove(
        self, stack: StackState, resources: Mapping[str, Any], *, kept: tuple[str, ...]
    ) -> None:
        for name, resource in resources.items():
            stays = resource.get("DeletionPolicy") in kept
            if resource["Type"] == "AWS::S3::Bucket" and not stays:
                self._account.buckets.discard(resource["Properties"]["BucketName"])
            self._event(stack, name, "DELETE_SKIPPED" if stays else "DELETE_COMPLETE", "")

    def _event(self, stack: StackState, name: str, status: str, reason: str) -> None:
        stack.events.append(
            {
                "EventId": str(next(self._numbers)),
                "LogicalResourceId": name,
                "ResourceStatus": status,
                "ResourceStatusReason": reason,
                "Timestamp": _AT,
            }
        )

    def _outputs(self, stack: StackState) -> dict[str, str]:
        if not stack.template:
            return {}
        there = Made(stack.template, stack.parameters, region=self._region).outputs()
        # Ids as AWS gives them; of a public key one of its own.
        pool_id = f"{self._region}_AbCdEf123"
        ids = {
            "UserPoolId": pool_id,
            "Issuer": f"https://{regional_host('cognito-idp', self._region)}/{pool_id}",
            "UserPoolClientId": "1example23456789",
            "ServiceClientId": "2example23456789",
            "EventsQueueUrl": f"https://sqs.{self._region}.amazonaws.com/111122223333/uploads",
            "DistributionId": "E2EXAMPLE12345",
            "EdgeDomain": "d111111abcdef8.cloudfront.net",
        }
        for slot in ("Blue", "Green"):
            ids[f"KeyPairId{slot}"] = (
                f"K{hash(stack.parameters.get(f'PublicKey{slot}')) % 10**12:012}"
            )
        return {name: ids.get(name, str(value)) for name, value in there.items()}


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Any:
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        action = "Add" if old is None else "Remove" if new is None else "Modify"
        kind = (new or old)["Type"]
        yield {
            "ResourceChange": {
                "Action": action,
                "LogicalResourceId": name,
                "ResourceType": kind,
                "Replacement": "False",
            }
        }


def _pairs(kind: str, values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{f"{kind}Key": key, f"{kind}Value": value} for key, value in values.items()]
