"""One CloudFormation stack: what it is, what would change, and the change as it happens.

Changes go by change sets, so that they are seen before they are made.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

INFRA = Path(__file__).parents[2] / "infra"
_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")
_STUCK = "UPDATE_ROLLBACK_FAILED"
# A stack that never came up cannot be updated, only deleted.
_BROKEN = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"})
_ENDED_WELL = frozenset(
    {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"}
)
# A change set that was made and not carried out leaves an empty stack behind.
_PLANNED = "REVIEW_IN_PROGRESS"


class StackError(Exception):
    """CloudFormation did not do what it was asked; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Found:
    """A stack as it is."""

    parameters: Mapping[str, str]
    outputs: Mapping[str, str]
    tags: Mapping[str, str] = field(default_factory=dict)
    is_protected: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a change set; what is ``replaced`` would be made anew."""

    action: str
    logical_id: str
    kind: str
    replaced: bool


class Stack:
    """A stack by name; ``pause`` is called between questions about something under way."""

    def __init__(self, client: Any, name: str, template: str, *, pause: Callable[[], None]) -> None:
        self._client = client
        self.name = name
        self._body = (INFRA / template).read_text()
        self._pause = pause

    def find(self) -> Found | None:
        """The stack, None when there is none. Raises ``StackError`` for one that is stuck."""
        described = self._describe()
        if described is None or described["StackStatus"] == _PLANNED:
            return None
        status = described["StackStatus"]
        if status in _BROKEN:
            raise StackError(
                f"stack {self.name} is {status}: it never came up. Delete it and start again:\n"
                f"  aws cloudformation delete-stack --stack-name {self.name}"
            )
        if status == _STUCK:
            raise StackError(
                f"stack {self.name} is {status}: fix what its events name, then\n"
                f"  aws cloudformation continue-update-rollback --stack-name {self.name}\n"
                "(docs/deploy.md, Rolling back)"
            )
        if status.endswith("_IN_PROGRESS") and status not in _ENDED_WELL:
            raise StackError(f"stack {self.name} is {status}: wait for the other change to end")
        return Found(
            {
                each["ParameterKey"]: each["ParameterValue"]
                for each in described.get("Parameters", [])
            },
            {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])},
            {each["Key"]: each["Value"] for each in described.get("Tags", [])},
            described.get("EnableTerminationProtection", False),
        )

    def declared(self) -> frozenset[str]:
        """The names of the template's parameters."""
        section = self._body.partition("\nParameters:\n")[2]
        return frozenset(re.findall(r"^  (\w+):$", re.split(r"^\w", section, flags=re.M)[0], re.M))

    def plan(
        self,
        parameters: Mapping[str, str],
        *,
        existing: bool,
        name: str,
        tags: Mapping[str, str],
    ) -> list[Change]:
        """Make the change set ``name``; its changes, an empty list when there are none.

        ``tags`` replace the stack's. Raises ``StackError`` in CloudFormation's words.
        """
        self._client.create_change_set(
            StackName=self.name,
            ChangeSetName=name,
            ChangeSetType="UPDATE" if existing else "CREATE",
            TemplateBody=self._body,
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value}
                for key, value in sorted(parameters.items())
            ],
            Tags=[{"Key": key, "Value": value} for key, value in sorted(tags.items())],
        )
        changes: list[Change] = []
        token: dict[str, str] = {}
        while True:
            answer = self._client.describe_change_set(
                StackName=self.name, ChangeSetName=name, **token
            )
            status, reason = answer["Status"], answer.get("StatusReason", "")
            if status == "FAILED":
                self._client.delete_change_set(StackName=self.name, ChangeSetName=name)
                if any(words in reason for words in _NO_CHANGES):
                    return []
                raise StackError(f"CloudFormation refuses the change of {self.name}: {reason}")
            if status != "CREATE_COMPLETE":
                self._pause()
                continue
            changes += [_change(each["ResourceChange"]) for each in answer["Changes"]]
            if "NextToken" not in answer:
                return changes
            token = {"NextToken": answer["NextToken"]}

    def forget(self, name: str, *, existing: bool) -> None:
        """Drop a change set that will not be carried out, and the empty stack that it made."""
        self._client.delete_change_set(StackName=self.name, ChangeSetName=name)
        if not existing:
            self._client.delete_stack(StackName=self.name)

    def protect(self) -> None:
        """Have CloudFormation refuse to delete the stack."""
        on = {"EnableTerminationProtection": True}
        self._client.update_termination_protection(StackName=self.name, **on)

    def apply(self, name: str) -> Iterator[Mapping[str, Any]]:
        """Carry out the change set ``name``: CloudFormation's event for each thing that happens.

        Raises ``StackError`` with the first failure when it is rolled back.
        """
        seen = {event["EventId"] for event in self._events()}
        self._client.execute_change_set(StackName=self.name, ChangeSetName=name)
        failure = ""
        while True:
            for event in reversed([each for each in self._events() if each["EventId"] not in seen]):
                seen.add(event["EventId"])
                if event["ResourceStatus"].endswith("_FAILED") and not failure:
                    reason = event.get("ResourceStatusReason", "")
                    failure = f"{event['LogicalResourceId']}: {reason}"
                yield event
            described = self._describe() or {"StackStatus": "DELETE_COMPLETE"}
            status = described["StackStatus"]
            if status in _ENDED_WELL:
                return
            if not status.endswith("_IN_PROGRESS"):
                raise StackError(f"stack {self.name} is {status}. First failure: {failure}")
            self._pause()

    def _describe(self) -> Any:
        from botocore.exceptions import ClientError

        try:
            return self._client.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            # A ValidationError for a name that is not there.
            if "does not exist" in str(error):
                return None
            raise

    def _events(self) -> list[Any]:
        # The newest page, newest first; a hundred events in two seconds do not happen.
        return list(self._client.describe_stack_events(StackName=self.name)["StackEvents"])


def _change(change: Mapping[str, Any]) -> Change:
    return Change(
        change["Action"],
        change["LogicalResourceId"],
        change["ResourceType"],
        change.get("Replacement") in ("True", "Conditional"),
    )
