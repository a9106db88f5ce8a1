"""How much a user may ask for and store."""

from __future__ import annotations

from dataclasses import dataclass

from app import tracing
from app.assets.usage import UsageCounter
from app.limits.claims import Claims
from app.limits.opens import Opens
from app.limits.quota import Quota
from app.limits.rates import Rates
from app.limits.shared import Shared
from app.services.storage import Storage
from config import Settings


@dataclass(frozen=True, slots=True)
class Limits:
    """Rates of requests, bytes that are stored and held, who is at work on what, and how often
    shares were opened."""

    rates: Rates
    quota: Quota
    claims: Claims
    opens: Opens


def build_limits(settings: Settings, storage: Storage) -> Limits:
    shared = Shared(settings.redis_url)
    if shared.client and (traces := tracing.current()):
        traces.watch(shared.client, "run", lambda *_: "redis EVALSHA")
    quota = Quota(
        shared,
        UsageCounter(storage.listings).count,
        quota_bytes=settings.quota_bytes,
        by_group=settings.quota_bytes_by_group,
        url_seconds=settings.upload_url_ttl_seconds,
        part_url_seconds=settings.part_url_ttl_seconds,
        judged_later=bool(settings.events_queue_url),
    )
    rates = Rates.of(settings.rate_limit, settings.rate_limit_signing, shared)
    return Limits(rates, quota, Claims(shared), Opens(shared))
