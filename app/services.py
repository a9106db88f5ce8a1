"""What a request may use: made once at start, frozen, shared by all threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.assets.erasure import Erasure
from app.assets.multipart_uploads import LargeUploads
from app.assets.shares import ShareRecords
from app.assets.usage import UsageCounter
from app.assets.verification import Verifier
from app.auth.accounts import Accounts
from app.auth.cognito import CognitoVerifier
from app.auth.jwks import JwksCache
from app.auth.metered import MeteredJwksCache
from app.aws.clients import LazyClient
from app.aws.edge_cache import EdgeCache
from app.aws.metered import (
    MeteredClient,
    MeteredCloudFrontSigner,
    MeteredExchange,
    MeteredPresigner,
)
from app.aws.scoped_credentials import UploadCredentials
from app.domain.paths import Kind
from app.domain.uploads import PartSizes
from app.events.notifier import Notifier
from app.events.queue import Queue
from app.events.reports import LIFE_SECONDS, Reports
from app.events.webhooks import WebhookSender
from app.limits.quota import Quota
from app.limits.rates import Rates
from app.limits.shared import Shared
from app.operations.health import Readiness
from app.s3.bulkhead import PLACES, Bulkhead
from app.s3.copies import Copier
from app.s3.deletion import Deleter
from app.s3.listings import Listing
from app.s3.multipart import Multipart
from app.s3.objects import Store
from app.s3.part_listings import PartListing
from app.s3.versions import Versions
from app.signing.addressing import BucketAddress
from app.signing.cloudfront import CloudFrontSigner
from app.signing.credentials import Credentials, default_chain
from app.signing.links import LinkSigner
from app.signing.sigv4 import Presigner
from app.signing.tokens import SignedTokens
from app.signing.uploads import UploadSigner
from app.signing.uppy import UppySigner
from config import Settings, SettingsError

UPLOAD_LIFE_SECONDS = 7 * 24 * 3600
CURSOR_LIFE_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Services:
    """The gateway's tools, as the views use them."""

    jwks: JwksCache
    tokens: CognitoVerifier
    store: Store
    listing: Listing
    deleter: Deleter
    copier: Copier
    versions: Versions
    shares: ShareRecords
    share_tokens: SignedTokens
    share_max_seconds: int
    share_base_url: str
    links: LinkSigner
    edge: EdgeCache
    cookie_domain: str
    uploads: UploadSigner
    multipart: Multipart
    large_uploads: LargeUploads
    part_sizes: PartSizes
    uppy: UppySigner
    uppy_ids: SignedTokens
    upload_credentials: UploadCredentials | None
    verifier: Verifier
    teller: Notifier | None
    upload_ids: SignedTokens
    cursors: SignedTokens
    readiness: Readiness
    rates: Rates
    quota: Quota
    erasure: Erasure
    accounts: Accounts
    admin_group: str
    max_bytes: Mapping[Kind, int]
    post_policies: bool
    metrics_token: str


def build(settings: Settings, *, places: int = PLACES) -> Services:
    """Make the services that ``settings`` describe; nothing here touches the network.

    ``places``: how many threads may wait for AWS at once.
    """
    keys = static_keys(settings)
    source = (lambda: keys) if keys else default_chain()
    presigner = Presigner(source, settings.s3_region)
    for_browsers = MeteredPresigner(source, settings.s3_region)
    inner, public = addresses(settings)
    bulkhead = Bulkhead(places)
    store = Store(s3_client(settings, keys, inner), settings.s3_bucket_name, bulkhead)
    multipart = Multipart(store, PartListing(presigner, inner, bulkhead))
    max_bytes = {kind: getattr(settings, f"max_bytes_{kind}") for kind in Kind}
    secrets = [settings.secret_key, *settings.secret_key_fallbacks]
    jwks = MeteredJwksCache(settings.cognito_jwks_url)
    exchange = MeteredExchange(presigner, inner, bulkhead)
    listing = Listing(exchange)
    deleter = Deleter(exchange, listing, store)
    share_life = settings.share_max_ttl_seconds
    teller = direct_teller(settings)
    announce = teller.verified if teller else None
    if settings.events_queue_url:
        announce = event_reports(settings, events_queue(settings)).verified
    shared = Shared(settings.redis_url)
    return Services(
        jwks=jwks,
        tokens=CognitoVerifier(
            jwks,
            issuer=settings.cognito_issuer,
            client_ids=frozenset(settings.cognito_client_id),
            token_use=settings.cognito_token_use,
            required_scopes=frozenset(settings.cognito_required_scopes.split()),
        ),
        store=store,
        listing=listing,
        deleter=deleter,
        copier=Copier(store, multipart, deleter),
        versions=Versions(exchange, store),
        shares=ShareRecords(
            store, listing, deleter, SignedTokens(secrets, "share-record", share_life)
        ),
        share_tokens=SignedTokens(secrets, "share", share_life),
        share_max_seconds=share_life,
        share_base_url=settings.public_base_url.rstrip("/"),
        links=LinkSigner(
            for_browsers,
            public,
            default_seconds=settings.link_ttl_seconds,
            cloudfront=cloudfront_signer(settings),
        ),
        edge=edge_cache(settings, keys),
        cookie_domain=settings.cloudfront_cookie_domain,
        uploads=UploadSigner(
            for_browsers,
            public,
            url_seconds=settings.upload_url_ttl_seconds,
            part_url_seconds=settings.part_url_ttl_seconds,
        ),
        multipart=multipart,
        large_uploads=LargeUploads(store, multipart, max_live=settings.max_live_uploads),
        part_sizes=PartSizes(settings.multipart_threshold_bytes, settings.part_size_bytes),
        uppy=UppySigner(
            for_browsers,
            public,
            multipart,
            url_seconds=settings.upload_url_ttl_seconds,
            part_url_seconds=settings.part_url_ttl_seconds,
            max_live=settings.max_live_uploads,
        ),
        uppy_ids=SignedTokens(secrets, "uppy", UPLOAD_LIFE_SECONDS),
        upload_credentials=upload_credentials(settings, keys, bulkhead),
        verifier=Verifier(store, max_bytes, announce),
        teller=teller,
        upload_ids=SignedTokens(secrets, "upload", UPLOAD_LIFE_SECONDS),
        cursors=SignedTokens(secrets, "cursor", CURSOR_LIFE_SECONDS),
        readiness=Readiness(
            {"identity": jwks.load, "storage": lambda: listing.page("users/", limit=1)}
        ),
        rates=Rates.of(settings.rate_limit, settings.rate_limit_signing, shared),
        quota=Quota(
            shared,
            UsageCounter(listing).count,
            quota_bytes=settings.quota_bytes,
            by_group=settings.quota_bytes_by_group,
            url_seconds=settings.upload_url_ttl_seconds,
            part_url_seconds=settings.part_url_ttl_seconds,
        ),
        erasure=Erasure(exchange, deleter, multipart),
        accounts=Accounts(settings.aws_region, settings.cognito_endpoint),
        admin_group=settings.admin_group,
        max_bytes=max_bytes,
        metrics_token=settings.metrics_token,
        post_policies=settings.s3_post_policy,
    )


def webhook_sender(settings: Settings) -> WebhookSender | None:
    """Who tells the back end; None when nobody is to be told."""
    if not settings.webhook_url:
        return None
    return WebhookSender(settings.webhook_url, settings.webhook_secret.split())


def direct_teller(settings: Settings) -> Notifier | None:
    """Tells without a queue; where there is one, the worker alone tells."""
    sender = webhook_sender(settings)
    if sender is None or settings.events_queue_url:
        return None
    return Notifier(settings.s3_bucket_name, sender)


def events_queue(settings: Settings) -> Queue:
    """The queue that ``EVENTS_QUEUE_URL`` names."""
    sqs = LazyClient(
        "sqs", settings.aws_region, endpoint=settings.sqs_endpoint, keys=static_keys(settings)
    )
    return Queue(sqs, settings.events_queue_url)


def event_reports(settings: Settings, queue: Queue) -> Reports:
    """What the API and the worker leave in ``queue`` for the worker."""
    secrets = [settings.secret_key, *settings.secret_key_fallbacks]
    return Reports(settings.s3_bucket_name, queue, SignedTokens(secrets, "report", LIFE_SECONDS))


def static_keys(settings: Settings) -> Credentials | None:
    """The keys that are set, None for the AWS default chain."""
    if not settings.s3_access_key_id:
        return None
    return Credentials(
        settings.s3_access_key_id,
        settings.s3_secret_access_key,
        settings.s3_session_token or None,
    )


def upload_credentials(
    settings: Settings, keys: Credentials | None, bulkhead: Bulkhead
) -> UploadCredentials | None:
    """What hands out temporary credentials; None unless a role is set."""
    if not settings.s3_upload_role_arn:
        return None
    sts = LazyClient("sts", settings.aws_region, endpoint=settings.sts_endpoint, keys=keys)
    return UploadCredentials(
        sts,
        settings.s3_upload_role_arn,
        settings.s3_bucket_name,
        settings.s3_region,
        bulkhead=bulkhead,
    )


def addresses(settings: Settings) -> tuple[BucketAddress, BucketAddress]:
    """Where the gateway itself reaches the bucket, and where browsers do.

    Raises ``SettingsError`` for endpoints and styles that do not fit the bucket.
    """
    inner = _address(settings, "S3_ENDPOINT", settings.s3_endpoint)
    public = _address(
        settings,
        "S3_PUBLIC_ENDPOINT",
        settings.s3_public_endpoint,
        accelerate=settings.s3_accelerate,
    )
    return inner, public


def _address(
    settings: Settings, name: str, endpoint: str, *, accelerate: bool = False
) -> BucketAddress:
    try:
        return BucketAddress.of(
            settings.s3_bucket_name,
            settings.s3_region,
            endpoint=endpoint or None,
            style=settings.s3_addressing_style,
            accelerate=accelerate,
        )
    except ValueError as error:
        raise SettingsError({"S3_ACCELERATE" if accelerate else name: str(error)}) from None


def s3_client(settings: Settings, keys: Credentials | None, address: BucketAddress) -> LazyClient:
    """boto3's S3 client, at the same host and in the same style as our own URLs."""
    virtual = address.host.startswith(f"{address.bucket}.")
    origin = address.origin.replace(f"{address.bucket}.", "", 1) if virtual else address.origin
    prefix = address.base_path if virtual else address.base_path.removesuffix(f"/{address.bucket}")
    return MeteredClient(
        "s3",
        settings.s3_region,
        endpoint=f"{origin}{prefix}",
        keys=keys,
        signature_version="s3v4",
        s3={"addressing_style": "virtual" if virtual else "path"},
    )


def cloudfront_signer(settings: Settings) -> CloudFrontSigner | None:
    """The signer of CloudFront links, None without a distribution."""
    if not settings.cloudfront_domain:
        return None
    return MeteredCloudFrontSigner(
        settings.cloudfront_domain,
        settings.cloudfront_key_pair_id,
        settings.cloudfront_private_key,
        settings.cloudfront_hash,
    )


def edge_cache(settings: Settings, keys: Credentials | None) -> EdgeCache:
    """The caches to tell of deletions, if a distribution is named."""
    distribution = settings.cloudfront_distribution_id
    # CloudFront is one service for all regions, and signs for this one.
    client = LazyClient("cloudfront", "us-east-1", keys=keys) if distribution else None
    return EdgeCache(client, distribution)
