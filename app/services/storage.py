"""The store: one client, and what is asked of it."""

from __future__ import annotations

from dataclasses import dataclass

from app.aws.clients import LazyClient
from app.aws.metered import MeteredClient, MeteredExchange
from app.s3.bulkhead import Bulkhead
from app.s3.copies import Copier
from app.s3.deletion import Deleter
from app.s3.listings import Listings
from app.s3.multipart import Multipart
from app.s3.objects import Objects
from app.s3.part_listings import PartListing
from app.s3.versions import Versions
from app.services.signing import addresses, credentials_source, static_keys
from app.signing.addressing import BucketAddress
from app.signing.sigv4 import Presigner
from config import Settings


@dataclass(frozen=True, slots=True)
class Storage:
    """One bucket."""

    objects: Objects
    listings: Listings
    multipart: Multipart
    versions: Versions
    deleter: Deleter
    copier: Copier

    def check(self) -> None:
        """Ask for as little as shows that the bucket answers; raises a ``Problem``."""
        self.listings.page("users/", limit=1)


def build_storage(settings: Settings, places: int) -> Storage:
    """``places``: how many threads may wait for S3 at once."""
    presigner = Presigner(credentials_source(settings), settings.s3_region)
    inner, _ = addresses(settings)
    bulkhead = Bulkhead(places)
    objects = Objects(s3_client(settings, inner), settings.s3_bucket_name, bulkhead)
    multipart = Multipart(objects, PartListing(presigner, inner, bulkhead))
    client = MeteredExchange(presigner, inner, bulkhead)
    listings = Listings(client)
    deleter = Deleter(client, listings, objects)
    return Storage(
        objects=objects,
        listings=listings,
        multipart=multipart,
        versions=Versions(client, objects),
        deleter=deleter,
        copier=Copier(objects, multipart, deleter),
    )


def s3_client(settings: Settings, address: BucketAddress) -> LazyClient:
    """boto3's S3 client, at the same host and in the same style as our own URLs."""
    virtual = address.host.startswith(f"{address.bucket}.")
    origin = address.origin.replace(f"{address.bucket}.", "", 1) if virtual else address.origin
    prefix = address.base_path if virtual else address.base_path.removesuffix(f"/{address.bucket}")
    return MeteredClient(
        "s3",
        settings.s3_region,
        endpoint=f"{origin}{prefix}",
        keys=static_keys(settings),
        signature_version="s3v4",
        s3={"addressing_style": "virtual" if virtual else "path"},
    )
