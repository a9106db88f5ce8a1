"""AWS with the operator's own credentials: clients, what commands are given, faults as messages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from marshmallow import ValidationError

from app.aws.environment import environment_faults
from config import SCHEMA, SettingsError

#: By the kind of botocore's error: what to do where its message does not say it.
_ADVICE = {
    "NoCredentialsError": "set AWS_PROFILE, or sign in (`aws sso login`, `aws configure`)",
    "TokenRetrievalError": "sign in again (`aws sso login`)",
    "SSOTokenLoadError": "sign in (`aws sso login`)",
    "UnauthorizedSSOTokenError": "sign in again (`aws sso login`)",
    "EndpointConnectionError": "is the region right, and does this machine reach AWS (DNS, "
    "firewall, HTTPS_PROXY)?",
    "ConnectTimeoutError": "does this machine reach AWS (firewall, HTTPS_PROXY)?",
    "SSLError": "set AWS_CA_BUNDLE to the authorities of the proxy that is between",
}


class OfSetting(click.ParamType[str]):
    """A value that will be, or must fit, the setting ``name``: refused by the setting's rules."""

    def __init__(self, name: str, metavar: str) -> None:
        self._field = SCHEMA.fields[name]
        self.name = metavar

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            read = self._field.deserialize(value)
        except ValidationError as error:
            self.fail(_first(error.messages), param, ctx)
        if not read:
            self.fail("must not be empty", param, ctx)
        return read if isinstance(read, str) else ",".join(read)


def _first(messages: Any) -> str:
    """The first text in marshmallow's messages, which nest for lists."""
    while not isinstance(messages, str):
        messages = next(iter(messages.values() if isinstance(messages, dict) else messages))
    return messages


REGION = OfSetting("AWS_REGION", "region")
BUCKET = OfSetting("S3_BUCKET_NAME", "bucket")
ORIGIN = OfSetting("CORS_ORIGINS", "origin")
GATEWAY_URL = OfSetting("PUBLIC_BASE_URL", "url")
POOL = OfSetting("COGNITO_USER_POOL_ID", "id")
QUEUE = OfSetting("EVENTS_QUEUE_URL", "url")


def aws_client(service: str, region: str) -> Any:
    """A client with the operator's own credentials. Raises ``SettingsError`` for variables of
    AWS' that no client can be made with."""
    import boto3

    if faults := environment_faults():
        raise SettingsError(faults)
    return boto3.session.Session(region_name=region).client(service)  # type: ignore[call-overload]


@contextmanager
def aws_faults_as_messages() -> Iterator[None]:
    """Raises ``click.ClickException`` for what AWS, or the way to it, is at fault for."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    except (BotoCoreError, ClientError) as error:
        advice = _ADVICE.get(type(error).__name__)
        raise click.ClickException(f"AWS: {error}" + (f"; {advice}" if advice else "")) from None
