"""Credential scopes and instants: the parts of a signature that say who, when and where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from devstack.errors import S3Error


@dataclass(frozen=True)
class Scope:
    """A credential scope, ``AKID/20261122/us-east-1/s3/aws4_request``."""

    access_key_id: str
    date: str
    region: str
    service: str

    @classmethod
    def parse(cls, text: str, *, date: str, region: str | None, fault: str) -> Scope:
        """Read and check a scope; errors carry the code ``fault``."""
        parts = text.split("/")
        if len(parts) != 5 or parts[4] != "aws4_request":
            raise S3Error(
                fault,
                "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; "
                'expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
            )
        scope = cls(*parts[:4])
        if region is not None and scope.region != region:
            raise S3Error(
                fault,
                f"Error parsing the X-Amz-Credential parameter; the region '{scope.region}' "
                f"is wrong; expecting '{region}'",
                Region=region,
            )
        if scope.service != "s3":
            raise S3Error(
                fault,
                "Error parsing the X-Amz-Credential parameter; incorrect service "
                f'"{scope.service}". This endpoint belongs to "s3".',
            )
        if scope.date != date[:8]:
            raise S3Error(
                fault,
                f'Error parsing the X-Amz-Credential parameter; incorrect date "{scope.date}". '
                "This date is not the same as X-Amz-Date.",
            )
        return scope


def parse_instant(text: str, fault: str) -> datetime:
    """``20261122T170000Z`` as an aware datetime. Raises S3Error with the code ``fault``."""
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise S3Error(
            fault, "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
        ) from error
