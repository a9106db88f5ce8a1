"""What no single setting shows: faults between settings, and defaults that follow from others.

``values`` are read settings by their variables' names; faulty and missing ones are not among them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import Any
from urllib.parse import urlsplit

_CLOUDFRONT = ("CLOUDFRONT_DOMAIN", "CLOUDFRONT_KEY_PAIR_ID", "CLOUDFRONT_PRIVATE_KEY")
_NEEDING_CLOUDFRONT = ("CLOUDFRONT_COOKIE_DOMAIN", "CLOUDFRONT_DISTRIBUTION_ID")
_NEEDING_OIDC = ("OIDC_AUDIENCE", "OIDC_JWKS_URL", "OIDC_GROUPS_CLAIM", "OIDC_CLIENT_CLAIM")
_POOL = ("COGNITO_USER_POOL_ID", "COGNITO_CLIENT_ID")
#: If the first is set, the second is required.
_TOGETHER = (
    ("S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"),
    ("S3_SECRET_ACCESS_KEY", "S3_ACCESS_KEY_ID"),
    ("S3_SESSION_TOKEN", "S3_ACCESS_KEY_ID"),
    ("WEBHOOK_URL", "WEBHOOK_SECRET"),
    ("WEBHOOK_SECRET", "WEBHOOK_URL"),
    ("WEBHOOK_TYPES", "WEBHOOK_URL"),
    ("OIDC_ISSUER", "OIDC_AUDIENCE"),
    *((name, "OIDC_ISSUER") for name in _NEEDING_OIDC),
    *permutations(_CLOUDFRONT, 2),
    *((name, "CLOUDFRONT_DOMAIN") for name in _NEEDING_CLOUDFRONT),
)


def faults_between(values: Mapping[str, Any]) -> dict[str, str]:
    """Faults by the name of the setting to change."""
    faults = {}
    for one, other in _TOGETHER:
        if values.get(one) and not values.get(other):
            faults[other] = f"is required when {one} is set"
    for rule in (
        _provider,
        _identity,
        _storage,
        _upload_role,
        _queue,
        _receivers,
        _edge,
        _public_pages,
    ):
        faults |= dict(rule(values))
    return faults


def derived(values: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults that follow from other settings."""
    from app.domain.partitions import regional_host

    region, pool_id = values["AWS_REGION"], values.get("COGNITO_USER_POOL_ID", "")
    pool = f"https://{regional_host('cognito-idp', region)}/{pool_id}" if pool_id else ""
    issuer = values.get("COGNITO_ISSUER", pool)
    return {
        "COGNITO_USER_POOL_ID": "",
        "COGNITO_CLIENT_ID": (),
        "S3_REGION": region,
        "S3_PUBLIC_ENDPOINT": values.get("S3_ENDPOINT", ""),
        "COGNITO_ISSUER": issuer,
        "COGNITO_JWKS_URL": f"{issuer}/.well-known/jwks.json" if issuer else "",
        "WEB_CONCURRENCY": os.cpu_count() or 1,
    }


def _provider(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """One provider: with two, a user of one could be taken for a user of the other (T60)."""
    if not values.get("OIDC_ISSUER"):
        yield from ((name, "is required") for name in _POOL if not values.get(name))
        return
    for name in values:
        if name.startswith("COGNITO_"):
            yield name, "is not for a provider that OIDC_ISSUER names; leave one of them out"


def _identity(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    pool, region = values.get("COGNITO_USER_POOL_ID"), values.get("AWS_REGION")
    own_issuer = values.get("COGNITO_ISSUER")
    if pool and region and not own_issuer and pool.partition("_")[0] != region:
        yield (
            "AWS_REGION",
            "must be the region that COGNITO_USER_POOL_ID begins with, or COGNITO_ISSUER be set",
        )
    if values.get("COGNITO_TOKEN_USE") == "id":
        how = "ID tokens have no scopes; set COGNITO_TOKEN_USE=access"
        if values.get("COGNITO_REQUIRED_SCOPES"):
            yield "COGNITO_REQUIRED_SCOPES", f"would refuse every token: {how}"
        if values.get("SERVICE_SCOPE"):
            yield "SERVICE_SCOPE", f"would be in no token: {how}"


def _storage(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    elsewhere = values.get("S3_ENDPOINT") or values.get("S3_PUBLIC_ENDPOINT")
    if values.get("S3_ACCELERATE") and elsewhere:
        yield (
            "S3_ACCELERATE",
            "works on AWS alone; leave S3_ENDPOINT and S3_PUBLIC_ENDPOINT out",
        )


def _upload_role(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    from app.domain.partitions import partition_of

    role, region = values.get("S3_UPLOAD_ROLE_ARN"), values.get("AWS_REGION")
    if not role:
        return
    quota = values.get("QUOTA_BYTES") or values.get("QUOTA_BYTES_BY_GROUP")
    if quota and not values.get("EVENTS_QUEUE_URL"):
        yield (
            "S3_UPLOAD_ROLE_ARN",
            "lets callers upload past their quota unless EVENTS_QUEUE_URL is set as well",
        )
    # Without an address of its own STS is AWS's, where a role is named in full.
    if region and not values.get("STS_ENDPOINT"):
        partition = partition_of(region).name
        if not re.match(rf"arn:{partition}:iam::\d{{12}}:", role):
            yield (
                "S3_UPLOAD_ROLE_ARN",
                f"must be arn:{partition}:iam::<12 digits>:role/<name>, unless STS_ENDPOINT names "
                "another store's STS",
            )


def _queue(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    from app.domain.partitions import DNS_SUFFIXES

    region, url = values.get("AWS_REGION"), values.get("EVENTS_QUEUE_URL")
    if not region or not url or values.get("SQS_ENDPOINT"):
        return
    host = urlsplit(url).hostname or ""
    of_aws = re.fullmatch(r"(?:sqs|queue)\.([a-z0-9-]+)\.(.+)", host)
    if of_aws and of_aws[2] in DNS_SUFFIXES and of_aws[1] != region:
        yield "EVENTS_QUEUE_URL", "must be a queue in AWS_REGION, for which requests are signed"


def _receivers(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each further receiver has an address and a secret of its own."""
    urls = values.get("WEBHOOK_URLS") or {}
    secrets = values.get("WEBHOOK_SECRETS") or {}
    for name in urls.keys() - secrets.keys():
        yield f"WEBHOOK_SECRET_{name}", f"is required when WEBHOOK_URL_{name} is set"
    for setting, named in (("SECRET", secrets), ("TYPES", values.get("WEBHOOK_TYPES_BY_NAME"))):
        for name in (named or {}).keys() - urls.keys():
            needed = f"WEBHOOK_URL_{name}"
            yield needed, f"is required when WEBHOOK_{setting}_{name} is set"


def _edge(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    shared, edge = values.get("CLOUDFRONT_COOKIE_DOMAIN"), values.get("CLOUDFRONT_DOMAIN", "")
    host = urlsplit(edge if "://" in edge else f"//{edge}").hostname or ""
    if shared and host and f".{host}".removesuffix(f".{shared}") == f".{host}":
        yield "CLOUDFRONT_COOKIE_DOMAIN", "must be CLOUDFRONT_DOMAIN or a domain above it"


def _public_pages(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The pages read what they show from the gateway, which lets known origins read."""
    origins = values.get("CORS_ORIGINS")
    for name in ("SHARE_PAGE_URL", "REQUEST_PAGE_URL"):
        page = values.get(name)
        if not origins or not page:
            continue
        if _origin_of(page) not in {*origins, _origin_of(values.get("PUBLIC_BASE_URL") or "")}:
            yield name, "is a page whose origin has to be in CORS_ORIGINS"


_RULES = (
    *(_provider, _identity, _storage, _upload_role),
    *(_queue, _receivers, _edge, _public_pages),
)


def _origin_of(url: str) -> str:
    """The origin of an http or https address, as browsers write it: no default port."""
    parts = urlsplit(url)
    port = "" if parts.port in (None, {"http": 80, "https": 443}.get(parts.scheme)) else parts.port
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")
