"""The store: one client, and what is asked of it."""

from __future__ import annotations

from dataclasses import dataclass

from app import tracing
from app.domain.grammar import USERS
from app.s3.bulkhead import Bulkhead
from app.s3.client import S3Client
from app.s3.copies import Copier
from app.s3.deletion import Deleter
from app.s3.errors import Refused
from app.s3.listings import Listings
from app.s3.multipart import Multipart
from app.s3.objects import Objects
from app.s3.turns import Turns
from app.s3.versions import Versions
from app.services.signing import addresses, credentials_source
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
    turns: Turns

    def check(self) -> None:
        """Ask for as little as shows that the bucket answers; raises a ``Problem``."""
        self.listings.page(USERS, limit=1)


def build_storage(settings: Settings, bulkhead: Bulkhead) -> Storage:
    """``bulkhead``: how many threads may wait for S3 at once."""
    presigner = Presigner(credentials_source(settings), settings.s3_region)
    inner, _ = addresses(settings)
    client = S3Client(presigner, inner, bulkhead)
    if traces := tracing.current():
        traces.watch(client, "ask", lambda operation, *_: f"S3 {operation.name}", (Refused,))
    objects = Objects(client)
    listings = Listings(client)
    multipart = Multipart(client, objects)
    deleter = Deleter(client, listings, objects)
    return Storage(
        objects=objects,
        listings=listings,
        multipart=multipart,
        versions=Versions(client, objects),
        deleter=deleter,
        copier=Copier(objects, multipart, deleter),
        turns=Turns(bulkhead),
    )
