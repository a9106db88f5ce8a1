"""Settings: read from the environment, checked as a whole, frozen.

``Settings`` is the one list of settings: a test compares docs/settings.md with it. A
field's name in capitals is the variable's name. All faults are reported at once, by name and
without values, because a value may be a secret.
"""

from __future__ import annotations

import base64
import dataclasses
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit

from marshmallow import Schema, ValidationError, fields, validate

GIB = 1024**3
MIB = 1024**2
ONE_YEAR = 31_536_000
SEVEN_DAYS = 604_800  # the longest life of a SigV4 query signature
_CLOUDFRONT = ("CLOUDFRONT_DOMAIN", "CLOUDFRONT_KEY_PAIR_ID", "CLOUDFRONT_PRIVATE_KEY")
_NEEDING_CLOUDFRONT = ("CLOUDFRONT_COOKIE_DOMAIN", "CLOUDFRONT_DISTRIBUTION_ID")


class SettingsError(Exception):
    """The environment does not make a valid configuration.

    ``faults`` maps a variable's name to what is wrong with it.
    """

    def __init__(self, faults: Mapping[str, str]) -> None:
        self.faults = dict(sorted(faults.items()))
        lines = "".join(f"\n  {name}: {fault}" for name, fault in self.faults.items())
        super().__init__(f"{len(faults)} fault(s) in the environment:{lines}")


class CommaSeparated(fields.List[str]):
    """``a, b`` as ``("a", "b")``; empty items are dropped."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        items = [item.strip() for item in value.split(",") if item.strip()]
        return tuple(super()._deserialize(items, *args, **kwargs))


def _rate(value: str) -> None:
    # Read by what will count by it.
    from app.limits.rates import parse_rate

    try:
        parse_rate(value)
    except ValueError:
        raise ValidationError("must be a rate such as 600/minute") from None


def _http_address(value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname or "", parts.port
        host.encode("idna")  # names of labels up to 63 letters long
    except ValueError:
        host = ""
    if not host or parts.scheme not in ("http", "https") or parts.fragment:
        raise ValidationError("must be an http or https address")
    if not host.isascii():
        raise ValidationError("must have its host's name in ASCII (xn--…)")
    return parts


def _absolute_url(value: str) -> None:
    if _http_address(value).query:
        raise ValidationError("must be an http or https address, without a query")


def _webhook_url(value: str) -> None:
    parts = _http_address(value)
    if parts.username is not None or parts.password is not None:
        raise ValidationError("holds a user name or password; webhooks are signed instead")


def _redis_url(value: str) -> None:
    if not re.match(r"(rediss?|unix)://\S+\Z", value):
        raise ValidationError("must be redis://, rediss:// or unix://")
    import redis

    try:
        pool = redis.ConnectionPool.from_url(value)
        # Nothing connects yet; but what it does not know in the query, it would say too late.
        pool.connection_class(**pool.connection_kwargs)
    except Exception as error:
        raise ValidationError(
            "is not an address that the Redis client takes: look at its port, and at the names in "
            "its query"
        ) from error


def _sentry_dsn(value: str) -> None:
    from sentry_sdk.utils import BadDsn, Dsn

    try:
        Dsn(value)
    except (BadDsn, ValueError) as error:
        raise ValidationError("must be a DSN as Sentry shows it") from error


def _webhook_secrets(value: str) -> None:
    for text in value.split():
        try:
            key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
        except ValueError:
            key = b""
        if not 24 <= len(key) <= 64:
            raise ValidationError(
                "must be 24 to 64 bytes in base64, with or without whsec_ before it; "
                "`openssl rand -base64 32` makes one"
            )


_origin = validate.Regexp(
    r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d+)?\Z",
    error="must be exact origins such as https://app.example.com; '*' and paths are refused",
)
_secret = validate.Length(
    min=32, error="must have at least 32 characters; `openssl rand -hex 32` makes one"
)
_bucket = validate.Regexp(
    r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z", error="must be a bucket's name (3 to 63 of a-z 0-9 . -)"
)
_region = validate.Regexp(r"[a-z]{2}[a-z0-9-]{2,30}\Z", error="must be a region like eu-west-1")
_pool = validate.Regexp(r"[\w-]+_[0-9a-zA-Z]+\Z", error="must be a pool id like eu-west-1_AbCdEf")
_role_arn = validate.Regexp(
    r"arn:[a-z-]+:iam::\d{12}:role/\S+\Z", error="must be arn:aws:iam::<account>:role/<name>"
)
_life = validate.Range(1, SEVEN_DAYS)
_positive = validate.Range(1)
_cdn = validate.Regexp(
    r"(https?://)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?/?\Z",
    error="must be a domain such as d111111abcdef8.cloudfront.net, without a path",
)
_cookie_domain = validate.Regexp(
    r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?\Z", error="must be a domain such as example.com"
)
_cloudfront_id = validate.Regexp(r"[A-Z0-9]{8,32}\Z", error="must be an id like K2JCJMDEHXQW5F")


def _signing_key(value: str) -> None:
    # Read by what will sign with it, so that no second opinion is kept here.
    from app.signing.cloudfront_keys import load_signing_key

    try:
        load_signing_key(value, "sha256")
    except ValueError as error:
        raise ValidationError(str(error)) from None


def setting(
    reader: fields.Field[Any],
    doc: str,
    *,
    default: Any = ...,
    secret: bool = False,
    family: str = "",
) -> Any:
    """A field of ``Settings``: how it is read, what it is for; without a default it is required.

    A default in words (of a setting that is not text) is worked out in ``_derived``. ``family`` is
    the common beginning of variables that are one setting together, by the rest of their names.
    """
    reader.required = default is ...
    reader.error_messages["required"] = "is required"
    return dataclasses.field(
        metadata={
            "reader": reader,
            "doc": doc,
            "default": default,
            "secret": secret,
            "family": family,
        },
        repr=not secret,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set. Only the factory, ``services.build`` and ``cli`` see it."""

    cognito_user_pool_id: str = setting(
        fields.Str(validate=_pool), "User pool whose tokens are accepted"
    )
    cognito_client_id: tuple[str, ...] = setting(
        CommaSeparated(fields.Str(), validate=validate.Length(min=1)),
        "App client IDs whose tokens are accepted, comma-separated",
    )
    aws_region: str = setting(
        fields.Str(validate=_region), "Region of the user pool, the event queue and STS"
    )
    s3_bucket_name: str = setting(fields.Str(validate=_bucket), "Name of the bucket")
    s3_region: str = setting(
        fields.Str(validate=_region), "Region of the bucket", default="same as `AWS_REGION`"
    )
    s3_access_key_id: str = setting(
        fields.Str(),
        "Access key ID. Leave both keys out to use the AWS default credential chain (IAM roles)",
        default="",
    )
    s3_secret_access_key: str = setting(fields.Str(), "Secret access key", default="", secret=True)
    s3_session_token: str = setting(
        fields.Str(), "Session token, if the keys above are temporary", default="", secret=True
    )
    s3_endpoint: str = setting(
        fields.Str(validate=_absolute_url),
        "URL of an S3-compatible store. Any AWS URL means the bucket's regional endpoint",
        default="",
    )
    s3_public_endpoint: str = setting(
        fields.Str(validate=_absolute_url),
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
        fields.Str(validate=_role_arn),
        "Role to assume for the temporary credentials of `/s3/sts` (docs/uppy.md)",
        default="",
    )
    sts_endpoint: str = setting(
        fields.Str(validate=_absolute_url), "URL of STS, if not AWS", default=""
    )
    cognito_issuer: str = setting(
        fields.Str(validate=_absolute_url),
        "Expected `iss` claim of tokens",
        default="derived from region and pool",
    )
    cognito_jwks_url: str = setting(
        fields.Str(validate=_absolute_url),
        "URL of the signing keys (JWKS)",
        default="derived from the issuer",
    )
    cognito_token_use: Literal["access", "id", "any"] = setting(
        fields.Str(validate=validate.OneOf(["access", "id", "any"])),
        "Kind of token to accept: `access`, `id` or `any`",
        default="access",
    )
    cognito_required_scopes: str = setting(
        fields.Str(), "Scopes a token must have, space-separated", default=""
    )
    secret_key: str = setting(
        fields.Str(validate=_secret),
        "Signs upload IDs, cursors and share links. At least 32 characters",
        secret=True,
    )
    secret_key_fallbacks: tuple[str, ...] = setting(
        CommaSeparated(fields.Str(validate=_secret)),
        "Previous secret keys, comma-separated. Still accepted, no longer used for signing",
        default=(),
        secret=True,
    )
    cors_origins: tuple[str, ...] = setting(
        CommaSeparated(fields.Str(validate=_origin)),
        "Exact origins allowed by CORS, comma-separated",
        default=(),
    )
    cloudfront_domain: str = setting(
        fields.Str(validate=_cdn),
        "Domain of the CloudFront distribution, or the base URL of a local stand-in",
        default="",
    )
    cloudfront_key_pair_id: str = setting(
        fields.Str(validate=_cloudfront_id), "ID of the public key in the key group", default=""
    )
    cloudfront_private_key: str = setting(
        fields.Str(validate=_signing_key),
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
        fields.Str(validate=_cookie_domain),
        "Parent domain of both the gateway and CloudFront. Set it for playback with signed cookies",
        default="",
    )
    cloudfront_distribution_id: str = setting(
        fields.Str(validate=_cloudfront_id),
        "ID of the distribution. Set it to invalidate cached copies of deleted assets",
        default="",
    )
    upload_url_ttl_seconds: int = setting(
        fields.Int(validate=_life), "Lifetime of an upload URL", default=900
    )
    part_url_ttl_seconds: int = setting(
        fields.Int(validate=_life), "Lifetime of the URL of one part", default=3600
    )
    multipart_threshold_bytes: int = setting(
        fields.Int(validate=validate.Range(1, 5 * GIB)),
        "Larger files are uploaded in parts when `method` is `auto`",
        default=64 * MIB,
    )
    part_size_bytes: int = setting(
        fields.Int(validate=validate.Range(5 * MIB, 5 * GIB)),
        "Size of a part. Grows if a file would need more than 10,000 parts",
        default=16 * MIB,
    )
    max_live_uploads: int = setting(
        fields.Int(validate=validate.Range(1, 999)),
        "Maximum number of unfinished multipart uploads per user",
        default=100,
    )
    link_ttl_seconds: int = setting(
        fields.Int(validate=_life),
        "Default lifetime of a link",
        default=3600,
    )
    share_max_ttl_seconds: int = setting(
        fields.Int(validate=validate.Range(1, ONE_YEAR)),
        "Maximum and default lifetime of a share",
        default=2_592_000,
    )
    public_base_url: str = setting(
        fields.Str(validate=_absolute_url),
        "Public URL of the gateway. Without it, the `url` of a share is only a path",
        default="",
    )
    max_bytes_audio: int = setting(
        fields.Int(validate=_positive), "Maximum size of an audio file", default=2 * GIB
    )
    max_bytes_image: int = setting(
        fields.Int(validate=_positive), "Maximum size of an image", default=50 * MIB
    )
    max_bytes_frame: int = setting(
        fields.Int(validate=_positive), "Maximum size of a frame", default=50 * MIB
    )
    max_bytes_video: int = setting(
        fields.Int(validate=_positive), "Maximum size of a video", default=50 * GIB
    )
    max_bytes_brand_kit: int = setting(
        fields.Int(validate=_positive), "Maximum size of a brand kit file", default=100 * MIB
    )
    quota_bytes: int = setting(
        fields.Int(validate=validate.Range(0)),
        "Storage quota per user, unfinished uploads included. `0` means no quota",
        default=0,
    )
    quota_bytes_by_group: Mapping[str, int] = setting(
        fields.Dict(fields.Str(), fields.Int(validate=validate.Range(0))),
        "Quota for members of a Cognito group. Write the group's name in capitals, with `_` for "
        "other characters. With several groups, the largest value applies",
        default=MappingProxyType({}),
        family="QUOTA_BYTES_",
    )
    rate_limit: str = setting(
        fields.Str(validate=_rate), "Maximum request rate per user", default="600/minute"
    )
    rate_limit_signing: str = setting(
        fields.Str(validate=_rate),
        "Maximum request rate per user for signing links and parts, and for `/s3/`",
        default="6000/minute",
    )
    redis_url: str = setting(
        fields.Str(validate=_redis_url),
        "Redis that holds rate limits, quota reservations and usage for all processes. Without it, "
        "each process counts on its own",
        default="",
        secret=True,
    )
    admin_group: str = setting(
        fields.Str(),
        "Cognito group whose members may act for other users with `X-Act-As-Sub`",
        default="",
    )
    cognito_endpoint: str = setting(
        fields.Str(validate=_absolute_url),
        "URL of the Cognito API, if not AWS",
        default="",
    )
    events_queue_url: str = setting(
        fields.Str(validate=_absolute_url),
        "SQS queue that receives the bucket's events, read by `flask events`",
        default="",
    )
    sqs_endpoint: str = setting(
        fields.Str(validate=_absolute_url), "URL of SQS, if not AWS", default=""
    )
    webhook_url: str = setting(
        fields.Str(validate=_webhook_url),
        "URL to send webhooks to (docs/webhooks.md)",
        default="",
        secret=True,
    )
    webhook_secret: str = setting(
        fields.Str(validate=_webhook_secrets),
        "Signs webhooks. Several secrets, space-separated, during rotation",
        default="",
        secret=True,
    )
    metrics_token: str = setting(
        fields.Str(),
        "Bearer token for `/metrics`. Without it, only loopback may read them",
        default="",
        secret=True,
    )
    sentry_dsn: str = setting(
        fields.Str(validate=_sentry_dsn),
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
        fields.Int(validate=validate.Range(0, 10)),
        "Number of proxies in front of the gateway that append to `X-Forwarded-For`",
        default=0,
    )
    port: int = setting(
        fields.Int(validate=validate.Range(1, 65535)), "Port to listen on", default=8000
    )
    web_concurrency: int = setting(
        fields.Int(validate=_positive),
        "Number of gunicorn worker processes",
        default="number of cores",
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read ``environ`` (the process's by default), whole or not at all.

        Raises ``SettingsError``, which names every faulty variable. An empty variable counts as
        left out, as deployment forms send it so.
        """
        given = _given(os.environ if environ is None else environ)
        faults: dict[str, str] = {}
        try:
            values = SCHEMA.load(given)
        except ValidationError as error:
            faults = _named(error.messages_dict)
            values = error.valid_data
        faults = _faults_between(values) | faults
        if faults:
            raise SettingsError(faults)
        return cls(**_derived({name.lower(): value for name, value in values.items()}))


def _given(environ: Mapping[str, str]) -> dict[str, Any]:
    """The variables that are settings, by the schema's names; families as one mapping each."""
    given: dict[str, Any] = {}
    for name, text in environ.items():
        if not text.strip():
            continue
        if name in SCHEMA.fields and name not in _FAMILIES.values():
            given[name] = text.strip()
            continue
        for beginning, setting_name in _FAMILIES.items():
            if name.startswith(beginning):
                given.setdefault(setting_name, {})[name.removeprefix(beginning)] = text.strip()
    return given


def _named(messages: Mapping[str, Any]) -> dict[str, str]:
    """Faults by the variable's name, in a family by that of each member."""
    faults: dict[str, str] = {}
    beginnings = {name: beginning for beginning, name in _FAMILIES.items()}
    for name, found in messages.items():
        if name in beginnings and isinstance(found, dict):
            faults |= {f"{beginnings[name]}{rest}": _sentence(each) for rest, each in found.items()}
        else:
            faults[name] = _sentence(found)
    return faults


def _faults_between(values: Mapping[str, Any]) -> dict[str, str]:
    """What no single setting shows, by the name of the setting to change."""
    faults = {}
    for one, other in (
        ("S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"),
        ("S3_SECRET_ACCESS_KEY", "S3_ACCESS_KEY_ID"),
        ("S3_SESSION_TOKEN", "S3_ACCESS_KEY_ID"),
        ("WEBHOOK_URL", "WEBHOOK_SECRET"),
        ("WEBHOOK_SECRET", "WEBHOOK_URL"),
        *permutations(_CLOUDFRONT, 2),
        *((name, "CLOUDFRONT_DOMAIN") for name in _NEEDING_CLOUDFRONT),
    ):
        if values.get(one) and not values.get(other):
            faults[other] = f"is required when {one} is set"
    elsewhere = values.get("S3_ENDPOINT") or values.get("S3_PUBLIC_ENDPOINT")
    if values.get("S3_ACCELERATE") and elsewhere:
        faults["S3_ACCELERATE"] = "works on AWS alone; leave S3_ENDPOINT and S3_PUBLIC_ENDPOINT out"
    quota = values.get("QUOTA_BYTES") or values.get("QUOTA_BYTES_BY_GROUP")
    if values.get("S3_UPLOAD_ROLE_ARN") and quota and not values.get("EVENTS_QUEUE_URL"):
        faults["S3_UPLOAD_ROLE_ARN"] = (
            "lets callers upload past their quota unless EVENTS_QUEUE_URL is set as well"
        )
    shared, edge = values.get("CLOUDFRONT_COOKIE_DOMAIN"), values.get("CLOUDFRONT_DOMAIN", "")
    host = urlsplit(edge if "://" in edge else f"//{edge}").hostname or ""
    if shared and host and f".{host}".removesuffix(f".{shared}") == f".{host}":
        faults["CLOUDFRONT_COOKIE_DOMAIN"] = "must be CLOUDFRONT_DOMAIN or a domain above it"
    return faults


def _derived(values: dict[str, Any]) -> dict[str, Any]:
    """Fill in the defaults: the plain ones, and those that follow from other settings."""
    issuer = "https://cognito-idp.{aws_region}.amazonaws.com/{cognito_user_pool_id}"
    values.setdefault("s3_region", values["aws_region"])
    values.setdefault("s3_public_endpoint", values.get("s3_endpoint", ""))
    values.setdefault("cognito_issuer", issuer.format(**values))
    values.setdefault("cognito_jwks_url", values["cognito_issuer"] + "/.well-known/jwks.json")
    values.setdefault("web_concurrency", os.cpu_count() or 1)
    for item in dataclasses.fields(Settings):
        values.setdefault(item.name, item.metadata["default"])
    return values


def _sentence(messages: Any) -> str:
    """Marshmallow's nested messages as one sentence."""
    if isinstance(messages, dict):
        return _sentence(list(messages.values()))
    if isinstance(messages, list):
        return " ".join(dict.fromkeys(_sentence(each) for each in messages))
    return str(messages)


SCHEMA: Schema = Schema.from_dict(
    {item.name.upper(): item.metadata["reader"] for item in dataclasses.fields(Settings)}
)()
_FAMILIES = {
    item.metadata["family"]: item.name.upper()
    for item in dataclasses.fields(Settings)
    if item.metadata["family"]
}
