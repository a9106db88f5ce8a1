"""All checks in their order, each only where what it needs is set well."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from app.cli.doctor.bucket import bucket_rows
from app.cli.doctor.cors import cors_rows
from app.cli.doctor.edge import edge_rows
from app.cli.doctor.environment import Environment
from app.cli.doctor.identity import clock_rows, identity_rows
from app.cli.doctor.integrations import gateway_rows, queue_rows, redis_rows, webhook_rows
from app.cli.doctor.manual import person_rows
from app.cli.doctor.rows import Item, Row
from app.cli.doctor.site import Site
from app.cli.doctor.storage import storage_rows

_POOL = ("AWS_REGION", "COGNITO_USER_POOL_ID", "COGNITO_CLIENT_ID", "COGNITO_ISSUER")
_BUCKET = ("S3_BUCKET_NAME", "S3_REGION", "AWS_REGION", "S3_ENDPOINT", "S3_PUBLIC_ENDPOINT")
_KEYS = ("S3_ACCESS_KEY_ID",)


@dataclass(frozen=True, slots=True)
class Check:
    """Some rows, and the settings without which there is nothing to look at."""

    name: str
    needs: tuple[str, ...]
    rows: Callable[[Site], Iterable[Row]]


def checks(*, writes: bool) -> tuple[Check, ...]:
    """Every check; without ``writes`` none leaves a trace, not even for a moment."""
    return (
        Check("identity", (*_POOL, "COGNITO_JWKS_URL"), identity_rows),
        Check("storage", (*_BUCKET, *_KEYS), lambda site: storage_rows(site, writes=writes)),
        Check("bucket", (*_BUCKET, *_KEYS), bucket_rows),
        Check("cors", (*_BUCKET, "CORS_ORIGINS"), cors_rows),
        Check(
            "edge",
            (*_BUCKET, *_KEYS, "CLOUDFRONT_DOMAIN"),
            lambda site: edge_rows(site, writes=writes),
        ),
        Check("redis", ("REDIS_URL",), redis_rows),
        Check("queue", ("AWS_REGION", "EVENTS_QUEUE_URL", *_KEYS), queue_rows),
        Check("webhook", ("WEBHOOK_URL",), webhook_rows),
        Check("gateway", ("PUBLIC_BASE_URL",), gateway_rows),
        Check("clock", (), clock_rows),
        Check("person", (), lambda site: person_rows(site.settings)),
    )


def examine(read: Environment, site: Site, *, writes: bool) -> Iterator[Row]:
    """The rows of every check, as they are found."""
    for check in checks(writes=writes):
        broken = [name for name in check.needs if name in read.unusable]
        item = Item(check.name, f"{check.name}, all of it", "", "Mend the environment first.")
        if broken:
            yield item.unknown(f"not looked at: {', '.join(broken)}")
            continue
        try:
            yield from check.rows(site)
        except Exception as error:  # whatever one check met, the others still have something to say
            yield item.unknown(
                f"the check itself failed: {type(error).__name__}",
                "That is a fault of this command; please report it.",
            )
