"""From a stack's outputs to the environments of the gateway and of the front end."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from app.cli.stack_changes import Found
from app.cli.stack_keys import SLOTS, Keys

#: AWS allows a user so many; the second is for rotating the first.
MAX_ACCESS_KEYS = 2
SECRETS = frozenset(
    {"S3_SECRET_ACCESS_KEY", "SECRET_KEY", "METRICS_TOKEN", "CLOUDFRONT_PRIVATE_KEY"}
)


class AccessKeyError(Exception):
    """No access key can be made; the message says what to do."""


def gateway_environment(found: Found, region: str, *, slot: str | None) -> dict[str, str]:
    """What the stack decides of the gateway's environment; secrets are not among it."""
    outputs, parameters = found.outputs, found.parameters
    clients = [outputs["UserPoolClientId"], outputs.get("ServiceClientId", "")]
    values = {
        "COGNITO_USER_POOL_ID": outputs["UserPoolId"],
        "COGNITO_CLIENT_ID": ",".join(filter(None, clients)),
        "SERVICE_SCOPE": parameters.get("ServiceScope", ""),
        "AWS_REGION": region,
        "S3_BUCKET_NAME": outputs["BucketName"],
        "EXPIRY_DAYS": outputs.get("ExpiryDays", ""),
        "S3_REGION": region,
        "S3_ACCELERATE": "true" if parameters.get("TransferAcceleration") == "true" else "",
        "CORS_ORIGINS": parameters["Origins"],
        "EVENTS_QUEUE_URL": outputs["EventsQueueUrl"],
        "ADMIN_GROUP": parameters.get("AdminGroup", ""),
        "S3_UPLOAD_ROLE_ARN": outputs.get("UploadRoleArn", ""),
        "CLOUDFRONT_DOMAIN": outputs.get("EdgeDomain", ""),
        "CLOUDFRONT_DISTRIBUTION_ID": outputs.get("DistributionId", ""),
        "CLOUDFRONT_KEY_PAIR_ID": outputs.get(SLOTS[slot], "") if slot else "",
    }
    return {name: value for name, value in values.items() if value}


def front_end_environment(found: Found, region: str, gateway_url: str) -> dict[str, str]:
    """What a Next.js front end is built with: public by nature."""
    return {
        "NEXT_PUBLIC_AWS_REGION": region,
        "NEXT_PUBLIC_COGNITO_USER_POOL_ID": found.outputs["UserPoolId"],
        "NEXT_PUBLIC_COGNITO_CLIENT_ID": found.outputs["UserPoolClientId"],
        "NEXT_PUBLIC_API_URL": gateway_url or "https://your-gateway.example.com",
    }


def access_key(iam: Any, user: str, known: Mapping[str, str], *, fresh: bool) -> dict[str, str]:
    """The user's access key as settings: a new one when none is known yet, or ``fresh`` is asked.

    Empty when the user has a key that is not ``known`` here: AWS shows a secret once. Raises
    ``AccessKeyError`` when the user has as many as AWS allows.
    """
    listed = iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
    existing = [each["AccessKeyId"] for each in listed]
    if not fresh and existing:
        return {}
    if len(existing) >= MAX_ACCESS_KEYS:
        old = next((key for key in existing if key != known.get("S3_ACCESS_KEY_ID")), existing[0])
        raise AccessKeyError(
            f"user {user} has two access keys. Delete the one that is no longer used:\n"
            f"  aws iam delete-access-key --user-name {user} --access-key-id {old}"
        )
    made = iam.create_access_key(UserName=user)["AccessKey"]
    return {
        "S3_ACCESS_KEY_ID": made["AccessKeyId"],
        "S3_SECRET_ACCESS_KEY": made["SecretAccessKey"],
    }


def kept_secrets(env: Mapping[str, str], keys: Keys | None, *, is_new: bool) -> dict[str, str]:
    """The secrets that are made here: the file's, and fresh ones for a stack or a file that is new.

    A stack that is there has a gateway, whose SECRET_KEY must not change by accident; and whoever
    scrapes it without a token, from its own machine, goes on to do so.
    """
    kept = {}
    if keys and keys.private_pem:
        kept["CLOUDFRONT_PRIVATE_KEY"] = keys.private_pem
    if "SECRET_KEY" in env:
        kept["SECRET_KEY"] = env["SECRET_KEY"]
    elif is_new:
        kept["SECRET_KEY"] = secrets.token_hex(32)
        if "METRICS_TOKEN" not in env:
            kept["METRICS_TOKEN"] = secrets.token_hex(32)
    return kept
