"""CloudFormation templates as they come out for one choice of parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from app.domain.partitions import partition_of

INFRA = Path(__file__).parents[2] / "infra"
NAMES = ("template.yaml", "edge-alarms.yaml", "replica.yaml")
ACCOUNT = "111122223333"
PUBLIC_KEY = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQ\n-----END PUBLIC KEY-----"
REQUIRED = {
    "BucketName": "media-example",
    "Origins": "https://app.example.com,http://localhost:3000",
    "PublicKeyBlue": PUBLIC_KEY,
}
EVERYTHING = REQUIRED | {
    "AlarmEmail": "ops@example.com",
    "AdminGroup": "admins",
    "ArchiveAfter90Days": "true",
    "CertificateArn": f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/1",
    "CloudTrailDataEvents": "true",
    "EdgeDomain": "media.example.com",
    "PublicKeyGreen": PUBLIC_KEY,
    "ReplicaBucketName": "media-replica",
    "RefreshTokenRotation": "true",
    "ScopedCredentials": "true",
    "ServiceScope": "assets/act",
    "TransferAcceleration": "true",
    "WebAclArn": f"arn:aws:wafv2:us-east-1:{ACCOUNT}:global/webacl/edge/1",
}
_ARNS = {
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{{id}}",
    "AWS::SQS::Queue": f"arn:aws:sqs:eu-west-1:{ACCOUNT}:{{id}}",
}
_NAME_OF = {"AWS::S3::Bucket": "BucketName"}
_PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::StackName": "gateway",
}
_NOTHING = object()


class _Loader(yaml.SafeLoader):
    """Reads `!Ref x` as `{"Ref": "x"}` and `!Sub x` as `{"Fn::Sub": "x"}`."""


def _intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> Any:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _intrinsic)


@cache
def load(name: str) -> dict[str, Any]:
    """The template as written, with intrinsic functions in their long form; to be read only."""
    return dict(yaml.load((INFRA / name).read_text(), Loader=_Loader))  # noqa: S506


class Made:
    """What a template makes: resources whose conditions hold, intrinsic functions worked out."""

    def __init__(
        self, name: str, parameters: Mapping[str, str], *, region: str = "eu-west-1"
    ) -> None:
        self._template = load(name)
        self._pseudo = _PSEUDO | {
            "AWS::Partition": partition_of(region).name,
            "AWS::Region": region,
        }
        self.values = {
            name: str(parameters.get(name, declared.get("Default", "")))
            for name, declared in self._template["Parameters"].items()
        }
        unknown = set(parameters) - set(self.values)
        assert not unknown, unknown
        self.resources: dict[str, dict[str, Any]] = {
            logical_id: {**self.worked_out(resource), "Type": resource["Type"]}
            for logical_id, resource in self._template["Resources"].items()
            if "Condition" not in resource or self.holds(resource["Condition"])
        }

    def outputs(self) -> dict[str, str]:
        """Those whose conditions hold."""
        return {
            name: self.worked_out(each["Value"])
            for name, each in self._template.get("Outputs", {}).items()
            if "Condition" not in each or self.holds(each["Condition"])
        }

    def properties(self, logical_id: str) -> Any:
        return self.resources[logical_id].get("Properties", {})

    def of_type(self, kind: str) -> Iterator[str]:
        return (name for name, each in self.resources.items() if each["Type"] == kind)

    def statements(self, logical_id: str) -> list[dict[str, Any]]:
        """Statements of a policy, or of a role's inline policies."""
        properties = self.properties(logical_id)
        documents = [properties["PolicyDocument"]] if "PolicyDocument" in properties else []
        documents += [each["PolicyDocument"] for each in properties.get("Policies", [])]
        return [statement for document in documents for statement in document["Statement"]]

    def holds(self, condition: str) -> bool:
        return bool(self.worked_out(self._template["Conditions"][condition]))

    def worked_out(self, node: Any) -> Any:
        if isinstance(node, list):
            return [each for each in map(self.worked_out, node) if each is not _NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            name, value = next(iter(node.items()))
            if name in ("Ref", "Condition") and isinstance(value, str):
                return self.holds(value) if name == "Condition" else self._ref(value)
            if name.startswith("Fn::"):
                return self._function(name.removeprefix("Fn::"), value)
        found = {name: self.worked_out(value) for name, value in node.items()}
        return {name: value for name, value in found.items() if value is not _NOTHING}

    def _function(self, name: str, value: Any) -> Any:
        if name == "If":
            condition, then, otherwise = value
            return self.worked_out(then if self.holds(condition) else otherwise)
        if name == "GetAtt":
            return self._attribute(*value)
        if name == "Sub":
            text, given = value if isinstance(value, list) else (value, {})
            given = self.worked_out(given)
            return re.sub(
                r"\$\{([\w:.]+)\}",
                lambda found: str(given.get(found[1]) or self._named(found[1])),
                text,
            )
        if name == "Equals":
            one, other = self.worked_out(value)
            return one == other
        if name == "Not":
            return not self.worked_out(value)[0]
        if name == "Split":
            separator, text = self.worked_out(value)
            return text.split(separator)
        if name == "Select":
            index, items = self.worked_out(value)
            return items[index]
        if name in ("And", "Or"):
            return (all if name == "And" else any)(self.worked_out(value))
        raise LookupError(f"these tests cannot read Fn::{name}")

    def _named(self, name: str) -> Any:
        return self._attribute(*name.split(".")) if "." in name else self._ref(name)

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NOTHING
        if name in self._pseudo:
            return self._pseudo[name]
        if name in self._template["Parameters"]:
            value = self.values[name]
            listed = self._template["Parameters"][name]["Type"] == "CommaDelimitedList"
            return value.split(",") if listed else value
        resource = self._template["Resources"][name]
        own_name = _NAME_OF.get(resource["Type"])
        return self.worked_out(resource["Properties"][own_name]) if own_name else name

    def _attribute(self, logical_id: str, attribute: str) -> str:
        kind = self._template["Resources"][logical_id]["Type"]
        if attribute != "Arn":
            return f"{logical_id}.{attribute}"
        pattern = _ARNS.get(kind, f"arn:aws:{kind.split('::')[1].lower()}::{ACCOUNT}:{{id}}")
        return pattern.format(id=logical_id, name=self._ref(logical_id))
