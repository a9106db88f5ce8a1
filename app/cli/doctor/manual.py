"""What no program can see; each line says how a person looks."""

from __future__ import annotations

from collections.abc import Iterator

from app.cli.doctor.rows import Item, Row
from config import Settings

_ALWAYS = (
    Item(
        "person.root_mfa",
        "The account's root user has MFA and no keys",
        "Whoever has the root user has everything, backups included.",
        "`aws iam get-account-summary --query 'SummaryMap.[AccountMFAEnabled,"
        "AccountAccessKeysPresent]'` must print 1 and 0.",
    ),
    Item(
        "person.secrets_manager",
        "Secrets are in a secrets manager",
        "An environment file is copied, mailed and committed sooner or later.",
        "`git log --all --oneline -- .env '*.pem'` must print nothing; keep the environment in "
        "Render's or Railway's secrets, or AWS Secrets Manager.",
    ),
    Item(
        "person.key_age",
        "Access keys are rotated",
        "A key that leaked unseen is good until it is deleted.",
        "`aws iam list-access-keys --user-name <the gateway's>`: none older than 90 days "
        "(docs/recovery.md rotates them without downtime); a role needs none.",
    ),
    Item(
        "person.budget",
        "Somebody is told of the bill",
        "A leak or a loop shows up on the bill first.",
        "Console: Billing > Budgets: a monthly budget with an e-mail at 80 % (`flask costs` "
        "estimates it).",
    ),
    Item(
        "person.alarm_email",
        "Alarms reach a person",
        "An alarm to an address that never confirmed is lost.",
        '`aws sns list-subscriptions --query "Subscriptions[?SubscriptionArn=='
        "'PendingConfirmation']\"` must print [].",
    ),
    Item(
        "person.email_limit",
        "Cognito may send enough mail",
        "By itself it sends 50 messages a day; further sign-ups wait for their code in vain.",
        "Console: Cognito > User pools > yours > Messaging: send with Amazon SES.",
    ),
    Item(
        "person.proxies",
        "TRUSTED_PROXIES is the number of proxies",
        "Too low, all callers share one address; too high, anybody may invent one.",
        "Render and Railway: 1; an AWS load balancer: 1; CloudFront before it: 2 (docs/deploy.md). "
        "The log's `address` must be yours.",
    ),
)
_WITHIN_A_VPC = Item(
    "person.vpc_endpoint",
    "S3 is reached by a VPC endpoint",
    "Through a NAT gateway each gigabyte is paid for once more.",
    "Only if the gateway runs in a VPC: `aws ec2 describe-vpc-endpoints --query "
    "'VpcEndpoints[].ServiceName'` must list com.amazonaws.<region>.s3.",
)


def person_rows(settings: Settings) -> Iterator[Row]:
    """Lines that are never well or ill."""
    for item in _ALWAYS:
        yield item.person()
    if not settings.s3_endpoint:
        yield _WITHIN_A_VPC.person()
