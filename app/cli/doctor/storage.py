"""Whether the gateway's own credentials do at the bucket what its requests need."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import ParseError, fromstring

from app.cli.doctor.answers import Answer, Refusal
from app.cli.doctor.rows import Item, Row
from app.cli.doctor.site import Site, host_of

BODY = b"written by flask doctor, and removed again\n"
_IAM = "the statements of GatewayPolicy in infra/template.yaml (docs/aws.md)"

CREDENTIALS = Item(
    "storage.credentials",
    "S3 knows the gateway's keys",
    "Every signed link and upload is refused by S3.",
    "Make a pair: `aws iam create-access-key --user-name <the gateway's>`; set S3_ACCESS_KEY_ID "
    "and S3_SECRET_ACCESS_KEY, without blanks or quotes. With a role, leave both out.",
)
BUCKET = Item(
    "storage.bucket",
    "The bucket exists",
    "There is nowhere to upload to.",
    "`aws s3 ls` lists yours; set S3_BUCKET_NAME, or make it: `flask provision`.",
)
REGION = Item(
    "storage.region",
    "S3_REGION is the bucket's",
    "A signature names the region; browsers get a redirect that they may not follow.",
    "`aws s3api get-bucket-location --bucket {bucket}` tells it (null: us-east-1); set S3_REGION.",
)
LIST = Item(
    "storage.list",
    "The gateway may list users/",
    "Listings, quotas and /readyz need it.",
    f"Allow s3:ListBucket on the bucket for the prefix users/*: {_IAM}.",
)
UPLOAD = Item(
    "storage.upload",
    "The gateway may upload",
    "Every upload is refused with 403 AccessDenied.",
    f"Allow s3:PutObject on users/*: {_IAM}. A Deny in the bucket's policy wins over it: "
    "`aws s3api get-bucket-policy --bucket {bucket}`.",
)
READ = Item(
    "storage.read",
    "The gateway may read",
    "Links answer 403, and completion cannot look at what arrived.",
    f"Allow s3:GetObject on users/*: {_IAM}; look for a Deny in the bucket's policy.",
)
MULTIPART = Item(
    "storage.multipart",
    "Large uploads can be begun and given up",
    "Files above MULTIPART_THRESHOLD_BYTES cannot be uploaded.",
    f"Allow s3:PutObject and s3:AbortMultipartUpload on users/*: {_IAM}.",
)
DELETE = Item(
    "storage.delete",
    "The gateway may delete",
    "What completion rejects would stay readable.",
    f"Allow s3:DeleteObject and s3:DeleteObjectVersion on users/*: {_IAM}.",
)
PRIVATE = Item(
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


def storage_rows(site: Site, *, writes: bool) -> Iterator[Row]:
    """Keys, bucket and region; then, with ``writes``, an object's life from upload to removal."""
    try:
        answer = site.signed("GET", query={"list-type": "2", "prefix": "users/", "max-keys": "1"})
    except Refusal as refusal:
        yield CREDENTIALS.fault(_OF_KEYS[refusal.code])
        return
    yield from _reached(site, answer)
    # Whether listing is allowed says nothing about the rest.
    if writes and (answer.is_well or answer.code == "AccessDenied"):
        yield from _life(site)


def _reached(site: Site, answer: Answer) -> Iterator[Row]:
    bucket = site.settings.s3_bucket_name
    if answer.status == 0:
        yield BUCKET.fault(f"{host_of(site.inner.origin)}: {answer.code}")
        return
    if answer.code in _OF_KEYS:
        yield CREDENTIALS.fault(_OF_KEYS[answer.code])
        return
    yield CREDENTIALS.ok("accepted")
    if answer.code in _OF_REGION:
        actual = answer.headers.get("x-amz-bucket-region", "another")
        yield REGION.fault(
            f"{site.settings.s3_region}; the bucket is in {actual}", _for(site, REGION)
        )
        return
    if answer.code == "NoSuchBucket":
        site.has_bucket = False
        yield BUCKET.fault(f"there is no {bucket}")
        return
    yield BUCKET.ok(bucket)
    yield REGION.ok(site.settings.s3_region)
    if answer.is_well:
        yield LIST.ok()
    else:
        yield LIST.fault(f"S3 answered {answer.code}")


def _life(site: Site) -> Iterator[Row]:
    key, headers = site.probe_key, {"content-type": "text/plain", "if-none-match": "*"}
    put = site.signed("PUT", key, headers=headers, body=BODY)
    if not put.is_well:
        yield UPLOAD.fault(f"S3 answered {put.code}", _for(site, UPLOAD))
        return
    try:
        yield UPLOAD.ok()
        got = site.signed("GET", key)
        yield READ.holds(got.body == BODY, "yes", f"S3 answered {got.code or 'other bytes'}")
        bare = site.fetch("GET", site.inner.url(key))
        yield PRIVATE.holds(not bare.is_well, f"refused with {bare.status}", "anybody reads")
        yield _multipart(site)
    finally:
        removed = remove_probe(site, put)
    yield DELETE.holds(removed.is_well, "yes", f"S3 answered {removed.code}; {key} stays behind")


def remove_probe(site: Site, put: Answer) -> Answer:
    """Remove exactly what ``put`` wrote, so that no version of it stays."""
    version = put.headers.get("x-amz-version-id")
    pinned = {"versionId": version} if version and version != "null" else {}
    return site.signed("DELETE", site.probe_key, query=pinned)


def _multipart(site: Site) -> Row:
    key = f"{site.probe_key}-parts"
    begun = site.signed("POST", key, query={"uploads": ""}, headers={"content-type": "text/plain"})
    if not begun.is_well:
        return MULTIPART.fault(f"S3 answered {begun.code}")
    try:
        document = fromstring(begun.body)  # noqa: S314 - from the configured store
    except ParseError:
        return MULTIPART.fault("S3's answer cannot be read")
    upload_id = document.findtext("{*}UploadId") or ""
    ended = site.signed("DELETE", key, query={"uploadId": upload_id})
    return MULTIPART.holds(ended.is_well, "yes", f"giving up answered {ended.code}")


def _for(site: Site, item: Item) -> str:
    return item.mend.format(bucket=site.settings.s3_bucket_name)
