"""Whether the gateway's own credentials do at the bucket what its requests need."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import ParseError, fromstring

from app.cli.doctor.deployment import Deployment, host_of
from app.cli.doctor.responses import AwsError, Response
from app.cli.doctor.results import Check, Result

BODY = b"written by flask doctor, and removed again\n"
_IAM = "the statements of GatewayPolicy in infra/template.yaml (docs/aws.md)"

CREDENTIALS = Check(
    "storage.credentials",
    "S3 knows the gateway's keys",
    "Every signed link and upload is refused by S3.",
    "Make a pair: `aws iam create-access-key --user-name <the gateway's>`; set S3_ACCESS_KEY_ID "
    "and S3_SECRET_ACCESS_KEY, without blanks or quotes. With a role, leave both out.",
)
BUCKET = Check(
    "storage.bucket",
    "The bucket exists",
    "There is nowhere to upload to.",
    "`aws s3 ls` lists yours; set S3_BUCKET_NAME, or make it: `flask provision`.",
)
REGION = Check(
    "storage.region",
    "S3_REGION is the bucket's",
    "A signature names the region; browsers get a redirect that they may not follow.",
    "`aws s3api get-bucket-location --bucket {bucket}` tells it (null: us-east-1); set S3_REGION.",
)
LIST = Check(
    "storage.list",
    "The gateway may list users/",
    "Listings, quotas and /readyz need it.",
    f"Allow s3:ListBucket on the bucket for the prefix users/*: {_IAM}.",
)
UPLOAD = Check(
    "storage.upload",
    "The gateway may upload",
    "Every upload is refused with 403 AccessDenied.",
    f"Allow s3:PutObject on users/*: {_IAM}. A Deny in the bucket's policy wins over it: "
    "`aws s3api get-bucket-policy --bucket {bucket}`.",
)
READ = Check(
    "storage.read",
    "The gateway may read",
    "Links answer 403, and completion cannot look at what arrived.",
    f"Allow s3:GetObject on users/*: {_IAM}; look for a Deny in the bucket's policy.",
)
MULTIPART = Check(
    "storage.multipart",
    "Large uploads can be begun and given up",
    "Files above MULTIPART_THRESHOLD_BYTES cannot be uploaded.",
    f"Allow s3:PutObject and s3:AbortMultipartUpload on users/*: {_IAM}.",
)
DELETE = Check(
    "storage.delete",
    "The gateway may delete",
    "What completion rejects would stay readable.",
    f"Allow s3:DeleteObject and s3:DeleteObjectVersion on users/*: {_IAM}.",
)
PRIVATE = Check(
    "storage.private",
    "Nobody reads without a signature",
    "Whoever knows or guesses a key reads every user's asset.",
    "Console: S3 > the bucket > Permissions: block all public access, and take the statement "
    'with "Principal": "*" out of the policy.',
)

_OF_KEYS = {
    "InvalidAccessKeyId": "S3 does not know S3_ACCESS_KEY_ID",
    "SignatureDoesNotMatch": "S3_SECRET_ACCESS_KEY does not belong to S3_ACCESS_KEY_ID",
    "InvalidToken": "S3_SESSION_TOKEN is not valid",
    "ExpiredToken": "the temporary keys have expired",
    "NoCredentials": "none set, and no role found",
}
_OF_REGION = frozenset(
    {"PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed"}
    | {"AuthorizationQueryParametersError", "IllegalLocationConstraintException", "301", "307"}
)


def storage_results(deployment: Deployment, *, writes: bool) -> Iterator[Result]:
    """Keys, bucket and region; then, with ``writes``, an object's life from upload to removal."""
    try:
        response = deployment.fetch_signed(
            "GET", query={"list-type": "2", "prefix": "users/", "max-keys": "1"}
        )
    except AwsError as error:
        yield CREDENTIALS.fault(_OF_KEYS[error.code])
        return
    yield from _reached(deployment, response)
    # Whether listing is allowed says nothing about the rest.
    if writes and (response.ok or response.code == "AccessDenied"):
        yield from _life(deployment)


def _reached(deployment: Deployment, response: Response) -> Iterator[Result]:
    bucket = deployment.settings.s3_bucket_name
    if response.status == 0:
        yield BUCKET.fault(f"{host_of(deployment.inner.origin)}: {response.code}")
        return
    if response.code in _OF_KEYS:
        yield CREDENTIALS.fault(_OF_KEYS[response.code])
        return
    yield CREDENTIALS.ok("accepted")
    if response.code in _OF_REGION:
        actual = response.headers.get("x-amz-bucket-region", "another")
        yield REGION.fault(
            f"{deployment.settings.s3_region}; the bucket is in {actual}", _for(deployment, REGION)
        )
        return
    if response.code == "NoSuchBucket":
        deployment.has_bucket = False
        yield BUCKET.fault(f"there is no {bucket}")
        return
    yield BUCKET.ok(bucket)
    yield REGION.ok(deployment.settings.s3_region)
    if response.ok:
        yield LIST.ok()
    else:
        yield LIST.fault(f"S3 answered {response.code}")


def _life(deployment: Deployment) -> Iterator[Result]:
    key, headers = deployment.probe_key, {"content-type": "text/plain", "if-none-match": "*"}
    put = deployment.fetch_signed("PUT", key, headers=headers, body=BODY)
    if not put.ok:
        yield UPLOAD.fault(f"S3 answered {put.code}", _for(deployment, UPLOAD))
        return
    try:
        yield UPLOAD.ok()
        got = deployment.fetch_signed("GET", key)
        yield READ.passes_if(got.body == BODY, "yes", f"S3 answered {got.code or 'other bytes'}")
        bare = deployment.fetch("GET", deployment.inner.url(key))
        yield PRIVATE.passes_if(not bare.ok, f"refused with {bare.status}", "anybody reads")
        yield _multipart(deployment)
    finally:
        removed = remove_probe(deployment, put)
    yield DELETE.passes_if(removed.ok, "yes", f"S3 answered {removed.code}; {key} stays behind")


def remove_probe(deployment: Deployment, put: Response) -> Response:
    """Remove exactly what ``put`` wrote, so that no version of it stays."""
    version = put.headers.get("x-amz-version-id")
    pinned = {"versionId": version} if version and version != "null" else {}
    return deployment.fetch_signed("DELETE", deployment.probe_key, query=pinned)


def _multipart(deployment: Deployment) -> Result:
    key = f"{deployment.probe_key}-parts"
    begun = deployment.fetch_signed(
        "POST", key, query={"uploads": ""}, headers={"content-type": "text/plain"}
    )
    if not begun.ok:
        return MULTIPART.fault(f"S3 answered {begun.code}")
    try:
        document = fromstring(begun.body)  # noqa: S314 - from the configured store
    except ParseError:
        return MULTIPART.fault("S3's answer cannot be read")
    upload_id = document.findtext("{*}UploadId") or ""
    ended = deployment.fetch_signed("DELETE", key, query={"uploadId": upload_id})
    return MULTIPART.passes_if(ended.ok, "yes", f"giving up answered {ended.code}")


def _for(deployment: Deployment, item: Check) -> str:
    return item.fix.format(bucket=deployment.settings.s3_bucket_name)
