"""What the bucket's policy lets in, and whom it keeps out by mistake."""

from __future__ import annotations

from collections.abc import Iterator

from app.cli.doctor.deployment import Deployment
from app.cli.doctor.policies import (
    Statement,
    demands_tls,
    is_open,
    other_accounts,
    refused_of_browsers,
    statements_of,
)
from app.cli.doctor.responses import AwsError, not_permitted
from app.cli.doctor.results import Check, Result

_SHOW = "`aws s3api get-bucket-policy --bucket {bucket}`"

POLICY = Check(
    "bucket.policy",
    "The bucket policy does not admit everybody",
    "Anybody may do what it allows.",
    f'{_SHOW}; remove the Allow for "Principal": "*" (or NotPrincipal), or add a condition such '
    "as aws:SourceAccount. A Referer or TLS keeps nobody out.",
)
ACCOUNTS = Check(
    "bucket.accounts",
    "No other AWS account has access",
    "Its administrators decide who can read your users' assets.",
    f"{_SHOW}; remove the account, unless you added it.",
)
BROWSERS = Check(
    "bucket.browsers",
    "The bucket policy does not refuse browsers",
    "Links and uploads come from any address, with any Referer or none. They get 403.",
    f"{_SHOW}; remove the Deny with this condition. Signatures already limit links.",
)
TLS = Check(
    "bucket.tls",
    "The bucket policy requires TLS",
    "A link sent over plain HTTP can be read and used by others.",
    "Add the statement TlsOnly of infra/template.yaml: `aws s3api put-bucket-policy`.",
)


def bucket_policy_results(deployment: Deployment) -> Iterator[Result]:
    """Strangers, other accounts, browsers, TLS."""
    try:
        statements = _statements(deployment)
    except AwsError as error:
        yield not_permitted(POLICY, error)
        return
    open_to_all = [each for each in statements if is_open(each)]
    if open_to_all:
        actions = ", ".join(sorted({_actions(each) for each in open_to_all}))
        yield POLICY.fault(f"everybody may {actions}")
    else:
        yield POLICY.ok(f"{len(statements)} statement(s)")
    yield from _accounts(deployment, statements)
    longest = deployment.settings.link_ttl_seconds
    refused = {key for each in statements if (key := refused_of_browsers(each, longest))}
    yield BROWSERS.passes_if(not refused, "yes", f"a Deny by {', '.join(sorted(refused))}")
    if deployment.inner.scheme == "https":
        asked = any(map(demands_tls, statements))
        yield TLS.ok() if asked else TLS.warning("no such statement")


def _statements(deployment: Deployment) -> list[Statement]:
    bucket = deployment.settings.s3_bucket_name
    try:
        return statements_of(deployment.call("s3", "get_bucket_policy", Bucket=bucket)["Policy"])
    except AwsError as error:
        if error.code != "NoSuchBucketPolicy":
            raise
        return []


def _accounts(deployment: Deployment, statements: list[Statement]) -> Iterator[Result]:
    if not any(other_accounts(each, own="") for each in statements):
        return
    try:
        own = deployment.call("sts", "get_caller_identity")["Account"]
    except AwsError as error:
        yield not_permitted(ACCOUNTS, error)
        return
    others = {account for each in statements for account in other_accounts(each, own)}
    yield ACCOUNTS.ok() if not others else ACCOUNTS.warning(", ".join(sorted(others)))


def _actions(statement: Statement) -> str:
    named = statement.get("Action", "everything but some actions")
    return ", ".join(named) if isinstance(named, list) else str(named)
