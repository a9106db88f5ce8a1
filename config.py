"""Settings: the one list of them. Read from the environment, checked as a whole, frozen.

Tests compare the documentation's table and ``.env.example`` with it. A field's name in capitals is
the variable's name.

How an environment becomes ``Settings`` is in ``config_reading.py``, how single texts are read in
``config_fields.py``, what settings demand of each other in ``config_rules.py``.

Over 200 lines because the list of settings is one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from marshmallow import Schema, fields, validate

import config_fields as read
from config_fields import BaseUrl, CommaSeparated, WholeNumbers
from config_reading import SettingsError as SettingsError
from config_reading import read_settings, setting

GIB = 1024**3
MIB = 1024**2
ONE_YEAR = 31_536_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set. Only the factory, ``services.build`` and ``cli`` see it."""

    cognito_user_pool_id: str = setting(
        fields.Str(validate=read.check_pool),
        "User pool whose tokens are accepted",
        default="required without `OIDC_ISSUER`",
    )
    cognito_client_id: tuple[str, ...] = setting(
        CommaSeparated(fields.Str(validate=read.check_client_id), validate=validate.Length(min=1)),
        "App client IDs whose tokens are accepted, comma-separated",
        default="required without `OIDC_ISSUER`",
    )
    aws_region: str = setting(
        fields.Str(validate=read.check_region), "Region of the user pool, the event queue and STS"
    )
    s3_bucket_name: str = setting(fields.Str(validate=read.check_bucket), "Name of the bucket")
    s3_region: str = setting(
        fields.Str(validate=read.check_region),
        "Region of the bucket",
        default="same as `AWS_REGION`",
    )
    s3_access_key_id: str = setting(
        fields.Str(validate=read.check_access_key_id),
        "Access key ID. Leave both keys out to use the AWS default credential chain (IAM roles)",
        default="",
    )
    s3_secret_access_key: str = setting(
        fields.Str(validate=read.check_secret_access_key),
        "Secret access key",
        default="",
        secret=True,
    )
    s3_session_token: str = setting(
        fields.Str(validate=read.check_session_token),
        "Session token, if the keys above are temporary",
        default="",
        secret=True,
    )
    s3_endpoint: str = setting(
        BaseUrl(),
        "URL of an S3-compatible store. Any AWS URL means the bucket's regional endpoint",
        default="",
    )
    s3_public_endpoint: str = setting(
        BaseUrl(),
        "URL of the store as browsers reach it, if different",
        default="same as `S3_ENDPOINT`",
    )
    s3_addressing_style: Literal["auto", "virtual", "path"] = setting(
        fields.Str(validate=validate.OneOf(["auto", "virtual", "path"])),
        "`virtual`, `path`, or `auto` (virtual on AWS, path elsewhere)",
        default="auto",
    )
    s3_accelerate: bool = setting(
        fields.Bool(), "Upload and download through S3 Transfer Acceleration", default=False
    )
    s3_post_policy: bool = setting(
        fields.Bool(),
        "Set to `false` for stores without POST policies (Cloudflare R2)",
        default=True,
    )
    s3_upload_role_arn: str = setting(
        fields.Str(validate=read.check_role_arn),
        "Role to assume for the temporary credentials of `/s3/sts` (docs/uppy.md)",
        default="",
    )
    sts_endpoint: str = setting(BaseUrl(), "URL of STS, if not AWS", default="")
    cognito_issuer: str = setting(
        BaseUrl(),
        "Expected `iss` claim of tokens",
        default="derived from region and pool",
    )
    cognito_jwks_url: str = setting(
        fields.Str(validate=read.check_url),
        "URL of the signing keys (JWKS)",
        default="derived from the issuer",
    )
    cognito_token_use: Literal["access", "id", "any"] = setting(
        fields.Str(validate=validate.OneOf(["access", "id", "any"])),
        "Kind of token to accept: `access`, `id` or `any`",
        default="access",
    )
    cognito_required_scopes: str = setting(
        fields.Str(validate=read.check_scopes),
        "Scopes a token must have, space-separated",
        default="",
    )
    cognito_audience: tuple[str, ...] = setting(
        CommaSeparated(fields.Str(validate=read.check_audience)),
        "Resource identifiers, comma-separated. An access token that has `aud` must name one",
        default=(),
    )
    cognito_replica_regions: tuple[str, ...] = setting(
        CommaSeparated(fields.Str(validate=read.check_region)),
        "Further regions of a replicated pool, comma-separated, whose issuer tokens may name",
        default=(),
    )
    oidc_issuer: str = setting(
        BaseUrl(),
        "Issuer of another OpenID Connect provider instead of Cognito (docs/providers.md)",
        default="",
    )
    oidc_audience: tuple[str, ...] = setting(
        CommaSeparated(fields.Str(validate=read.check_audience)),
        "Accepted values of `aud`, comma-separated. Required with `OIDC_ISSUER`",
        default=(),
    )
    oidc_jwks_url: str = setting(
        fields.Str(validate=read.check_url),
        "URL of the provider's signing keys (JWKS), if not by discovery",
        default="",
    )
    oidc_groups_claim: str = setting(
        fields.Str(validate=read.check_claim),
        "Claim with the user's groups. Dots lead into objects: `realm_access.roles`",
        default="groups",
    )
    oidc_client_claim: str = setting(
        fields.Str(validate=read.check_claim),
        "Claim with the client's ID",
        default="azp",
    )
    service_scope: str = setting(
        fields.Str(validate=read.check_scope),
        "Scope of back ends, whose own tokens then act for the user that `X-Act-As-Sub` names "
        "(docs/backends.md)",
        default="",
    )
    secret_key: str = setting(
        fields.Str(validate=read.check_secret_key),
        "Signs upload IDs, cursors and share links. At least 32 characters",
        secret=True,
    )
    secret_key_fallbacks: tuple[str, ...] = setting(
        CommaSeparated(fields.Str(validate=read.check_secret_key)),
        "Previous secret keys, comma-separated. Still accepted, no longer used for signing",
        default=(),
        secret=True,
    )
    cors_origins: tuple[str, ...] = setting(
        CommaSeparated(fields.Str(validate=read.check_origin)),
        "Exact origins allowed by CORS, comma-separated",
        default=(),
    )
    cloudfront_domain: str = setting(
        fields.Str(validate=read.check_cdn),
        "Domain of the CloudFront distribution, or the base URL of a local stand-in",
        default="",
    )
    cloudfront_key_pair_id: str = setting(
        fields.Str(validate=read.check_cloudfront_id),
        "ID of the public key in the key group",
        default="",
    )
    cloudfront_private_key: str = setting(
        fields.Str(validate=read.check_signing_key),
        "Private key in PEM (RSA 2048 or EC P-256). Line breaks may be written as `\\n`",
        default="",
        secret=True,
    )
    cloudfront_hash: Literal["sha256", "sha1"] = setting(
        fields.Str(validate=validate.OneOf(["sha256", "sha1"])),
        "Hash used in signatures. `sha1` is for legacy distributions",
        default="sha256",
    )
    cloudfront_cookie_domain: str = setting(
        fields.Str(validate=read.check_cookie_domain),
        "Parent domain of both the gateway and CloudFront. Set it for playback with signed cookies",
        default="",
    )
    cloudfront_distribution_id: str = setting(
        fields.Str(validate=read.check_cloudfront_id),
        "ID of the distribution. Set it to invalidate cached copies of deleted assets",
        default="",
    )
    upload_url_ttl_seconds: int = setting(
        read.Number(validate=read.check_lifetime), "Lifetime of an upload URL", default=900
    )
    part_url_ttl_seconds: int = setting(
        read.Number(validate=read.check_lifetime), "Lifetime of the URL of one part", default=3600
    )
    multipart_threshold_bytes: int = setting(
        read.Number(validate=validate.Range(1, 5 * GIB)),
        "Larger files are uploaded in parts when `method` is `auto`",
        default=16 * MIB,
    )
    part_size_bytes: int = setting(
        read.Number(validate=validate.Range(5 * MIB, 5 * GIB)),
        "Size of a part. Grows if a file would need more than 1,000 parts",
        default=8 * MIB,
    )
    max_live_uploads: int = setting(
        read.Number(validate=validate.Range(1, 999)),
        "Maximum number of unfinished multipart uploads per user",
        default=100,
    )
    link_ttl_seconds: int = setting(
        read.Number(validate=read.check_lifetime),
        "Default lifetime of a link",
        default=3600,
    )
    share_max_ttl_seconds: int = setting(
        read.Number(validate=validate.Range(1, ONE_YEAR)),
        "Maximum and default lifetime of a share",
        default=2_592_000,
    )
    public_base_url: str = setting(
        BaseUrl(),
        "Public URL of the gateway. Without it, the `url` of a share is only a path",
        default="",
    )
    share_page_url: str = setting(
        fields.Str(validate=read.check_page_url),
        "Page of the front end that shows what is shared (docs/shares.md). Packages need it",
        default="",
    )
    request_max_ttl_seconds: int = setting(
        read.Number(validate=validate.Range(1, ONE_YEAR)),
        "Maximum and default lifetime of an upload request",
        default=604_800,
    )
    request_page_url: str = setting(
        fields.Str(validate=read.check_page_url),
        "Page of the front end that takes files for an upload request (docs/requests.md)",
        default="",
    )
    expiry_days: tuple[int, ...] = setting(
        WholeNumbers(read.Number(validate=validate.Range(1, 3650))),
        "Days after which the bucket's lifecycle rules remove temporary files, comma-separated "
        "(docs/api.md)",
        default=(),
    )
    max_bytes_audio: int = setting(
        read.Number(validate=read.check_positive), "Maximum size of an audio file", default=2 * GIB
    )
    max_bytes_image: int = setting(
        read.Number(validate=read.check_positive), "Maximum size of an image", default=50 * MIB
    )
    max_bytes_frame: int = setting(
        read.Number(validate=read.check_positive), "Maximum size of a frame", default=50 * MIB
    )
    max_bytes_video: int = setting(
        read.Number(validate=read.check_positive), "Maximum size of a video", default=50 * GIB
    )
    max_bytes_brand_kit: int = setting(
        read.Number(validate=read.check_positive),
        "Maximum size of a brand kit file",
        default=100 * MIB,
    )
    quota_bytes: int = setting(
        read.Number(validate=validate.Range(0)),
        "Storage quota per user, unfinished uploads included. `0` means no quota",
        default=0,
    )
    quota_bytes_by_group: Mapping[str, int] = setting(
        fields.Dict(fields.Str(), read.Number(validate=validate.Range(0))),
        "Quota for members of a group. Write the group's name in capitals, with `_` "
        "for other characters. With several groups, the largest value applies",
        default=MappingProxyType({}),
        family="QUOTA_BYTES_",
    )
    rate_limit: str = setting(
        fields.Str(validate=read.check_rate), "Maximum request rate per user", default="600/minute"
    )
    rate_limit_signing: str = setting(
        fields.Str(validate=read.check_rate),
        "Maximum request rate per user for signing links and parts, and for `/s3/`",
        default="6000/minute",
    )
    redis_url: str = setting(
        fields.Str(validate=read.check_redis_url),
        "Redis that holds rate limits, quota reservations and usage for all processes. "
        "Without it, each process counts on its own",
        default="",
        secret=True,
    )
    admin_group: str = setting(
        fields.Str(validate=read.check_group),
        "Group whose members may act for other users with `X-Act-As-Sub`",
        default="",
    )
    cognito_endpoint: str = setting(
        BaseUrl(),
        "URL of the Cognito API, if not AWS",
        default="",
    )
    events_queue_url: str = setting(
        fields.Str(validate=read.check_queue_url),
        "SQS queue that receives the bucket's events, read by `flask events`",
        default="",
    )
    sqs_endpoint: str = setting(BaseUrl(), "URL of SQS, if not AWS", default="")
    webhook_url: str = setting(
        fields.Str(validate=read.check_webhook_url),
        "URL to send webhooks to (docs/webhooks.md)",
        default="",
        secret=True,
    )
    webhook_secret: str = setting(
        fields.Str(validate=read.check_webhook_secrets),
        "Signs webhooks. Several secrets, space-separated, during rotation",
        default="",
        secret=True,
    )
    webhook_types: tuple[str, ...] = setting(
        CommaSeparated(fields.Str(validate=read.check_event_type)),
        "Events to send, comma-separated, of `asset.created`, `asset.rejected`, `asset.deleted`. "
        "Empty means all",
        default=(),
    )
    webhook_urls: Mapping[str, str] = setting(
        fields.Dict(
            fields.Str(validate=read.check_receiver), fields.Str(validate=read.check_webhook_url)
        ),
        "URL of a further receiver, which gets webhooks of its own (docs/webhooks.md)",
        default=MappingProxyType({}),
        secret=True,
        family="WEBHOOK_URL_",
        member="NAME",
    )
    webhook_secrets: Mapping[str, str] = setting(
        fields.Dict(fields.Str(), fields.Str(validate=read.check_webhook_secrets)),
        "Signs that receiver's webhooks. Required with its URL",
        default=MappingProxyType({}),
        secret=True,
        family="WEBHOOK_SECRET_",
        member="NAME",
    )
    webhook_types_by_name: Mapping[str, tuple[str, ...]] = setting(
        fields.Dict(fields.Str(), CommaSeparated(fields.Str(validate=read.check_event_type))),
        "Events to send to that receiver. Empty means all",
        default=MappingProxyType({}),
        family="WEBHOOK_TYPES_",
        member="NAME",
    )
    metrics_token: str = setting(
        fields.Str(validate=read.check_token),
        "Bearer token for `/metrics`. Without it, only loopback may read them",
        default="",
        secret=True,
    )
    sentry_dsn: str = setting(
        fields.Str(validate=read.check_sentry_dsn),
        "Sentry DSN for crash reports, which hold no bodies, headers or secrets (docs/watch.md)",
        default="",
        secret=True,
    )
    log_level: str = setting(
        fields.Str(validate=validate.OneOf(["DEBUG", "INFO", "WARNING", "ERROR"])),
        "Log level: `DEBUG`, `INFO`, `WARNING` or `ERROR`",
        default="INFO",
    )
    trusted_proxies: int = setting(
        read.Number(validate=validate.Range(0, 10)),
        "Number of proxies in front of the gateway that append to `X-Forwarded-For`",
        default=0,
    )
    port: int = setting(
        read.Number(validate=validate.Range(1, 65535)), "Port to listen on", default=8000
    )
    web_concurrency: int = setting(
        read.Number(validate=read.check_positive),
        "Number of gunicorn worker processes",
        default="number of cores",
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read ``environ`` (the process's by default), whole or not at all.

        Raises ``SettingsError``, which names every faulty variable.
        """
        return cls(**read_settings(SCHEMA, dataclasses.fields(cls), environ))


SCHEMA: Schema = Schema.from_dict(
    {item.name.upper(): item.metadata["reader"] for item in dataclasses.fields(Settings)}
)()
