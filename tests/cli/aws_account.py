"""An AWS account that answers by the book: botocore's Stubber, one client a service and region."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.stub import ANY, Stubber

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
STACK_ID = "arn:aws:cloudformation:eu-west-1:111122223333:stack/asset-gateway/1"
OUTPUTS = {
    "UserPoolId": "eu-west-1_AbCdEf123",
    "UserPoolClientId": "1example23456789",
    "BucketName": "media-acme",
    "EventsQueueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/uploads",
    "DistributionId": "E2EXAMPLE12345",
    "EdgeDomain": "d111111abcdef8.cloudfront.net",
    "KeyPairIdBlue": "KBLUE23456789",
    "GatewayUserName": "gateway-user",
}


class Account:
    """Clients whose next answers are written down beforehand; each must be asked for."""

    def __init__(self) -> None:
        self._clients: dict[tuple[str, str], tuple[Any, Stubber]] = {}

    def client(self, service: str, region: str) -> Any:
        return self._of(service, region)[0]

    def stubber(self, service: str, region: str = "eu-west-1") -> Stubber:
        return self._of(service, region)[1]

    def _of(self, service: str, region: str) -> tuple[Any, Stubber]:
        if (service, region) not in self._clients:
            made = boto3.client(
                service,  # type: ignore[call-overload]
                region_name=region,
                aws_access_key_id="AKIDEXAMPLE",
                aws_secret_access_key="secret",
            )
            stubber = Stubber(made)
            stubber.activate()
            self._clients[service, region] = made, stubber
        return self._clients[service, region]

    def assert_all_was_asked(self) -> None:
        for _, stubber in self._clients.values():
            stubber.assert_no_pending_responses()

    def stack(self, region: str = "eu-west-1") -> Stack:
        return Stack(self.stubber("cloudformation", region))


class Stack:
    """The answers of CloudFormation about one stack, in the order in which they come."""

    def __init__(self, stubber: Stubber) -> None:
        self._stubber = stubber

    def missing(self) -> Stack:
        self._stubber.add_client_error(
            "describe_stacks", "ValidationError", "Stack with id x does not exist", 400
        )
        return self

    def described(
        self,
        status: str = "CREATE_COMPLETE",
        parameters: Mapping[str, str] | None = None,
        outputs: Mapping[str, str] | None = None,
        *,
        protected: bool = True,
        tags: Mapping[str, str] | None = None,
    ) -> Stack:
        given = [
            {"ParameterKey": name, "ParameterValue": value}
            for name, value in (parameters or {}).items()
        ]
        made = [
            {"OutputKey": name, "OutputValue": value} for name, value in (outputs or {}).items()
        ]
        self._stubber.add_response(
            "describe_stacks",
            {
                "Stacks": [
                    {
                        "StackName": "asset-gateway",
                        "CreationTime": AT,
                        "StackStatus": status,
                        "Parameters": given,
                        "Outputs": made,
                        "EnableTerminationProtection": protected,
                        "Tags": [{"Key": k, "Value": v} for k, v in (tags or {}).items()],
                    }
                ]
            },
        )
        return self

    def plans(
        self, parameters: Any = ANY, *, kind: str = "CREATE", template: Any = ANY, tags: Any = ANY
    ) -> Stack:
        if parameters is not ANY:
            parameters = [
                {"ParameterKey": name, "ParameterValue": value}
                for name, value in sorted(parameters.items())
            ]
        self._stubber.add_response(
            "create_change_set",
            {"Id": STACK_ID},
            {
                "StackName": ANY,
                "ChangeSetName": ANY,
                "ChangeSetType": kind,
                "TemplateBody": template,
                "Capabilities": ["CAPABILITY_IAM"],
                "Parameters": parameters,
                "Tags": tags,
            },
        )
        return self

    def change_set(
        self,
        status: str,
        reason: str = "",
        *changes: tuple[str, str, str, str],
        more: bool = False,
    ) -> Stack:
        self._stubber.add_response(
            "describe_change_set",
            {
                "Status": status,
                "StatusReason": reason,
                "Changes": [
                    {
                        "Type": "Resource",
                        "ResourceChange": {
                            "Action": action,
                            "LogicalResourceId": name,
                            "ResourceType": kind,
                            "Replacement": replaced,
                        },
                    }
                    for action, name, kind, replaced in changes
                ],
                **({"NextToken": "next"} if more else {}),
            },
        )
        return self

    def unchanged(self) -> Stack:
        """The change set of a stack that is as it should be."""
        self.plans(kind="UPDATE")
        self.change_set("FAILED", "The submitted information didn't contain changes.")
        return self.forgets()

    def forgets(self, *, stack: bool = False) -> Stack:
        """The change set is dropped, with the empty ``stack`` that it made."""
        self._stubber.add_response(
            "delete_change_set", {}, {"StackName": ANY, "ChangeSetName": ANY}
        )
        if stack:
            self._stubber.add_response("delete_stack", {}, {"StackName": ANY})
        return self

    def protects(self) -> Stack:
        self._stubber.add_response(
            "update_termination_protection",
            {"StackId": STACK_ID},
            {"StackName": ANY, "EnableTerminationProtection": True},
        )
        return self

    def refuses(self, operation: str, code: str, message: str) -> Stack:
        self._stubber.add_client_error(operation, code, message, 403)
        return self

    def executes(self) -> Stack:
        self._stubber.add_response(
            "execute_change_set", {}, {"StackName": ANY, "ChangeSetName": ANY}
        )
        return self

    def events(self, *events: tuple[str, str, str]) -> Stack:
        """Events as (resource, status, reason), the newest first as CloudFormation has them."""
        self._stubber.add_response(
            "describe_stack_events",
            {
                "StackEvents": [
                    {
                        "StackId": STACK_ID,
                        "EventId": f"{name}-{status}",
                        "StackName": "asset-gateway",
                        "LogicalResourceId": name,
                        "ResourceStatus": status,
                        "ResourceStatusReason": reason,
                        "Timestamp": AT,
                    }
                    for name, status, reason in events
                ]
            },
        )
        return self

    def rolls_out(
        self, after: Mapping[str, str], outputs: Mapping[str, str], **planned: Any
    ) -> Stack:
        """A change that goes well, from the change set to the (protected) stack after it."""
        self.plans(**planned)
        self.change_set("CREATE_COMPLETE", "", ("Add", "Bucket", "AWS::S3::Bucket", "False"))
        self.events().executes().events(("Bucket", "CREATE_COMPLETE", ""))
        self.described("CREATE_COMPLETE")
        return self.described("CREATE_COMPLETE", after, outputs)
