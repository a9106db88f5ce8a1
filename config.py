"""Settings: read from the environment, checked as a whole, frozen.

``Settings`` is the one list of settings; tests compare the documentation's table and
``.env.example`` with it. A field's name in capitals is the variable's name. All faults are reported
at once, by name and without values, because a value may be a secret.

Longer than other modules, as the list is. How texts are read is in ``config_fields.py``, what
settings demand of each other in ``config_rules.py``.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from marshmallow import Schema, ValidationError, fields, validate

import config_fields as read
from config_fields import BaseUrl, CommaSeparated
from config_rules import derived, faults_between

GIB = 1024**3
MIB = 1024**2
ONE_YEAR = 31_536_000


class SettingsError(Exception):
    """The environment does not make a valid configuration.

    ``faults`` maps a variable's name to what is wrong with it.
    """

    def __init__(self, faults: Mapping[str, str]) -> None:
        self.faults = dict(sorted(faults.items()))
        lines = "".join(f"\n  {name}: {fault}" for name, fault in self.faults.items())
        super().__init__(f"{len(faults)} fault(s) in the environment:{lines}")


def setting(
    reader: fields.Field[Any],
    doc: str,
    *,
    default: Any = ...,
    secret: bool = False,
    family: str = "",
) -> Any:
    """A field of ``Settings``: how it is read, what it is for; without a default it is required.

    A default in words (of a setting that is not text) is worked out by ``config_rules.derived``.
    ``family`` is the common beginning of variables that are one setting together, by the rest of
    their names.
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
        fields.Str(validate=read.check_pool), "The user pool whose tokens are accepted"
    )
    cognito_client_id: tuple[str, ...] = setting(
        CommaSeparated(fields.Str(validate=read.check_client_id), validate=validate.Length(min=1)),
        "App client ids whose tokens are accepted, comma-separated",
    )
    aws_region: str = setting(
        fields.Str(validate=read.check_region), "Region of the user pool, the queue and STS"
    )
    s3_bucket_name: str = setting(fields.Str(validate=read.check_bucket), "The bucket")
    s3_region: str = setting(
        fields.Str(validate=read.check_region), "Region of the bucket", default="as `AWS_REGION`"
    )
    s3_access_key_id: str = setting(
        fields.Str(validate=read.check_access_key_id),
        "Access key; left out together with its secret, the AWS default chain (IAM roles) is used",
        default="",
    )
    s3_secret_access_key: str = setting(
        fields.Str(validate=read.check_secret_access_key), "Its secret", default="", secret=True
    )
    s3_session_token: str = setting(
        fields.Str(validate=read.check_session_token),
        "With static temporary keys",
        default="",
        secret=True,
    )
    s3_endpoint: str = setting(
        BaseUrl(),
        "Address of an S3-compatible store; an AWS address means the bucket's regional endpoint",
        default="",
    )
    s3_public_endpoint: str = setting(
        BaseUrl(),
        "The address that browsers see, when it differs",
        default="as `S3_ENDPOINT`",
    )
    s3_addressing_style: Literal["auto", "virtual", "path"] = setting(
        fields.Str(validate=validate.OneOf(["auto", "virtual", "path"])),
        "`virtual`, `path`, or `auto`: virtual on AWS, path elsewhere",
        default="auto",
    )
    s3_accelerate: bool = setting(
        fields.Bool(), "Browsers use S3 Transfer Acceleration", default=False
    )
    s3_post_policy: bool = setting(
        fields.Bool(), "`false` for stores without POST policies (Cloudflare R2)", default=True
    )
    s3_upload_role_arn: str = setting(
        fields.Str(validate=read.check_role_arn),
        "Role of the temporary credentials that `/s3/sts` gives out (docs/uppy.md)",
        default="",
    )
    sts_endpoint: str = setting(BaseUrl(), "Address of STS, when it is not AWS's", default="")
    cognito_issuer: str = setting(
        BaseUrl(),
        "Expected `iss` of tokens",
        default="from region and pool",
    )
    cognito_jwks_url: str = setting(
        fields.Str(validate=read.check_url),
        "Where the signing keys are",
        default="below the issuer",
    )
    cognito_token_use: Literal["access", "id", "any"] = setting(
        fields.Str(validate=validate.OneOf(["access", "id", "any"])),
        "Which tokens are accepted: `access`, `id` or `any`",
        default="access",
    )
    cognito_required_scopes: str = setting(
        fields.Str(validate=read.check_scopes),
        "Scopes that a token must have, space-separated",
        default="",
    )
    secret_key: str = setting(
        fields.Str(validate=read.check_secret_key),
        "Signs upload ids, cursors and share links; at least 32 characters",
        secret=True,
    )
    secret_key_fallbacks: tuple[str, ...] = setting(
        CommaSeparated(fields.Str(validate=read.check_secret_key)),
        "Former secret keys, comma-separated: still accepted, no longer used to sign",
        default=(),
        secret=True,
    )
    cors_origins: tuple[str, ...] = setting(
        CommaSeparated(fields.Str(validate=read.check_origin)),
        "Exact origins of the front ends, comma-separated",
        default=(),
    )
    cloudfront_domain: str = setting(
        fields.Str(validate=read.check_cdn),
        "Domain of the CloudFront distribution; a base URL for a local edge",
        default="",
    )
    cloudfront_key_pair_id: str = setting(
        fields.Str(validate=read.check_cloudfront_id),
        "Id of the public key in its key group",
        default="",
    )
    cloudfront_private_key: str = setting(
        fields.Str(validate=read.check_signing_key),
        "Its private key in PEM, RSA 2048 or EC P-256; line breaks may be written `\\n`",
        default="",
        secret=True,
    )
    cloudfront_hash: Literal["sha256", "sha1"] = setting(
        fields.Str(validate=validate.OneOf(["sha256", "sha1"])),
        "Hash of the signatures; `sha1` for old distributions",
        default="sha256",
    )
    cloudfront_cookie_domain: str = setting(
        fields.Str(validate=read.check_cookie_domain),
        "Domain that the gateway and CloudFront share: playback then sets signed cookies for it",
        default="",
    )
    cloudfront_distribution_id: str = setting(
        fields.Str(validate=read.check_cloudfront_id),
        "Distribution whose caches are told of deletions",
        default="",
    )
    upload_url_ttl_seconds: int = setting(
        fields.Int(validate=read.check_lifetime), "Life of an upload URL", default=900
    )
    part_url_ttl_seconds: int = setting(
        fields.Int(validate=read.check_lifetime), "Life of a part's URL", default=3600
    )
    multipart_threshold_bytes: int = setting(
        fields.Int(validate=validate.Range(1, 5 * GIB)),
        "Largest file that `auto` sends in one request",
        default=64 * MIB,
    )
    part_size_bytes: int = setting(
        fields.Int(validate=validate.Range(5 * MIB, 5 * GIB)),
        "Size of a part; grows by itself past 10,000 parts",
        default=16 * MIB,
    )
    max_live_uploads: int = setting(
        fields.Int(validate=validate.Range(1, 999)),
        "Unfinished multipart uploads per user",
        default=100,
    )
    link_ttl_seconds: int = setting(
        fields.Int(validate=read.check_lifetime),
        "Life of a link, unless the request asks for another",
        default=3600,
    )
    share_max_ttl_seconds: int = setting(
        fields.Int(validate=validate.Range(1, ONE_YEAR)),
        "Longest life of a share, and its life unless the request asks for another",
        default=2_592_000,
    )
    public_base_url: str = setting(
        BaseUrl(),
        "The gateway's own address, for the links of shares; without it they are paths",
        default="",
    )
    max_bytes_audio: int = setting(
        fields.Int(validate=read.check_positive), "Largest audio file", default=2 * GIB
    )
    max_bytes_image: int = setting(
        fields.Int(validate=read.check_positive), "Largest image", default=50 * MIB
    )
    max_bytes_frame: int = setting(
        fields.Int(validate=read.check_positive), "Largest frame", default=50 * MIB
    )
    max_bytes_video: int = setting(
        fields.Int(validate=read.check_positive), "Largest video", default=50 * GIB
    )
    max_bytes_brand_kit: int = setting(
        fields.Int(validate=read.check_positive), "Largest brand kit file", default=100 * MIB
    )
    quota_bytes: int = setting(
        fields.Int(validate=validate.Range(0)),
        "Storage of a user, reservations of unfinished uploads included; `0`: no quota",
        default=0,
    )
    quota_bytes_by_group: Mapping[str, int] = setting(
        fields.Dict(fields.Str(), fields.Int(validate=validate.Range(0))),
        "The same for a Cognito group, whose value wins; name in capitals, other characters `_`; "
        "of several groups the largest",
        default=MappingProxyType({}),
        family="QUOTA_BYTES_",
    )
    rate_limit: str = setting(
        fields.Str(validate=read.check_rate), "Requests of a user", default="600/minute"
    )
    rate_limit_signing: str = setting(
        fields.Str(validate=read.check_rate),
        "Requests of a user to the signing routes: links, parts, `/s3/`",
        default="6000/minute",
    )
    redis_url: str = setting(
        fields.Str(validate=read.check_redis_url),
        "Shares rate limits, quota reservations and usage between processes; without it each "
        "counts for itself",
        default="",
        secret=True,
    )
    admin_group: str = setting(
        fields.Str(validate=read.check_group),
        "Cognito group whose members may act for other users by `X-Act-As-Sub`",
        default="",
    )
    cognito_endpoint: str = setting(
        BaseUrl(),
        "Address of Cognito's API, when it is not AWS's",
        default="",
    )
    events_queue_url: str = setting(
        fields.Str(validate=read.check_queue_url),
        "SQS queue of the bucket's events, which `flask events` reads",
        default="",
    )
    sqs_endpoint: str = setting(BaseUrl(), "Address of SQS, when it is not AWS's", default="")
    webhook_url: str = setting(
        fields.Str(validate=read.check_webhook_url),
        "Where a back end receives events (docs/webhooks.md)",
        default="",
        secret=True,
    )
    webhook_secret: str = setting(
        fields.Str(validate=read.check_webhook_secrets),
        "Signs webhooks; several, space-separated, while one is rotated",
        default="",
        secret=True,
    )
    metrics_token: str = setting(
        fields.Str(validate=read.check_token),
        "Bearer token of `/metrics`; without one, loopback only",
        default="",
        secret=True,
    )
    sentry_dsn: str = setting(
        fields.Str(validate=read.check_sentry_dsn),
        "Where crashes are reported to, without bodies, headers and secrets (docs/watch.md)",
        default="",
        secret=True,
    )
    log_level: str = setting(
        fields.Str(validate=validate.OneOf(["DEBUG", "INFO", "WARNING", "ERROR"])),
        "`DEBUG`, `INFO`, `WARNING` or `ERROR`",
        default="INFO",
    )
    trusted_proxies: int = setting(
        fields.Int(validate=validate.Range(0, 10)),
        "How many proxies before the gateway append to X-Forwarded-For",
        default=0,
    )
    port: int = setting(
        fields.Int(validate=validate.Range(1, 65535)), "Port that gunicorn binds", default=8000
    )
    web_concurrency: int = setting(
        fields.Int(validate=read.check_positive),
        "gunicorn's worker processes",
        default="the cores' number",
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
        faults = faults_between(values) | faults | _quoted(given)
        if faults:
            raise SettingsError(faults)
        return cls(**_complete(values))


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


def _quoted(given: Mapping[str, Any]) -> dict[str, str]:
    """Values that still have quotes around them, which no setting of ours begins and ends with."""
    flat = {name: text for name, text in given.items() if isinstance(text, str)}
    for beginning, name in _FAMILIES.items():
        flat |= {f"{beginning}{rest}": text for rest, text in given.get(name, {}).items()}
    return {
        name: "has quotes around its value; take them off"
        for name, text in flat.items()
        if read.is_quoted(text)
    }


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


def _complete(values: Mapping[str, Any]) -> dict[str, Any]:
    """Every field of ``Settings``: what was given, what follows from it, and the defaults."""
    known = {**derived(values), **values}
    return {
        item.name: known.get(item.name.upper(), item.metadata["default"])
        for item in dataclasses.fields(Settings)
    }


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
