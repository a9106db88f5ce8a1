"""Manual checks: what no program can see. Each says how to look."""

from __future__ import annotations

from collections.abc import Iterator

from app.cli.doctor.results import Check, Result
from config import Settings

_ALWAYS = (
    Check(
        "manual.root_mfa",
        "The account's root user has MFA and no keys",
        "The root user controls everything, backups included.",
        "`aws iam get-account-summary --query 'SummaryMap.[AccountMFAEnabled,"
        "AccountAccessKeysPresent]'` must print 1 and 0.",
    ),
    Check(
        "manual.secrets_manager",
        "Secrets are in a secrets manager",
        "Environment files get copied, mailed and committed sooner or later.",
        "`git log --all --oneline -- .env '*.pem'` must print nothing; keep the environment in "
        "Render's or Railway's secrets, or AWS Secrets Manager.",
    ),
    Check(
        "manual.key_age",
        "Access keys are rotated",
        "A leaked key works until it is deleted.",
        "`aws iam list-access-keys --user-name <the gateway's>`: none older than 90 days "
        "(docs/recovery.md rotates them without downtime); a role needs none.",
    ),
    Check(
        "manual.budget",
        "A budget alarm is set",
        "A leak or a loop shows up on the bill first.",
        "Console: Billing > Budgets: a monthly budget with an e-mail at 80 % (`flask costs` "
        "estimates it).",
    ),
    Check(
        "manual.alarm_email",
        "Alarms reach a person",
        "Alarms to an address that never confirmed are lost.",
        '`aws sns list-subscriptions --query "Subscriptions[?SubscriptionArn=='
        "'PendingConfirmation']\"` must print [].",
    ),
    Check(
        "manual.email_limit",
        "Cognito may send enough mail",
        "Without SES it sends 50 messages a day; further sign-ups never get their code.",
        "Console: Cognito > User pools > yours > Messaging: send with Amazon SES.",
    ),
    Check(
        "manual.proxies",
        "TRUSTED_PROXIES is the number of proxies",
        "If too low, all callers share one address; if too high, anybody may invent one.",
        "Render and Railway: 1; an AWS load balancer: 1; CloudFront before it: 2 (docs/deploy.md). "
        "The log's `address` must be yours.",
    ),
)
_WITHIN_A_VPC = Check(
    "manual.vpc_endpoint",
    "S3 is reached by a VPC endpoint",
    "Through a NAT gateway, you pay for each gigabyte again.",
    "Only if the gateway runs in a VPC: `aws ec2 describe-vpc-endpoints --query "
    "'VpcEndpoints[].ServiceName'` must list com.amazonaws.<region>.s3.",
)


def manual_results(settings: Settings) -> Iterator[Result]:
    """Results that are neither ok nor faults."""
    for item in _ALWAYS:
        yield item.manual()
    if not settings.s3_endpoint:
        yield _WITHIN_A_VPC.manual()
