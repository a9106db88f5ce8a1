"""Whether a request reaches the bucket at all: network, clock, keys, region, name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from app.auth.claims import MAX_LEEWAY_SECONDS
from app.cli.doctor.deployment import Deployment
from app.cli.doctor.formatting import host_of
from app.cli.doctor.responses import Response
from app.cli.doctor.results import Check, Result

CREDENTIALS = Check(
    "storage.credentials",
    "S3 accepts the gateway's keys",
    "S3 refuses every signed link and upload.",
    "Create a pair: `aws iam create-access-key --user-name <the gateway's>`; set S3_ACCESS_KEY_ID "
    "and S3_SECRET_ACCESS_KEY, without blanks or quotes. With a role, leave both out.",
)
BUCKET = Check(
    "storage.bucket",
    "The bucket exists",
    "There is nowhere to upload to.",
    "`aws s3 ls` lists yours. Set S3_BUCKET_NAME, or create the bucket: `flask provision`.",
)
REGION = Check(
    "storage.region",
    "S3_REGION is the bucket's region",
    "The signature contains the region. With another one, browsers get a redirect that they may "
    "not follow.",
    "`aws s3api get-bucket-location --bucket {bucket}` shows it (null: us-east-1). Set S3_REGION.",
)
TIME = Check(
    "storage.clock",
    "S3 and this machine agree on the time",
    "Signatures contain the time, and S3 refuses those that are too old or from the future.",
    "Synchronise this machine's clock: `sudo timedatectl set-ntp true` (on AWS: chrony with "
    "169.254.169.123). The permissions may be fine.",
)

_OF_KEYS = {
    "InvalidAccessKeyId": "S3 does not know {id}",
    "SignatureDoesNotMatch": "{secret} does not belong to {id}",
    "InvalidToken": "{token} is not valid",
    "ExpiredToken": "the temporary keys have expired",
    "NoCredentials": "none set, and no role found",
}
_OF_REGION = frozenset(
    {"PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed"}
    | {"AuthorizationQueryParametersError", "IllegalLocationConstraintException", "301", "307"}
)
_REGION_IN_BODY = re.compile(
    rb"<Region>([a-z0-9-]+)</Region>|<Endpoint>[^<]*?s3[.-]([a-z]{2}[a-z0-9-]*-\d)\.|"
    rb"expecting '([a-z0-9-]+)'"
)
#: What mends each kind of network error, by its words in ``network_error``.
_OF_NETWORK = {
    "the name cannot be resolved": "Check the spelling of S3_ENDPOINT (or S3_REGION), and this "
    "machine's DNS: `getent hosts {host}`.",
    "the certificate is not valid": "Name the store as its certificate does, or trust its CA: "
    "AWS_CA_BUNDLE=/path/ca.pem. `openssl s_client -connect {host}:443` shows the certificate.",
    "the server speaks plain HTTP": "Write http:// in S3_ENDPOINT, or the port that speaks TLS.",
    "no answer in time": "Let this machine reach {host}: a firewall, a security group or a missing "
    "route swallows the request. Within a VPC: an S3 gateway endpoint.",
    "no connection": "Is a server listening there? Check host and port of S3_ENDPOINT: "
    "`curl -sv <it>`.",
}


def reached(deployment: Deployment, response: Response) -> list[Result]:
    """The results of the first request, a listing; the last one is ok if it reached the bucket."""
    return list(_reached(deployment, response))


def _reached(deployment: Deployment, response: Response) -> Iterator[Result]:
    settings = deployment.settings
    if response.code in _OF_KEYS:
        found = _OF_KEYS[response.code].format(**_key_names(deployment))
        yield CREDENTIALS.fault(found, _fix_of_keys(deployment))
        return
    if response.status == 0 or _wants_tls(deployment, response):
        yield _unreachable(deployment, response)
        return
    if _is_untimely(deployment, response):
        skew = deployment.clocks.get("the bucket", 0)
        yield TIME.fault(f"{abs(skew):.0f} s {'behind' if skew > 0 else 'ahead of'} the bucket")
        return
    yield CREDENTIALS.ok("accepted")
    if response.code in _OF_REGION:
        actual = _region_of(response)
        fix = f"Set S3_REGION={actual}." if actual else ""
        yield REGION.fault(f"{settings.s3_region}; the bucket is in {actual or 'another'}", fix)
        return
    # NoSuchKey: the bucket was taken for a key of another.
    if response.code in ("NoSuchBucket", "NoSuchKey"):
        deployment.has_bucket = False
        yield BUCKET.fault(f"there is no {settings.s3_bucket_name}", _fix_of_endpoint(deployment))
        return
    yield REGION.ok(settings.s3_region)
    yield BUCKET.ok(settings.s3_bucket_name)


def _unreachable(deployment: Deployment, response: Response) -> Result:
    host = host_of(deployment.inner.origin)
    if response.status:
        return BUCKET.fault(f"{host} wants https://", "Write https:// in S3_ENDPOINT.")
    fix = _OF_NETWORK.get(response.code, BUCKET.fix).format(host=host)
    if deployment.inner.scheme == "http" and response.code == "no connection":
        fix = f"{fix} A server that speaks TLS alone closes plain connections: write https://."
    return BUCKET.fault(f"{host}: {response.code}", fix)


def _wants_tls(deployment: Deployment, response: Response) -> bool:
    """Whether plain HTTP was sent to a server that asks for TLS: a redirect there, or a 400 that
    says so (nginx, Go, Apache)."""
    if deployment.inner.scheme == "https" or response.ok:
        return False
    target = urlsplit(response.headers.get("location", ""))
    same = target.hostname == host_of(deployment.inner.origin)
    says_so = response.status == 400 and b"https" in response.body.lower()
    return (target.scheme == "https" and same) or says_so


def _is_untimely(deployment: Deployment, response: Response) -> bool:
    skew = abs(deployment.clocks.get("the bucket", 0))
    late = response.code == "AccessDenied" and skew > 5 * MAX_LEEWAY_SECONDS
    return response.code == "RequestTimeTooSkewed" or late


def _region_of(response: Response) -> str:
    if named := response.headers.get("x-amz-bucket-region"):
        return named
    found = _REGION_IN_BODY.search(response.body)
    return next(filter(None, found.groups())).decode() if found else ""


def _fix_of_keys(deployment: Deployment) -> str:
    if deployment.settings.s3_access_key_id:
        return CREDENTIALS.fix
    if _key_names(deployment)["id"].startswith("AWS_"):
        return (
            "Correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), or unset "
            "them: the gateway takes them, as S3_ACCESS_KEY_ID is not set."
        )
    return (
        "Set S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY (`flask provision --new-access-key`), or "
        "give this machine a role: `aws sts get-caller-identity` must answer on it."
    )


def _fix_of_endpoint(deployment: Deployment) -> str:
    """A bucket that is named twice is not there: as the endpoint's own, and as ours."""
    settings = deployment.settings
    parts = urlsplit(settings.s3_endpoint)
    named = {(parts.hostname or "").partition(".")[0], parts.path.strip("/").rpartition("/")[2]}
    if settings.s3_bucket_name in named:
        return "Take the bucket out of S3_ENDPOINT: it is the store's address alone."
    return ""


def _key_names(deployment: Deployment) -> dict[str, str]:
    """Where the gateway's keys come from, by the names to correct: ours, AWS's own, or a profile's
    or a role's."""
    if deployment.settings.s3_access_key_id:
        prefix = "S3_"
    elif os.environ.get("AWS_ACCESS_KEY_ID"):
        prefix = "AWS_"
    else:
        whose = f"the key of the profile {os.environ.get('AWS_PROFILE', 'or role')}"
        return {"id": whose, "secret": "its secret", "token": "its session token"}
    names = {"id": "ACCESS_KEY_ID", "secret": "SECRET_ACCESS_KEY", "token": "SESSION_TOKEN"}
    return {kind: f"{prefix}{name}" for kind, name in names.items()}
