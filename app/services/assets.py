"""The use cases, each with the tools that it needs."""

from __future__ import annotations

from dataclasses import dataclass

from app.assets.completion import Completion
from app.assets.completion_batches import CompletionBatches
from app.assets.copies import Copies
from app.assets.deleted import Deletions
from app.assets.deletion import Deletion
from app.assets.erasure import Erasure
from app.assets.library import Library
from app.assets.listing import AssetListings
from app.assets.lone_previews import LonePreviews
from app.assets.multipart_uploads import MultipartUploads
from app.assets.previews import Previews
from app.assets.request_records import RequestRecords
from app.assets.share_records import ShareRecords
from app.assets.shares import Shares
from app.assets.stray_uploads import StrayUploads
from app.assets.undeletion import Undeletion
from app.assets.upload_batches import UploadBatches
from app.assets.upload_requests import RequestTokens, UploadRequests
from app.assets.uploads import Uploads
from app.assets.uppy import UppyUploads
from app.assets.uppy_multipart import UppyMultipart
from app.assets.verification import Verifier
from app.assets.versions import AssetVersions
from app.domain.declarations import PartSizes, UploadRules
from app.domain.kinds import Kind
from app.services.events import Events
from app.services.limits import Limits
from app.services.signing import Signing
from app.services.storage import Storage
from config import Settings


@dataclass(frozen=True, slots=True)
class Assets:
    """The use cases (``app/assets``)."""

    uploads: Uploads
    upload_batches: UploadBatches
    completion_batches: CompletionBatches
    multipart_uploads: MultipartUploads
    uppy: UppyUploads
    uppy_multipart: UppyMultipart
    completion: Completion
    lone_previews: LonePreviews
    library: Library
    listings: AssetListings
    copies: Copies
    deletion: Deletion
    versions: AssetVersions
    shares: Shares
    upload_requests: UploadRequests
    erasure: Erasure


def build_assets(
    settings: Settings, signing: Signing, storage: Storage, limits: Limits, events: Events
) -> Assets:
    rules = upload_rules(settings)
    quota, marks = limits.quota, signing.copy_marks
    verifier = Verifier(storage.objects, rules.max_bytes)
    completion = Completion(
        verifier, storage.objects, quota, events.reporter, marks, signing.actors
    )
    records = ShareRecords(
        storage.objects, storage.listings, storage.deleter, signing.share_records
    )
    shares = Shares(
        storage.objects,
        records,
        signing.links,
        signing.share_tokens,
        limits.opens,
        max_seconds=settings.share_max_ttl_seconds,
        page_url=settings.share_page_url,
    )
    previews = Previews(storage.objects, storage.listings)
    lone_previews = LonePreviews(
        previews,
        storage.deleter,
        events.edge,
        quota,
        url_seconds=None if settings.events_queue_url else settings.upload_url_ttl_seconds,
    )
    listings = AssetListings(storage.listings, Deletions(storage.versions))
    deletion = Deletion(
        storage.objects, storage.deleter, shares, previews, events.edge, quota, events.notifier
    )
    multipart_uploads = MultipartUploads(
        storage.objects, storage.multipart, quota, max_live=settings.max_live_uploads
    )
    strays = StrayUploads(storage.multipart)
    uploads = Uploads(
        storage.objects,
        multipart_uploads,
        signing.uploads,
        verifier,
        completion,
        quota,
        rules,
        signing.actors,
        previews,
        lone_previews,
    )
    return Assets(
        uploads=uploads,
        upload_batches=UploadBatches(uploads, signing.uploads, storage.listings, quota),
        completion_batches=CompletionBatches(uploads),
        multipart_uploads=multipart_uploads,
        uppy=UppyUploads(
            multipart_uploads,
            signing.uppy,
            signing.uploads,
            signing.uppy_ids,
            quota,
            rules,
            strays,
            signing.actors,
        ),
        uppy_multipart=UppyMultipart(
            storage.objects,
            storage.multipart,
            signing.uppy,
            signing.uppy_ids,
            verifier,
            completion,
            quota,
            rules.max_bytes,
            strays,
        ),
        completion=completion,
        lone_previews=lone_previews,
        library=Library(storage.objects, storage.listings, previews, listings),
        listings=listings,
        copies=Copies(
            storage.listings,
            storage.copier,
            verifier,
            deletion,
            quota,
            limits.claims,
            rules.max_bytes,
            signing.copy_marks,
            previews,
        ),
        deletion=deletion,
        versions=AssetVersions(
            storage.objects,
            storage.versions,
            storage.copier,
            verifier,
            quota,
            signing.copy_marks,
            Undeletion(storage.objects, storage.versions, quota),
        ),
        shares=shares,
        upload_requests=UploadRequests(
            RequestRecords(
                storage.objects,
                storage.listings,
                storage.deleter,
                signing.request_records,
                storage.turns,
            ),
            uploads,
            quota,
            RequestTokens(signing.request_tokens, signing.request_uploads),
            max_seconds=settings.request_max_ttl_seconds,
            page_url=settings.request_page_url,
        ),
        erasure=Erasure(storage.versions, storage.deleter, storage.multipart, quota, events.edge),
    )


def upload_rules(settings: Settings) -> UploadRules:
    """What the settings say of uploads."""
    return UploadRules(
        max_bytes={kind: getattr(settings, f"max_bytes_{kind}") for kind in Kind},
        part_sizes=PartSizes(settings.multipart_threshold_bytes, settings.part_size_bytes),
        expiry_days=settings.expiry_days,
        post_policies=settings.s3_post_policy,
    )
