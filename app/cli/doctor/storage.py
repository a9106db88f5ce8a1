"""Whether the gateway's own credentials do at the bucket what its requests need."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import ParseError, fromstring

from app.cli.doctor.deployment import Deployment
from app.cli.doctor.reach import reached
from app.cli.doctor.responses import AwsError, Response
from app.cli.doctor.results import Check, Result, Status
from app.domain.grammar import USERS

BODY = b"written by flask doctor, and removed again\n"
_IAM = "the statements of GatewayPolicy in infra/template.yaml (docs/aws.md)"
_DENY = (
    "A Deny in the bucket's policy wins over it: `aws s3api get-bucket-policy --bucket {bucket}`."
)

LIST = Check(
    "storage.list",
    "The gateway may list users/",
    "Listings, quotas and /readyz need it.",
    f"Allow s3:ListBucket on the bucket for the prefix users/*: {_IAM}. {_DENY}",
)
UPLOAD = Check(
    "storage.upload",
    "The gateway may upload",
    "Every upload is refused with 403 AccessDenied.",
    f"Allow s3:PutObject on users/*: {_IAM}. {_DENY} If the bucket encrypts by KMS: "
    "kms:GenerateDataKey on the key.",
)
READ = Check(
    "storage.read",
    "The gateway may read",
    "Links answer 403, and completion cannot look at what arrived.",
    f"Allow s3:GetObject on users/*: {_IAM}. {_DENY} If the bucket encrypts by KMS: kms:Decrypt on "
    "the key.",
)
MULTIPART = Check(
    "storage.multipart",
    "Large uploads can be started and aborted",
    "Files above MULTIPART_THRESHOLD_BYTES cannot be uploaded.",
    f"Allow s3:PutObject and s3:AbortMultipartUpload on users/*: {_IAM}.",
)
DELETE = Check(
    "storage.delete",
    "The gateway may delete",
    "Files that completion rejects would stay readable.",
    f"Allow s3:DeleteObject and s3:DeleteObjectVersion on users/*: {_IAM}. If Object Lock keeps "
    "versions by default, no permission helps: disable the default retention.",
)
PRIVATE = Check(
    "storage.private",
    "Objects cannot be read without a signature",
    "Anybody who knows or guesses a key can read the asset.",
    "Console: S3 > the bucket > Permissions: block all public access, and take the statement "
    'with "Principal": "*" out of the policy.',
)


def storage_results(deployment: Deployment, *, writes: bool) -> Iterator[Result]:
    """Keys, bucket and region; then, with ``writes``, an object's life from upload to removal."""
    query = {"list-type": "2", "prefix": USERS, "max-keys": "1"}
    try:
        response = deployment.fetch_signed("GET", query=query)
    except AwsError as error:
        response = Response(0, error.code, {}, b"")
    results = reached(deployment, response)
    yield from results
    if results[-1].status is not Status.OK:
        return
    yield LIST.passes_if(response.ok, "yes", f"S3 answered {response.code}")
    # Whether listing is allowed says nothing about the rest.
    if writes and (response.ok or response.code == "AccessDenied"):
        yield from _life(deployment)


def _life(deployment: Deployment) -> Iterator[Result]:
    key, headers = deployment.probe_key, {"content-type": "text/plain", "if-none-match": "*"}
    put = deployment.fetch_signed("PUT", key, headers=headers, body=BODY)
    deployment.wrote = put.ok
    if not put.ok:
        yield UPLOAD.fault(f"S3 answered {put.code}")
        return
    try:
        yield UPLOAD.ok()
        got = deployment.fetch_signed("GET", key)
        deployment.wrote = got.body == BODY
        yield READ.passes_if(got.body == BODY, "yes", f"S3 answered {got.code or 'other bytes'}")
        bare = deployment.fetch("GET", deployment.inner.url(key))
        yield PRIVATE.passes_if(not bare.ok, f"refused with {bare.status}", "anybody can read")
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
