"""All checks in order; a section whose settings are faulty is skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from app.cli.doctor.bucket import bucket_results
from app.cli.doctor.bucket_policy import bucket_policy_results
from app.cli.doctor.cors import cors_results
from app.cli.doctor.deployment import Deployment
from app.cli.doctor.edge import edge_results
from app.cli.doctor.identity import clock_results, identity_results
from app.cli.doctor.integrations import (
    gateway_results,
    redis_results,
    webhook_results,
)
from app.cli.doctor.lifecycle import lifecycle_results
from app.cli.doctor.manual import manual_results
from app.cli.doctor.queue import queue_results
from app.cli.doctor.reading import Environment
from app.cli.doctor.results import Check, Result
from app.cli.doctor.storage import storage_results

_POOL = (
    *("AWS_REGION", "COGNITO_USER_POOL_ID", "COGNITO_CLIENT_ID", "COGNITO_ISSUER"),
    *("OIDC_ISSUER", "OIDC_AUDIENCE"),
)
_BUCKET = ("S3_BUCKET_NAME", "S3_REGION", "AWS_REGION", "S3_ENDPOINT", "S3_PUBLIC_ENDPOINT")
_KEYS = ("S3_ACCESS_KEY_ID",)


@dataclass(frozen=True, slots=True)
class Section:
    """Checks that belong together, and the settings that they cannot do without."""

    name: str
    needs: tuple[str, ...]
    results: Callable[[Deployment], Iterable[Result]]


def sections(*, writes: bool) -> tuple[Section, ...]:
    """Every section; without ``writes`` nothing is written to the bucket, not even briefly."""
    return (
        Section("identity", (*_POOL, "COGNITO_JWKS_URL"), identity_results),
        Section(
            "storage",
            (*_BUCKET, *_KEYS),
            lambda deployment: storage_results(deployment, writes=writes),
        ),
        Section("bucket", (*_BUCKET, *_KEYS), bucket_results),
        Section("lifecycle", (*_BUCKET, *_KEYS), lifecycle_results),
        Section("policy", (*_BUCKET, *_KEYS), bucket_policy_results),
        Section("cors", (*_BUCKET, "CORS_ORIGINS"), cors_results),
        Section(
            "edge",
            (*_BUCKET, *_KEYS, "CLOUDFRONT_DOMAIN"),
            lambda deployment: edge_results(deployment, writes=writes),
        ),
        Section("redis", ("REDIS_URL",), redis_results),
        Section("queue", ("AWS_REGION", "EVENTS_QUEUE_URL", *_KEYS), queue_results),
        Section("webhook", ("WEBHOOK_URL",), webhook_results),
        Section("gateway", ("PUBLIC_BASE_URL",), gateway_results),
        Section("clock", (), clock_results),
        Section("manual", (), lambda deployment: manual_results(deployment.settings)),
    )


def run_checks(read: Environment, deployment: Deployment, *, writes: bool) -> Iterator[Result]:
    """The results of every section, as they are found."""
    for section in sections(writes=writes):
        broken = [name for name in section.needs if name in read.unusable]
        check = Check(section.name, f"{section.name}, all of it", "", "Fix the environment first.")
        if broken:
            yield check.unknown(f"not looked at: {', '.join(broken)}")
            continue
        try:
            for result in section.results(deployment):
                yield _named(result, deployment)
        except Exception as error:  # the other sections still have something to say
            yield check.unknown(
                f"the check itself failed: {type(error).__name__}",
                "That is a bug in this command; please report it.",
            )


def _named(result: Result, deployment: Deployment) -> Result:
    """The result with its fix for this bucket and region, so that it can be copied."""
    settings = deployment.settings
    names = {"{bucket}": settings.s3_bucket_name, "{region}": settings.aws_region}
    fix = result.fix
    for placeholder, name in names.items():
        fix = fix.replace(placeholder, name)
    return replace(result, fix=fix)
