"""Where a bucket is reached, and how a key is written into its URL.

The host, the path and the percent-encoding chosen here are the ones that get signed, so they
must come out exactly as a browser will send them: RFC 3986 unreserved characters and ``/`` stay,
every other byte is ``%XX``, default ports are dropped, and no segment is one a browser would
resolve away (WHATWG URL, dot segments).

https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from app.domain.partitions import DNS_SUFFIXES, STANDARD, partition_of, regional_host
from app.signing.canonical import encode_path

AddressingStyle = Literal["auto", "virtual", "path"]

_DEFAULT_PORTS = {"http": 80, "https": 443}
# A VPC endpoint is private and its own address, though its name ends alike.
_AWS_S3_HOST = re.compile(
    r"(?!.*\.vpce\.)(?:[a-z0-9.-]+\.)?s3[a-z0-9.-]*\.(?:"
    + "|".join(map(re.escape, sorted(DNS_SUFFIXES)))
    + ")"
)
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
_HOST_LABEL_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]")
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")
_IP_LIKE = re.compile(r"[0-9.]+|.*:.*")
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")
_DOT_SEGMENT = re.compile(r"(?:^|/)\.{1,2}(?:/|\Z)")


@dataclass(frozen=True, slots=True)
class BucketAddress:
    """A bucket's place on the web, worked out once at start.

    ``base_path`` is empty or starts with ``/`` and never ends in one.
    """

    bucket: str
    scheme: str
    host: str
    base_path: str

    @classmethod
    def of(
        cls,
        bucket: str,
        region: str,
        *,
        endpoint: str | None = None,
        style: AddressingStyle = "auto",
        accelerate: bool = False,
    ) -> BucketAddress:
        """Choose host and path for a bucket.

        Without an endpoint, or with one of AWS itself (``https://s3.amazonaws.com`` included),
        this is the bucket's regional host over TLS, and the bucket is in the host name where TLS
        allows it: a wildcard certificate covers one label, so a name with dots stays in the path.
        Any other endpoint is a compatible store, addressed by path unless told otherwise.

        Raises ValueError for an endpoint, a bucket or a combination that cannot work.
        """
        if not _BUCKET.fullmatch(bucket):
            raise ValueError("a bucket name is 1 to 255 of A-Z a-z 0-9 . _ -")
        scheme, host, prefix = _split_endpoint(endpoint) if endpoint else ("https", "", "")
        on_aws = not host or _AWS_S3_HOST.fullmatch(host) is not None
        if on_aws:
            scheme, host, prefix = "https", _regional_host(region, host), ""
        if accelerate:
            regional = regional_host("s3", region)
            if not on_aws or host != regional or partition_of(region) is not STANDARD:
                raise ValueError("transfer acceleration exists in the standard AWS regions only")
            if not _HOST_LABEL_BUCKET.fullmatch(bucket):
                raise ValueError("transfer acceleration needs a bucket name without dots")
            return cls(bucket, scheme, f"{bucket}.s3-accelerate.{STANDARD.dns_suffix}", "")
        wants_virtual = style == "virtual" or (style == "auto" and on_aws)
        if wants_virtual and _fits_host(bucket, scheme, host):
            return cls(bucket, scheme, f"{bucket}.{host}", prefix)
        return cls(bucket, scheme, host, f"{prefix}/{bucket}")

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host}"

    @property
    def bucket_url(self) -> str:
        """The bucket itself, ending in ``/``: the target of form POSTs (Uppy insists on it)."""
        return f"{self.scheme}://{self.host}{self.base_path}/"

    def path(self, key: str) -> str:
        """The encoded path of a key, or of the bucket itself for an empty key.

        Raises ValueError for a key with a ``.`` or ``..`` segment: encoded or not, a browser
        would resolve it, and the URL would name another object than the one signed.
        """
        if not key:
            return self.base_path or "/"
        if ("/." in key or key[0] == ".") and _DOT_SEGMENT.search(key):
            raise ValueError("a key with dot segments cannot be addressed by URL")
        return f"{self.base_path}/{encode_path(key)}"

    def url(self, key: str) -> str:
        """The unsigned URL of a key; raises as :meth:`path` does."""
        return f"{self.scheme}://{self.host}{self.path(key)}"


def _split_endpoint(endpoint: str) -> tuple[str, str, str]:
    """Scheme, host as browsers send it (default port dropped), and path prefix."""
    parts = urlsplit(endpoint)
    hostname = (parts.hostname or "").rstrip(".")
    if parts.scheme not in _DEFAULT_PORTS or not _HOST.fullmatch(hostname):
        raise ValueError("an endpoint is http:// or https:// and a host name")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("an endpoint carries no user, query or fragment")
    prefix = parts.path.rstrip("/")
    if not _PREFIX.fullmatch(prefix) or _DOT_SEGMENT.search(prefix):
        raise ValueError("an endpoint's path is made of plain segments")
    host = f"[{hostname}]" if ":" in hostname else hostname
    if parts.port is not None and parts.port != _DEFAULT_PORTS[parts.scheme]:
        host = f"{host}:{parts.port}"
    return parts.scheme, host, prefix


def _regional_host(region: str, given: str) -> str:
    """The region's S3 host; a FIPS or dual-stack host of the same region is kept."""
    suffix = f"{region}.{partition_of(region).dns_suffix}"
    kept = {f"s3-fips.{suffix}", f"s3.dualstack.{suffix}", f"s3-fips.dualstack.{suffix}"}
    return given if given in kept else f"s3.{suffix}"


def _fits_host(bucket: str, scheme: str, host: str) -> bool:
    if _IP_LIKE.fullmatch(host.rpartition(":")[0] or host):
        return False
    labels = bucket.split(".") if scheme == "http" else [bucket]
    return all(_HOST_LABEL_BUCKET.fullmatch(label) for label in labels)
