"""What an AWS account would already have: pool, client, demo user, bucket with its rules.

Everything is asked for by boto3 over HTTP, as it would be on AWS.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING

from devstack.account import Stack
from devstack.credentials import DEMO_ACCESS_KEY_ID, DEMO_SECRET_ACCESS_KEY

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import LifecycleRuleTypeDef
    from mypy_boto3_sqs import SQSClient

REGION = "us-east-1"
BUCKET = "asset-gateway-dev"
QUEUE = "asset-gateway-events"
#: As the template has them.
EXPIRY_DAYS = (1, 7, 30)
DEMO_EMAIL = "demo@example.com"
EXPOSED_HEADERS = [
    "ETag",
    "Location",
    "x-amz-request-id",
    "x-amz-version-id",
    "Accept-Ranges",
    "Content-Range",
    "Content-Length",
]


def strong_password() -> str:
    """A random password that keeps the pool's rules."""
    return f"Demo-{secrets.token_hex(4)}!"


def bootstrap(
    endpoint: str,
    origins: Iterable[str],
    *,
    bucket: str = BUCKET,
    access_key: tuple[str, str] = (DEMO_ACCESS_KEY_ID, DEMO_SECRET_ACCESS_KEY),
) -> Stack:
    """Make pool, public client, bucket and the queue of its events on a fresh store."""
    anchor = Stack(endpoint, REGION, bucket, "", "", *access_key)
    pool_id, client_id = _make_pool(anchor.client("cognito-idp"))
    _make_bucket(anchor.client("s3"), bucket, list(origins))
    tell_queue(anchor.client("s3"), anchor.client("sqs"), bucket)
    return Stack(endpoint, REGION, bucket, pool_id, client_id, *access_key)


def _make_pool(cognito: CognitoIdentityProviderClient) -> tuple[str, str]:
    pool = cognito.create_user_pool(
        PoolName="asset-gateway-dev",
        UsernameAttributes=["email"],
        AutoVerifiedAttributes=["email"],
        AccountRecoverySetting={"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]},
        Policies={
            "PasswordPolicy": {
                "MinimumLength": 8,
                "RequireUppercase": True,
                "RequireLowercase": True,
                "RequireNumbers": True,
                "RequireSymbols": True,
            }
        },
    )
    pool_id = pool["UserPool"].get("Id", "")
    client = cognito.create_user_pool_client(
        UserPoolId=pool_id,
        ClientName="browser",
        GenerateSecret=False,
        PreventUserExistenceErrors="ENABLED",
        ExplicitAuthFlows=[
            "ALLOW_USER_PASSWORD_AUTH",
            "ALLOW_USER_SRP_AUTH",
            "ALLOW_REFRESH_TOKEN_AUTH",
        ],
    )
    return pool_id, client["UserPoolClient"].get("ClientId", "")


def _make_bucket(s3: S3Client, bucket: str, origins: list[str]) -> None:
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
    s3.put_bucket_ownership_controls(
        Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )
    s3.put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
    )
    s3.put_bucket_cors(
        Bucket=bucket,
        CORSConfiguration={
            "CORSRules": [
                {
                    "AllowedOrigins": origins,
                    "AllowedMethods": ["GET", "PUT", "POST", "DELETE", "HEAD"],
                    "AllowedHeaders": ["*"],
                    "ExposeHeaders": EXPOSED_HEADERS,
                    "MaxAgeSeconds": 3000,
                }
            ]
        },
    )
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket,
        LifecycleConfiguration={
            "Rules": [
                {
                    "ID": "abort-unfinished-uploads",
                    "Status": "Enabled",
                    "Filter": {"Prefix": ""},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                },
                *map(_temporary, EXPIRY_DAYS),
            ]
        },
    )


def _temporary(days: int) -> LifecycleRuleTypeDef:
    """The rule for what the gateway tags to go after so many days."""
    return {
        "ID": f"temporary-{days}",
        "Status": "Enabled",
        "Filter": {
            "And": {
                "Prefix": "users/",
                "Tags": [{"Key": "expires-after-days", "Value": str(days)}],
            }
        },
        "Expiration": {"Days": days},
    }


def queue_url(stack: Stack, name: str = QUEUE) -> str:
    """Where the bucket's events go."""
    sqs: SQSClient = stack.client("sqs")
    return sqs.get_queue_url(QueueName=name)["QueueUrl"]


def tell_queue(s3: S3Client, sqs: SQSClient, bucket: str) -> None:
    """Two queues, as ``infra/`` makes them, and the bucket's word to the first."""
    arns = {}
    for name in (f"{QUEUE}-dead", QUEUE):
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arns[name] = found["Attributes"]["QueueArn"]
    redrive = {"deadLetterTargetArn": arns[f"{QUEUE}-dead"], "maxReceiveCount": "20"}
    sender = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arns[QUEUE],
        "Condition": {"ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"}},
    }
    policy = {"Version": "2012-10-17", "Statement": [sender]}
    sqs.set_queue_attributes(
        QueueUrl=url,
        Attributes={"RedrivePolicy": json.dumps(redrive), "Policy": json.dumps(policy)},
    )
    s3.put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={
            "QueueConfigurations": [
                {"QueueArn": arns[QUEUE], "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]}
            ]
        },
    )
