"""Resource policies as `flask doctor` reads them."""

from __future__ import annotations

from typing import Any

import pytest

from app.cli.doctor.policies import (
    is_open,
    lets_service,
    other_accounts,
    refused_of_browsers,
    statements_of,
)

EVERYBODY: dict[str, Any] = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
DENY: dict[str, Any] = {"Effect": "Deny", "Principal": "*", "Action": "s3:*"}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"Principal": {"AWS": "*"}},
        {"Principal": {"AWS": ["*", "arn:aws:iam::111122223333:root"]}},
        {"Principal": None, "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"}},
        {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        {"Condition": {"StringLike": {"aws:Referer": "https://app.example.com/*"}}},
        {"Condition": {"StringLike": {"aws:UserAgent": "secret"}}},
        {"Condition": {"StringLike": {"aws:SourceAccount": "*"}}},
        {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:cloudfront::*:distribution/*"}}},
        {"Condition": {"IpAddress": {"aws:SourceIp": ["0.0.0.0/0"]}}},
        {"Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}},
        {"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-other"}}},
        {"Condition": {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-ours"}}},
        {"Condition": {"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-ours"}}},
    ],
)
def test_what_lets_everybody_in_is_seen(change: dict[str, Any]) -> None:
    """With a condition that keeps nobody out it is as open as without."""
    statement = {key: value for key, value in (EVERYBODY | change).items() if value is not None}
    assert is_open(statement)


@pytest.mark.parametrize(
    "change",
    [
        {"Effect": "Deny"},
        {"Principal": {"Service": "cloudfront.amazonaws.com"}},
        {"Principal": {"AWS": "arn:aws:iam::111122223333:role/gateway"}},
        {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-ours"}}},
        {"Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}},
        {"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}},
        {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:cloudfront::111122223333:*"}}},
        {"Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::a-bucket"}}},
    ],
)
def test_what_names_somebody_is_no_alarm(change: dict[str, Any]) -> None:
    """Services, own roles, and everybody under a condition that counts."""
    assert not is_open(EVERYBODY | change)


def test_other_accounts_are_named() -> None:
    """By ARN or by number; the edge's own identities and ours are none."""
    named = ["arn:aws:iam::999988887777:root", "111122223333", "888877776666"]
    edge = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"
    statement = {"Effect": "Allow", "Principal": {"AWS": [*named, edge]}, "Action": "s3:*"}
    assert other_accounts(statement, "111122223333") == ["888877776666", "999988887777"]
    assert other_accounts(statement | {"Effect": "Deny"}, "111122223333") == []


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"Condition": {"StringNotLike": {"aws:Referer": "https://app.example.com/*"}}}, "referer"),
        ({"Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}, "sourceip"),
        ({"Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}, "sourcevpce"),
        ({"Condition": {"StringNotEquals": {"s3:authType": "REST-HEADER"}}}, "authtype"),
        ({"Condition": {"StringEquals": {"s3:authType": "REST-QUERY-STRING"}}}, "authtype"),
        ({"Condition": {"NumericGreaterThan": {"s3:signatureAge": 600000}}}, "signatureage"),
        ({"Condition": {"NumericGreaterThan": {"s3:signatureAge": 3600000}}}, ""),
        ({"Condition": {"StringNotEquals": {"s3:authType": "REST-QUERY-STRING"}}}, ""),
        ({"Condition": {"Bool": {"aws:SecureTransport": False}}}, ""),
        ({"Action": "s3:DeleteBucket", "Condition": {"StringLike": {"aws:Referer": "*"}}}, ""),
        (
            {
                "Principal": {"AWS": "arn:aws:iam::1:root"},
                "Condition": {"Null": {"aws:Referer": 1}},
            },
            "",
        ),
        ({"NotAction": "s3:ListBucket", "Condition": {"Null": {"aws:Referer": "true"}}}, "referer"),
    ],
)
def test_what_refuses_browsers_is_seen(change: dict[str, Any], key: str) -> None:
    """A Deny by where a request comes from, or that it is signed in the query."""
    assert refused_of_browsers(DENY | change, 3600).rpartition(":")[2] == key


def test_a_service_is_let_in_by_name() -> None:
    """S3 at a queue."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": ["s3.amazonaws.com"]},
        "Action": ["SQS:SendMessage"],
    }
    assert lets_service(statement, "s3.amazonaws.com", "sqs:SendMessage")
    assert not lets_service(statement, "sns.amazonaws.com", "sqs:SendMessage")
    assert not lets_service(statement, "s3.amazonaws.com", "sqs:ReceiveMessage")


def test_one_statement_need_not_be_a_list() -> None:
    """As IAM takes both."""
    assert statements_of('{"Statement": {"Effect": "Deny"}}') == [{"Effect": "Deny"}]
