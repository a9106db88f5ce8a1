"""How the bucket is set: what nobody notices until it matters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.cli.doctor.deployment import Deployment
from app.cli.doctor.responses import AwsError, not_permitted
from app.cli.doctor.results import Check, Result

BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
_CONSOLE = "Console: S3 > the bucket"

PUBLIC_ACCESS = Check(
    "bucket.public_access",
    "Public access is blocked",
    "One wrong policy or ACL would publish every user's assets.",
    "`flask doctor --fix`, or `aws s3api put-public-access-block --bucket {bucket} "
    "--public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,"
    "BlockPublicPolicy=true,RestrictPublicBuckets=true`.",
)
ACLS = Check(
    "bucket.acls",
    "ACLs are disabled",
    "An ACL can make an object public, or give it to another account.",
    "`aws s3api put-bucket-ownership-controls --bucket {bucket} --ownership-controls "
    "'Rules=[{ObjectOwnership=BucketOwnerEnforced}]'`.",
)
VERSIONING = Check(
    "bucket.versioning",
    "Versions are kept",
    "Objects deleted by mistake are gone, and `restore` cannot work.",
    "`aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration "
    "Status=Enabled`.",
)
ENCRYPTION = Check(
    "bucket.encryption",
    "Objects are encrypted at rest",
    "Auditors ask for it. S3 has done it since 2023 unless told otherwise.",
    f"{_CONSOLE} > Properties > Default encryption: SSE-S3.",
)
KMS_KEY = Check(
    "bucket.kms",
    "The gateway may use the bucket's KMS key",
    "Every upload and link uses the key. Without permission they get 403 AccessDenied.",
    "Allow kms:GenerateDataKey and kms:Decrypt on the key to the gateway, and in the key's policy "
    "to cloudfront.amazonaws.com; switch on the bucket key, as each use is charged. Or use SSE-S3: "
    f"{_CONSOLE} > Properties > Default encryption.",
)
OBJECT_LOCK = Check(
    "bucket.object_lock",
    "Object Lock keeps nothing by default",
    "Rejected uploads and erased data could not be removed, and uploads without a checksum are "
    "refused.",
    f"{_CONSOLE} > Properties > Object Lock: disable the default retention. Versions protect "
    "against mistakes.",
)


def bucket_results(deployment: Deployment) -> Iterator[Result]:
    """Public access, ACLs, versions, encryption, locks."""
    for read, check in (
        (_public_access, PUBLIC_ACCESS),
        (_acls, ACLS),
        (_versioning, VERSIONING),
        (_encryption, ENCRYPTION),
        (_object_lock, OBJECT_LOCK),
    ):
        try:
            yield from read(deployment)
        except AwsError as error:
            yield not_permitted(check, error)


def bucket_setting(deployment: Deployment, operation: str, *, absent: str) -> Mapping[str, Any]:
    """A setting of the bucket, empty when S3 says that there is none."""
    try:
        return deployment.call("s3", operation, Bucket=deployment.settings.s3_bucket_name)
    except AwsError as error:
        if error.code != absent:
            raise
        return {}


def _public_access(deployment: Deployment) -> Iterator[Result]:
    found = bucket_setting(
        deployment, "get_public_access_block", absent="NoSuchPublicAccessBlockConfiguration"
    )
    configured = found.get("PublicAccessBlockConfiguration", {})
    lacking = [name for name in BLOCKS if not configured.get(name)]
    yield PUBLIC_ACCESS.passes_if(not lacking, "all four blocks", f"off: {', '.join(lacking)}")


def _acls(deployment: Deployment) -> Iterator[Result]:
    found = bucket_setting(
        deployment, "get_bucket_ownership_controls", absent="OwnershipControlsNotFoundError"
    )
    rules = found.get("OwnershipControls", {}).get("Rules", [])
    # Buckets from before April 2023 have none, and take ACLs.
    owner = rules[0]["ObjectOwnership"] if rules else "ObjectWriter"
    yield ACLS.ok() if owner == "BucketOwnerEnforced" else ACLS.warning(f"enabled: {owner}")


def _versioning(deployment: Deployment) -> Iterator[Result]:
    status = bucket_setting(deployment, "get_bucket_versioning", absent="").get(
        "Status", "never enabled"
    )
    yield VERSIONING.ok() if status == "Enabled" else VERSIONING.warning(status)


def _encryption(deployment: Deployment) -> Iterator[Result]:
    found = bucket_setting(
        deployment,
        "get_bucket_encryption",
        absent="ServerSideEncryptionConfigurationNotFoundError",
    )
    rules = found.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    if not rules:
        yield ENCRYPTION.warning("no default is set")
        return
    algorithm = rules[0].get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm", "AES256")
    yield ENCRYPTION.ok(algorithm)
    if algorithm.startswith("aws:kms"):
        yield _kms(deployment, has_bucket_key=bool(rules[0].get("BucketKeyEnabled")))


def _kms(deployment: Deployment, *, has_bucket_key: bool) -> Result:
    if deployment.wrote is False:
        return KMS_KEY.fault("uploads and links are refused, and the bucket encrypts by KMS")
    if deployment.wrote is None:
        return KMS_KEY.warning("not tried; the bucket encrypts by KMS")
    return KMS_KEY.ok() if has_bucket_key else KMS_KEY.warning("yes, and each use is charged")


def _object_lock(deployment: Deployment) -> Iterator[Result]:
    found = bucket_setting(
        deployment,
        "get_object_lock_configuration",
        absent="ObjectLockConfigurationNotFoundError",
    )
    retention = found.get("ObjectLockConfiguration", {}).get("Rule", {}).get("DefaultRetention")
    mode = (retention or {}).get("Mode", "")
    yield OBJECT_LOCK.passes_if(not retention, "yes", f"{mode} retention by default")
