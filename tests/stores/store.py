"""What a test may know about a store: where it is, how to sign for it, what it enforces."""

import uuid
from dataclasses import dataclass, replace
from enum import StrEnum, auto
from functools import cache

import boto3
from botocore.config import Config
from mypy_boto3_s3 import S3Client


class Strictness(StrEnum):
    """What not every store enforces or offers; SigV4 itself they all verify."""

    IF_NONE_MATCH = auto()
    CHECKSUM_SHA256 = auto()
    UNSIGNED_AMZ_HEADERS = auto()
    VERSIONING = auto()
    POST_POLICY = auto()
    STS = auto()


@dataclass(frozen=True)
class Store:
    """A running store, addressed by path (`endpoint/bucket/key`)."""

    name: str
    endpoint: str
    region: str
    access_key: str
    secret_key: str
    strict: frozenset[Strictness]

    def at(self, endpoint: str) -> "Store":
        """The same store behind a pass-through: signatures are for that host."""
        return replace(self, endpoint=endpoint)

    @cache  # noqa: B019 - a few stores a process, and making one takes as long as ten calls
    def client(self) -> S3Client:
        """A boto3 client that signs SigV4, by path, without retries that would hide an answer."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                retries={"total_max_attempts": 1},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def create_bucket(self, name: str | None = None, *, versioned: bool = False) -> str:
        """A new bucket of a fresh name, or of the one given; returns its name."""
        name = name or f"bucket-{uuid.uuid4().hex[:12]}"
        client = self.client()
        try:
            if self.region == "us-east-1":  # which may not be named
                client.create_bucket(Bucket=name)
            else:
                client.create_bucket(
                    Bucket=name,
                    CreateBucketConfiguration={"LocationConstraint": self.region},  # type: ignore[typeddict-item]
                )
            if versioned:
                client.put_bucket_versioning(
                    Bucket=name, VersioningConfiguration={"Status": "Enabled"}
                )
        finally:
            client.close()
        return name
