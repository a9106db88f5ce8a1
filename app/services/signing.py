"""What carries its own authorisation: URLs for browsers, and the tokens that stand in our own."""

from __future__ import annotations

from dataclasses import dataclass

from app.assets.request_records import GRACE
from app.aws.clients import LazyClient
from app.aws.scoped_credentials import ScopedCredentials
from app.s3.bulkhead import Bulkhead
from app.signing.addressing import BucketAddress
from app.signing.cloudfront import CloudFrontSigner
from app.signing.credentials import Credentials, CredentialsSource, default_chain
from app.signing.links import LinkSigner
from app.signing.marks import ActorMarks, CopyMarks
from app.signing.sigv4 import Presigner
from app.signing.tokens import SignedTokens
from app.signing.uploads import UploadSigner
from app.signing.uppy import UppySigner
from config import Settings, SettingsError

UPLOAD_LIFE_SECONDS = 7 * 24 * 3600
CURSOR_LIFE_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Signing:
    """``cookie_domain``: where playback sets CloudFront's cookies, empty for nowhere.
    ``share_base_url``: before the path of a share's or an upload request's link, empty without an
    address of our own. ``share_records`` and ``request_records`` sign what is stored, the others
    what stands in URLs."""

    links: LinkSigner
    uploads: UploadSigner
    uppy: UppySigner
    scoped_credentials: ScopedCredentials | None
    upload_ids: SignedTokens
    uppy_ids: SignedTokens
    cursors: SignedTokens
    share_tokens: SignedTokens
    share_records: SignedTokens
    request_tokens: SignedTokens
    request_uploads: SignedTokens
    request_records: SignedTokens
    copy_marks: CopyMarks
    actors: ActorMarks
    share_base_url: str
    cookie_domain: str


def build_signing(settings: Settings, bulkhead: Bulkhead) -> Signing:
    presigner = Presigner(credentials_source(settings), settings.s3_region)
    _, public = addresses(settings)
    lives = {
        "url_seconds": settings.upload_url_ttl_seconds,
        "part_url_seconds": settings.part_url_ttl_seconds,
    }
    links = LinkSigner(
        presigner,
        public,
        default_seconds=settings.link_ttl_seconds,
        cloudfront=cloudfront_signer(settings),
    )
    share_life = settings.share_max_ttl_seconds
    request_life = settings.request_max_ttl_seconds + int(GRACE.total_seconds())
    return Signing(
        links=links,
        uploads=UploadSigner(presigner, public, **lives),
        uppy=UppySigner(presigner, public, **lives),
        scoped_credentials=scoped_credentials(settings, bulkhead),
        upload_ids=signed_tokens(settings, "upload", UPLOAD_LIFE_SECONDS),
        uppy_ids=signed_tokens(settings, "uppy", UPLOAD_LIFE_SECONDS),
        cursors=signed_tokens(settings, "cursor", CURSOR_LIFE_SECONDS),
        share_tokens=signed_tokens(settings, "share", share_life),
        share_records=signed_tokens(settings, "share-record", share_life),
        request_tokens=signed_tokens(settings, "request", request_life),
        request_uploads=signed_tokens(settings, "request-upload", UPLOAD_LIFE_SECONDS),
        request_records=signed_tokens(settings, "request-record", request_life),
        copy_marks=CopyMarks(secrets(settings)),
        actors=ActorMarks(secrets(settings)),
        share_base_url=settings.public_base_url.rstrip("/"),
        cookie_domain=settings.cloudfront_cookie_domain,
    )


def signed_tokens(settings: Settings, purpose: str, life_seconds: int) -> SignedTokens:
    """Tokens of one purpose, by the secret key and those that were it before."""
    return SignedTokens(secrets(settings), purpose, life_seconds)


def secrets(settings: Settings) -> list[str]:
    """The secret key, and those that were it before."""
    return [settings.secret_key, *settings.secret_key_fallbacks]


def static_keys(settings: Settings) -> Credentials | None:
    """The keys that are set, None for the AWS default chain."""
    if not settings.s3_access_key_id:
        return None
    return Credentials(
        settings.s3_access_key_id,
        settings.s3_secret_access_key,
        settings.s3_session_token or None,
    )


def credentials_source(settings: Settings) -> CredentialsSource:
    """Whoever signs asks it for each signature."""
    keys = static_keys(settings)
    return (lambda: keys) if keys else default_chain()


def addresses(settings: Settings) -> tuple[BucketAddress, BucketAddress]:
    """Where the gateway itself reaches the bucket, and where browsers do. Raises as
    ``bucket_address`` does."""
    inner = bucket_address(settings, "S3_ENDPOINT", settings.s3_endpoint)
    public = bucket_address(
        settings,
        "S3_PUBLIC_ENDPOINT",
        settings.s3_public_endpoint,
        accelerate=settings.s3_accelerate,
    )
    return inner, public


def bucket_address(
    settings: Settings, name: str, endpoint: str, *, accelerate: bool = False
) -> BucketAddress:
    """Where the bucket is reached by ``endpoint``, the value of the setting ``name``.

    Raises ``SettingsError`` for endpoints and styles that do not fit the bucket.
    """
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


def cloudfront_signer(settings: Settings) -> CloudFrontSigner | None:
    """The signer of CloudFront links, None without a distribution."""
    if not settings.cloudfront_domain:
        return None
    return CloudFrontSigner(
        settings.cloudfront_domain,
        settings.cloudfront_key_pair_id,
        settings.cloudfront_private_key,
        settings.cloudfront_hash,
    )


def scoped_credentials(settings: Settings, bulkhead: Bulkhead) -> ScopedCredentials | None:
    """What hands out temporary credentials; None unless a role is set."""
    if not settings.s3_upload_role_arn:
        return None
    return ScopedCredentials(
        sts_client(settings),
        settings.s3_upload_role_arn,
        settings.s3_bucket_name,
        settings.s3_region,
        bulkhead=bulkhead,
    )


def sts_client(settings: Settings) -> LazyClient:
    """boto3's client of STS."""
    return LazyClient(
        "sts",
        settings.aws_region,
        endpoint=settings.sts_endpoint,
        keys=static_keys(settings),
    )
