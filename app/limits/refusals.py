"""What a user is told whose bytes are not held."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import prometheus_client

from app.domain.documents import rfc3339
from app.domain.errors import Problem, QuotaExceeded, StorageUnavailable, TooManyUploads
from app.limits.ledger import MAX_HOLDS, Outcome, Verdict

QUOTA_REFUSALS = prometheus_client.Counter(
    "gateway_quota_refusals", "Requests refused for their user's quota"
)


def refusal(verdict: Verdict, quota: int) -> Problem | None:
    """Why nothing is held, None if it is."""
    if verdict.outcome is Outcome.HELD:
        return None
    if verdict.outcome is Outcome.UNCOUNTED:
        return StorageUnavailable("What you have stored could not be counted; try again")
    if verdict.outcome is Outcome.CROWDED:
        seconds = max(1, int((verdict.frees_at or 0) - time.time()) + 1)
        detail = f"At most {MAX_HOLDS:,} uploads at a time; some end in {seconds} s"
        return TooManyUploads(detail, retry_after_seconds=seconds)
    return exceeded(verdict.left, quota, verdict.frees_at)


def exceeded(left: int, quota: int, frees_at: float | None = None) -> QuotaExceeded:
    """``frees_at``: when enough comes free by itself, if it does."""
    QUOTA_REFUSALS.inc()
    extensions = {}
    if frees_at is not None:
        # A second later, as no fraction of one is written.
        extensions["frees_at"] = rfc3339(
            datetime.fromtimestamp(frees_at, UTC) + timedelta(seconds=1)
        )
    return QuotaExceeded(f"{max(0, left)} of {quota} bytes are left", extensions=extensions)
