"""How the bucket is set: what nobody notices until it matters."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from app.cli.doctor.deployment import Deployment, not_permitted
from app.cli.doctor.responses import AwsError
from app.cli.doctor.results import Check, Result

BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")

PUBLIC_ACCESS = Check(
    "bucket.public_access",
    "Public access is blocked",
    "One wrong policy or ACL later, every user's assets are on the open web.",
    "`flask doctor --fix`, or `aws s3api put-public-access-block --bucket {bucket} "
    "--public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,"
    "BlockPublicPolicy=true,RestrictPublicBuckets=true`.",
)
POLICY = Check(
    "bucket.policy",
    "The bucket's policy lets in no strangers",
    "Anybody may do what it allows to everybody.",
    '`aws s3api get-bucket-policy --bucket {bucket}`; take out the Allow for "Principal": "*".',
)
TLS = Check(
    "bucket.tls",
    "The bucket's policy demands TLS",
    "A link used over plain HTTP can be read, and used, by others on the way.",
    "Add the statement TlsOnly of infra/template.yaml: `aws s3api put-bucket-policy`.",
)
VERSIONING = Check(
    "bucket.versioning",
    "Versions are kept",
    "What is deleted by mistake is gone; `restore` cannot work.",
    "`aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration "
    "Status=Enabled`.",
)
ENCRYPTION = Check(
    "bucket.encryption",
    "Objects are encrypted at rest",
    "Auditors ask for it; S3 does it since 2023 unless told otherwise.",
    "Console: S3 > the bucket > Properties > Default encryption: SSE-S3.",
)
LIFECYCLE = Check(
    "bucket.lifecycle",
    "Unfinished uploads are removed",
    "Parts of uploads that were given up are paid for, for ever, and listed nowhere.",
    "`flask doctor --fix`, or Console: S3 > the bucket > Management > Lifecycle rules: delete "
    "incomplete multipart uploads after 7 days.",
)


def bucket_results(deployment: Deployment) -> Iterator[Result]:
    """Public access, policy, versions, encryption, lifecycle."""
    yield _public_access(deployment)
    yield from _policy(deployment)
    yield _versioning(deployment)
    yield _encryption(deployment)
    yield _lifecycle(deployment)


def public_access_lacks(deployment: Deployment) -> list[str]:
    """Which of the four blocks are off. Raises ``AwsError`` when that cannot be read."""
    try:
        found = deployment.call(
            "s3", "get_public_access_block", Bucket=deployment.settings.s3_bucket_name
        )
    except AwsError as error:
        if error.code != "NoSuchPublicAccessBlockConfiguration":
            raise
        return list(BLOCKS)
    configured = found["PublicAccessBlockConfiguration"]
    return [name for name in BLOCKS if not configured.get(name)]


def lifecycle_rules(deployment: Deployment) -> list[dict[str, Any]]:
    """The bucket's lifecycle rules. Raises ``AwsError`` when they cannot be read."""
    bucket = deployment.settings.s3_bucket_name
    try:
        return list(
            deployment.call("s3", "get_bucket_lifecycle_configuration", Bucket=bucket)["Rules"]
        )
    except AwsError as error:
        if error.code != "NoSuchLifecycleConfiguration":
            raise
        return []


def aborts_unfinished(rules: list[dict[str, Any]]) -> bool:
    """Whether a rule for the whole bucket, or for ``users/``, removes unfinished uploads."""
    return any(
        rule.get("Status") == "Enabled"
        and "AbortIncompleteMultipartUpload" in rule
        and "users/".startswith(_prefix(rule))
        for rule in rules
    )


def _prefix(rule: Mapping[str, Any]) -> str:
    chosen = rule.get("Filter", {})
    return str(chosen.get("Prefix", rule.get("Prefix", "")) or "")


def _public_access(deployment: Deployment) -> Result:
    try:
        lacking = public_access_lacks(deployment)
    except AwsError as error:
        return not_permitted(PUBLIC_ACCESS, error)
    if lacking:
        return PUBLIC_ACCESS.fault(f"off: {', '.join(lacking)}", _for(deployment, PUBLIC_ACCESS))
    return PUBLIC_ACCESS.ok("all four blocks")


def _policy(deployment: Deployment) -> Iterator[Result]:
    try:
        found = deployment.call(
            "s3", "get_bucket_policy", Bucket=deployment.settings.s3_bucket_name
        )
        statements = json.loads(found["Policy"])["Statement"]
    except AwsError as error:
        if error.code != "NoSuchBucketPolicy":
            yield not_permitted(POLICY, error)
            return
        statements = []
    if isinstance(statements, dict):
        statements = [statements]
    open_to_all = [each for each in statements if _is_open(each)]
    if open_to_all:
        actions = ", ".join(sorted({str(each.get("Action")) for each in open_to_all}))
        yield POLICY.fault(f"everybody may {actions}", _for(deployment, POLICY))
    else:
        yield POLICY.ok(f"{len(statements)} statement(s)")
    if deployment.inner.scheme == "https":
        yield TLS.ok() if any(map(_demands_tls, statements)) else TLS.warning("no such statement")


def _is_open(statement: Mapping[str, Any]) -> bool:
    everybody = statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
    return statement.get("Effect") == "Allow" and everybody and not statement.get("Condition")


def _demands_tls(statement: Mapping[str, Any]) -> bool:
    asked = statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport")
    return statement.get("Effect") == "Deny" and str(asked).lower() in ("false", "['false']")


def _versioning(deployment: Deployment) -> Result:
    try:
        found = deployment.call(
            "s3", "get_bucket_versioning", Bucket=deployment.settings.s3_bucket_name
        )
    except AwsError as error:
        return not_permitted(VERSIONING, error)
    status = found.get("Status", "never enabled")
    if status == "Enabled":
        return VERSIONING.ok()
    return VERSIONING.warning(status, _for(deployment, VERSIONING))


def _encryption(deployment: Deployment) -> Result:
    try:
        deployment.call("s3", "get_bucket_encryption", Bucket=deployment.settings.s3_bucket_name)
    except AwsError as error:
        if error.code == "ServerSideEncryptionConfigurationNotFoundError":
            return ENCRYPTION.warning("no default is set")
        return not_permitted(ENCRYPTION, error)
    return ENCRYPTION.ok()


def _lifecycle(deployment: Deployment) -> Result:
    try:
        rules = lifecycle_rules(deployment)
    except AwsError as error:
        return not_permitted(LIFECYCLE, error)
    return LIFECYCLE.passes_if(aborts_unfinished(rules), "by a rule", "no rule removes them")


def _for(deployment: Deployment, item: Check) -> str:
    return item.fix.format(bucket=deployment.settings.s3_bucket_name)
