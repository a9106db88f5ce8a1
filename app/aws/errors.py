"""What boto3 raises, as the problem that the caller is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.errors import Problem
from app.s3.errors import problem_of

if TYPE_CHECKING:  # botocore is imported when it is first needed
    from botocore.exceptions import ClientError


def problem_of_client(error: ClientError) -> Problem:
    """The problem for an answer of STS, whose codes mean what S3's do."""
    answer = error.response.get("ResponseMetadata", {})
    date = answer.get("HTTPHeaders", {}).get("date")
    code = error.response.get("Error", {}).get("Code", "")
    return problem_of(code, answer.get("HTTPStatusCode", 0), date)
