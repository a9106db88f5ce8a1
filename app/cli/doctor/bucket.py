"""How the bucket is set: what nobody notices until it matters."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from app.cli.doctor.answers import Refusal
from app.cli.doctor.rows import Item, Row
from app.cli.doctor.site import Site, not_permitted

BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")

PUBLIC_ACCESS = Item(
    "bucket.public_access",
    "Public access is blocked",
    "One wrong policy or ACL later, every user's assets are on the open web.",
    "`flask doctor --fix`, or `aws s3api put-public-access-block --bucket {bucket} "
    "--public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,"
    "BlockPublicPolicy=true,RestrictPublicBuckets=true`.",
)
POLICY = Item(
    "bucket.policy",
    "The bucket's policy lets in no strangers",
    "Anybody may do what it allows to everybody.",
    '`aws s3api get-bucket-policy --bucket {bucket}`; take out the Allow for "Principal": "*".',
)
TLS = Item(
    "bucket.tls",
    "The bucket's policy demands TLS",
    "A link used over plain HTTP can be read, and used, by others on the way.",
    "Add the statement TlsOnly of infra/template.yaml: `aws s3api put-bucket-policy`.",
)
VERSIONING = Item(
    "bucket.versioning",
    "Versions are kept",
    "What is deleted by mistake is gone; `restore` cannot work.",
    "`aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration "
    "Status=Enabled`.",
)
ENCRYPTION = Item(
    "bucket.encryption",
    "Objects are encrypted at rest",
    "Auditors ask for it; S3 does it since 2023 unless told otherwise.",
    "Console: S3 > the bucket > Properties > Default encryption: SSE-S3.",
)
LIFECYCLE = Item(
    "bucket.lifecycle",
    "Unfinished uploads are removed",
    "Parts of uploads that were given up are paid for, for ever, and listed nowhere.",
    "`flask doctor --fix`, or Console: S3 > the bucket > Management > Lifecycle rules: delete "
    "incomplete multipart uploads after 7 days.",
)


def bucket_rows(site: Site) -> Iterator[Row]:
    """Public access, policy, versions, encryption, lifecycle."""
    yield _public_access(site)
    yield from _policy(site)
    yield _versioning(site)
    yield _encryption(site)
    yield _lifecycle(site)


def public_access_lacks(site: Site) -> list[str]:
    """Which of the four blocks are off. Raises ``Refusal`` when that cannot be read."""
    try:
        found = site.ask("s3", "get_public_access_block", Bucket=site.settings.s3_bucket_name)
    except Refusal as refusal:
        if refusal.code != "NoSuchPublicAccessBlockConfiguration":
            raise
        return list(BLOCKS)
    configured = found["PublicAccessBlockConfiguration"]
    return [name for name in BLOCKS if not configured.get(name)]


def lifecycle_rules(site: Site) -> list[dict[str, Any]]:
    """The bucket's lifecycle rules. Raises ``Refusal`` when they cannot be read."""
    bucket = site.settings.s3_bucket_name
    try:
        return list(site.ask("s3", "get_bucket_lifecycle_configuration", Bucket=bucket)["Rules"])
    except Refusal as refusal:
        if refusal.code != "NoSuchLifecycleConfiguration":
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


def _public_access(site: Site) -> Row:
    try:
        lacking = public_access_lacks(site)
    except Refusal as refusal:
        return not_permitted(PUBLIC_ACCESS, refusal)
    if lacking:
        return PUBLIC_ACCESS.fault(f"off: {', '.join(lacking)}", _for(site, PUBLIC_ACCESS))
    return PUBLIC_ACCESS.ok("all four blocks")


def _policy(site: Site) -> Iterator[Row]:
    try:
        found = site.ask("s3", "get_bucket_policy", Bucket=site.settings.s3_bucket_name)
        statements = json.loads(found["Policy"])["Statement"]
    except Refusal as refusal:
        if refusal.code != "NoSuchBucketPolicy":
            yield not_permitted(POLICY, refusal)
            return
        statements = []
    if isinstance(statements, dict):
        statements = [statements]
    open_to_all = [each for each in statements if _is_open(each)]
    if open_to_all:
        actions = ", ".join(sorted({str(each.get("Action")) for each in open_to_all}))
        yield POLICY.fault(f"everybody may {actions}", _for(site, POLICY))
    else:
        yield POLICY.ok(f"{len(statements)} statement(s)")
    if site.inner.scheme == "https":
        yield TLS.ok() if any(map(_demands_tls, statements)) else TLS.warning("no such statement")


def _is_open(statement: Mapping[str, Any]) -> bool:
    everybody = statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
    return statement.get("Effect") == "Allow" and everybody and not statement.get("Condition")


def _demands_tls(statement: Mapping[str, Any]) -> bool:
    asked = statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport")
    return statement.get("Effect") == "Deny" and str(asked).lower() in ("false", "['false']")


def _versioning(site: Site) -> Row:
    try:
        found = site.ask("s3", "get_bucket_versioning", Bucket=site.settings.s3_bucket_name)
    except Refusal as refusal:
        return not_permitted(VERSIONING, refusal)
    status = found.get("Status", "never enabled")
    if status == "Enabled":
        return VERSIONING.ok()
    return VERSIONING.warning(status, _for(site, VERSIONING))


def _encryption(site: Site) -> Row:
    try:
        site.ask("s3", "get_bucket_encryption", Bucket=site.settings.s3_bucket_name)
    except Refusal as refusal:
        if refusal.code == "ServerSideEncryptionConfigurationNotFoundError":
            return ENCRYPTION.warning("no default is set")
        return not_permitted(ENCRYPTION, refusal)
    return ENCRYPTION.ok()


def _lifecycle(site: Site) -> Row:
    try:
        rules = lifecycle_rules(site)
    except Refusal as refusal:
        return not_permitted(LIFECYCLE, refusal)
    return LIFECYCLE.holds(aborts_unfinished(rules), "by a rule", "no rule removes them")


def _for(site: Site, item: Item) -> str:
    return item.mend.format(bucket=site.settings.s3_bucket_name)
