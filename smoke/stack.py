"""The stack of one run: made under a name that nobody has, and removed whatever happened."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from app.cli.stack_rollout import Request, Rollout
from app.domain.partitions import partition_of
from smoke.place import ORIGIN

Clients = Callable[[str, str], Any]
_PAUSE_SECONDS = 10
#: CloudFront is the slowest: it takes some minutes to be switched off everywhere.
_MOST_SECONDS = 3600


@dataclass(slots=True)
class SmokeStack:
    """``clients`` makes boto3's by service and region, with the operator's credentials."""

    region: str
    clients: Clients
    edge: bool = True
    pause: Callable[[], None] = lambda: time.sleep(_PAUSE_SECONDS)
    name: str = field(default_factory=lambda: f"asset-gateway-smoke-{secrets.token_hex(4)}")
    _left: list[str] = field(default_factory=list)

    @property
    def regions(self) -> tuple[str, ...]:
        """Where its stacks are: CloudFront and the bill report to one region alone."""
        return tuple(dict.fromkeys((self.region, partition_of(self.region).global_region)))

    def make(self, env_file: Path) -> None:
        """Make it by what ``flask provision`` is. Raises as that does; ``remove`` then, too."""
        parameters = {
            "BucketName": self.name,
            "Origins": ORIGIN,
            "UserPoolName": self.name,
            "PasswordAuth": "true",
            "Edge": "true" if self.edge else "false",
        }
        request = Request(
            stack=self.name,
            region=self.region,
            parameters=parameters,
            tags={"purpose": "smoke"},
            replica_region=None,
            env_file=env_file,
            gateway_url=None,
            rotate_key=False,
            retire_key=False,
            new_access_key=False,
            dry_run=False,
            yes=True,
        )
        Rollout(request, self.clients, pause=self.pause).run()

    def remove(self) -> list[str]:
        """Remove all of it, whatever of it there is; what is left, and how to remove that."""
        home = partition_of(self.region).global_region
        alarms = f"{self.name}-edge-alarms"
        self._try(f"stack {alarms} ({home})", lambda: self._delete_stack(alarms, home))
        self._try(f"access keys of {self.name}'s user", self._delete_access_keys)
        self._try(f"stack {self.name}", lambda: self._delete_stack(self.name, self.region))
        # The template keeps these on purpose.
        for bucket in (self.name, f"{self.name}-logs"):
            self._try(f"bucket {bucket}", lambda of=bucket: self._delete_bucket(of))  # type: ignore[misc]
        self._try(f"user pool {self.name}", self._delete_pools)
        return self._left

    def _try(self, what: str, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # whatever it is, the rest has to go
            self._left.append(f"{what}: {error}")
        else:
            click.echo(f"removed: {what}", err=True)

    def _delete_stack(self, name: str, region: str) -> None:
        client = self.clients("cloudformation", region)
        if self._status(client, name) is None:
            return
        client.update_termination_protection(StackName=name, EnableTerminationProtection=False)
        client.delete_stack(StackName=name)
        ends_at = time.monotonic() + _MOST_SECONDS
        while (status := self._status(client, name)) is not None:
            if status == "DELETE_FAILED" or time.monotonic() > ends_at:
                raise TimeoutError(
                    f"is {status}; aws cloudformation delete-stack --stack-name {name}"
                )
            self.pause()

    def _status(self, client: Any, name: str) -> str | None:
        from botocore.exceptions import ClientError

        try:
            found = client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        return None if found == "DELETE_COMPLETE" else str(found)

    def _delete_access_keys(self) -> None:
        """CloudFormation did not make them, and deletes no user that has some."""
        client = self.clients("cloudformation", self.region)
        if self._status(client, self.name) is None:
            return
        found = client.describe_stacks(StackName=self.name)["Stacks"][0].get("Outputs", [])
        user = next((o["OutputValue"] for o in found if o["OutputKey"] == "GatewayUserName"), None)
        if user is None:
            return
        iam = self.clients("iam", self.region)
        for key in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])

    def _delete_bucket(self, name: str) -> None:
        from botocore.exceptions import ClientError

        s3 = self.clients("s3", self.region)
        try:
            for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
                found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
                doomed = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
                if doomed:
                    s3.delete_objects(Bucket=name, Delete={"Objects": doomed, "Quiet": True})
            s3.delete_bucket(Bucket=name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchBucket":
                raise

    def _delete_pools(self) -> None:
        cognito = self.clients("cognito-idp", self.region)
        for page in cognito.get_paginator("list_user_pools").paginate(MaxResults=60):
            for pool in page["UserPools"]:
                if pool["Name"] == self.name:
                    cognito.update_user_pool(UserPoolId=pool["Id"], DeletionProtection="INACTIVE")
                    cognito.delete_user_pool(UserPoolId=pool["Id"])
