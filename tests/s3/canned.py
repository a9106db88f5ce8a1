"""A store that gives the same answer whatever it is asked, without a network."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, NamedTuple

import urllib3

from app.s3.bulkhead import Bulkhead
from app.s3.client import S3Client
from app.s3.copies import Copier
from app.s3.deletion import Deleter
from app.s3.listings import Listings
from app.s3.multipart import Multipart
from app.s3.objects import Objects
from app.s3.versions import Versions
from app.signing.addressing import BucketAddress
from app.signing.credentials import Credentials
from app.signing.sigv4 import Presigner

KEY = "users/alice/image/a.png"
SIGNER = Presigner(lambda: Credentials("AKIDEXAMPLE", "secret"), "eu-central-1")
ADDRESS = BucketAddress.of("media", "eu-central-1", endpoint="http://127.0.0.1:9")
#: More than any question may lead to.
MAX_REQUESTS = 12


class Canned:
    """A pool. ``asked`` lists methods and URLs; nobody may ask without end."""

    def __init__(
        self, status: int, data: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> None:
        self.status, self.data, self.headers = status, data, dict(headers or {})
        self.asked: list[tuple[str, str]] = []

    def urlopen(self, method: str, url: str, **_: Any) -> urllib3.HTTPResponse:
        self.asked.append((method, url))
        assert len(self.asked) <= MAX_REQUESTS
        return urllib3.HTTPResponse(
            body=io.BytesIO(b"" if method == "HEAD" else self.data),
            headers=self.headers,
            status=self.status,
            preload_content=False,
            request_method=method,
        )


class Bucket(NamedTuple):
    """Everything that asks one bucket, over one pool."""

    objects: Objects
    listings: Listings
    multipart: Multipart
    versions: Versions
    deleter: Deleter
    copier: Copier


def bucket_over(pool: Any) -> Bucket:
    """A bucket that is asked over ``pool``."""
    client = S3Client(SIGNER, ADDRESS, Bulkhead(8))
    client._http = pool
    return bucket_of(client)


def bucket_of(client: S3Client) -> Bucket:
    objects, listings = Objects(client), Listings(client)
    multipart = Multipart(client, objects)
    deleter = Deleter(client, listings, objects)
    copier = Copier(objects, multipart, deleter)
    return Bucket(objects, listings, multipart, Versions(client, objects), deleter, copier)
