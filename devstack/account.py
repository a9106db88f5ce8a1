"""What a started store holds, and how to use it: the handle that tests and the runner get."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient


@dataclass(frozen=True)
class Stack:
    """What was made, and how to reach it. Addresses have no trailing slash."""

    endpoint: str
    region: str
    bucket: str
    user_pool_id: str
    client_id: str
    access_key_id: str
    secret_access_key: str = field(repr=False)

    @property
    def issuer(self) -> str:
        """The ``iss`` of the pool's tokens: AWS's own address, for moto writes that."""
        return f"https://cognito-idp.{self.region}.amazonaws.com/{self.user_pool_id}"

    @property
    def jwks_url(self) -> str:
        """Where the key of this start is published."""
        return f"{self.endpoint}/{self.user_pool_id}/.well-known/jwks.json"

    @cache  # noqa: B019 - a few stacks a process, and making one takes as long as ten calls
    def client(self, service: str, **config: Any) -> Any:
        """A boto3 client of the stack, path style and SigV4; ``config`` goes to botocore."""
        make: Any = boto3.client  # its overloads know services by literal name only
        return make(
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            config=Config(
                signature_version="s3v4" if service == "s3" else None,
                s3={"addressing_style": "path"},
                **{"retries": {"max_attempts": 0}, **config},
            ),
        )

    def create_user(self, email: str, password: str, *, groups: Iterable[str] = ()) -> str:
        """Create a confirmed user, in ``groups``; returns the ``sub``."""
        cognito: CognitoIdentityProviderClient = self.client("cognito-idp")
        user = cognito.admin_create_user(
            UserPoolId=self.user_pool_id,
            Username=email,
            MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email", "Value": email},
                {"Name": "email_verified", "Value": "true"},
            ],
        )
        cognito.admin_set_user_password(
            UserPoolId=self.user_pool_id, Username=email, Password=password, Permanent=True
        )
        for group in groups:
            known = cognito.list_groups(UserPoolId=self.user_pool_id)["Groups"]
            if group not in [entry.get("GroupName") for entry in known]:
                cognito.create_group(UserPoolId=self.user_pool_id, GroupName=group)
            cognito.admin_add_user_to_group(
                UserPoolId=self.user_pool_id, Username=email, GroupName=group
            )
        attributes = user["User"].get("Attributes", [])
        return next(a.get("Value", "") for a in attributes if a["Name"] == "sub")

    def sign_in(self, email: str, password: str) -> dict[str, Any]:
        """Cognito's ``AuthenticationResult``: AccessToken, IdToken, RefreshToken, ExpiresIn."""
        cognito: CognitoIdentityProviderClient = self.client("cognito-idp")
        answer = cognito.initiate_auth(
            ClientId=self.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": email, "PASSWORD": password},
        )
        return dict(answer["AuthenticationResult"])

    def gateway_environment(self, origins: Iterable[str]) -> dict[str, str]:
        """The environment a gateway needs to work on this stack; the secret is new each time."""
        return {
            "COGNITO_USER_POOL_ID": self.user_pool_id,
            "COGNITO_CLIENT_ID": self.client_id,
            "COGNITO_ISSUER": self.issuer,
            "COGNITO_JWKS_URL": self.jwks_url,
            "COGNITO_ENDPOINT": self.endpoint,
            "AWS_REGION": self.region,
            "S3_BUCKET_NAME": self.bucket,
            "EXPIRY_DAYS": "1,7,30",
            "S3_REGION": self.region,
            "S3_ACCESS_KEY_ID": self.access_key_id,
            "S3_SECRET_ACCESS_KEY": self.secret_access_key,
            "S3_ENDPOINT": self.endpoint,
            "SQS_ENDPOINT": self.endpoint,
            "STS_ENDPOINT": self.endpoint,
            "SECRET_KEY": secrets.token_urlsafe(48),
            "CORS_ORIGINS": ",".join(origins),
        }
