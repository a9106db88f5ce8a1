"""The role whose credentials browsers get, as S3's events name it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from app.aws.clients import LazyClient
from app.aws.upload_role import UploadRole
from app.domain.errors import StorageUnavailable

ARN = "arn:aws:iam::123456789012:role/uploads"


class Sts(LazyClient):
    """Answers as STS does, once it does."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.fails = False

    def get(self) -> Any:
        return self

    def assume_role(self, **params: Any) -> dict[str, Any]:
        self.calls.append(params)
        if self.fails:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "AssumeRole")
        return {"AssumedRoleUser": {"AssumedRoleId": "AROAUPLOADS:asset-gateway-events"}}


def test_only_sessions_of_the_role_are_its_own() -> None:
    """By the role's id, whole; asked for once, and with credentials that may do nothing."""
    sts = Sts()
    role = UploadRole(sts, ARN)
    assert role.wrote("AWS:AROAUPLOADS:u-alice")
    for other in (
        "AWS:AROAUPLOADSX:u-alice",
        "AWS:AROAOTHER:AROAUPLOADS",
        "AWS:AIDASOMEBODY",
        "AROAUPLOADS:u-alice",
        "",
    ):
        assert not role.wrote(other)
    [call] = sts.calls
    assert call["RoleArn"] == ARN
    assert '"Effect":"Deny"' in call["Policy"]


def test_while_the_role_is_unknown_nothing_is_decided() -> None:
    """An upload must not pass for a back end's object: the message comes again."""
    sts = Sts()
    sts.fails = True
    role = UploadRole(sts, ARN)
    with pytest.raises(StorageUnavailable):
        role.wrote("AWS:AROAUPLOADS:u-alice")
    sts.fails = False
    assert role.wrote("AWS:AROAUPLOADS:u-alice")
