"""What a month costs, by what users do; and how much use an amount of money stands for."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from app.cli.prices import FLAT_PLANS, FlatPlan, Prices
from app.domain.limits import MAX_OBJECT_BYTES
from app.domain.parts import PartPlan
from config import Settings

_DEFAULTS = {item.name: item.metadata["default"] for item in fields(Settings)}
_PART_BYTES: int = _DEFAULTS["part_size_bytes"]
_MULTIPART_FROM: int = _DEFAULTS["multipart_threshold_bytes"]
_MB = 1_000_000
#: Dollars a month for each part, as the plan has them.
RANGES = {"cognito": (0, 50), "s3": (10, 100), "cloudfront": (5, 50)}
TOTAL_RANGE = (15, 200)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """A month. ``traffic_gb`` is what goes out to viewers; decimal gigabytes and megabytes."""

    users: float
    storage_gb: float
    uploads: float
    upload_mb: float
    views: float
    traffic_gb: float
    through_edge: bool = True


#: Two months that cost what the plan's ranges begin and end with, at the plan's prices.
PROFILES = {
    "starting": Usage(
        users=5_000,
        storage_gb=430,
        uploads=10_000,
        upload_mb=15,
        views=100_000,
        traffic_gb=58,
    ),
    "grown": Usage(
        users=59_000,
        storage_gb=4_300,
        uploads=100_000,
        upload_mb=15,
        views=1_000_000,
        traffic_gb=578,
    ),
}


@dataclass(frozen=True, slots=True)
class Estimate:
    """Dollars a month."""

    cognito: float
    s3: float
    cloudfront: float

    @property
    def total(self) -> float:
        return self.cognito + self.s3 + self.cloudfront

    def as_dict(self) -> dict[str, float]:
        """Rounded to cents, each by itself."""
        parts = {"cognito": self.cognito, "s3": self.s3, "cloudfront": self.cloudfront}
        return {
            name: round(dollars, 2) for name, dollars in (*parts.items(), ("total", self.total))
        }


def put_requests(usage: Usage) -> float:
    """What S3 bills as PUTs: one an upload; begin, parts and end of one in parts."""
    size = math.ceil(min(usage.upload_mb * _MB, MAX_OBJECT_BYTES))
    each = 1 if size <= _MULTIPART_FROM else PartPlan.of(size, _PART_BYTES).count + 2
    return usage.uploads * each


def get_requests(usage: Usage) -> float:
    """What S3 bills as GETs: completion's two looks an upload, and every view that reaches it.

    Through the edge each view counts as well: how much its caches keep is not known beforehand.
    """
    return usage.uploads * 2 + usage.views


def estimate(usage: Usage, prices: Prices) -> Estimate:
    """The month at these prices."""
    billed = max(0.0, usage.users - prices.cognito_free_mau)
    storage = usage.storage_gb * prices.s3_gb_month
    requests = (
        put_requests(usage) * prices.s3_put_per_1000 + get_requests(usage) * prices.s3_get_per_1000
    ) / 1000
    direct = edge = 0.0
    if usage.through_edge:
        beyond = max(0.0, usage.traffic_gb - prices.cloudfront_free_gb)
        asked = max(0.0, usage.views - prices.cloudfront_free_requests)
        edge = beyond * prices.cloudfront_gb + asked * prices.cloudfront_per_10000 / 10_000
    else:
        direct = max(0.0, usage.traffic_gb - prices.s3_free_transfer_gb) * prices.s3_transfer_gb
    return Estimate(billed * prices.cognito_mau, storage + requests + direct, edge)


def flat_plan(usage: Usage) -> FlatPlan | None:
    """The cheapest flat-rate plan that is meant for this much; None beyond the largest."""
    fitting = (
        plan
        for plan in FLAT_PLANS
        if usage.views <= plan.requests and usage.traffic_gb <= plan.traffic_gb
    )
    return next(fitting, None)


@dataclass(frozen=True, slots=True)
class End:
    """One end of a range, and the use that costs it."""

    part: str
    dollars: float
    amount: float
    unit: str


def range_ends(prices: Prices) -> list[End]:
    """For each end of ``RANGES`` the use that costs exactly that, everything else being nothing."""
    ends = []
    for part, dollars in ((part, each) for part, ends_ in RANGES.items() for each in ends_):
        if part == "cognito":
            # Nothing is owed for as many as are free.
            users = prices.cognito_free_mau + dollars / prices.cognito_mau
            ends.append(End(part, dollars, users, "monthly users"))
        elif part == "s3":
            ends.append(End(part, dollars, dollars / prices.s3_gb_month, "GB stored"))
        else:
            traffic = prices.cloudfront_free_gb + dollars / prices.cloudfront_gb
            ends.append(End(part, dollars, traffic, "GB to viewers"))
    return ends


def sums_of_ranges() -> tuple[float, float]:
    """The parts' lower and upper ends, added up."""
    low, high = zip(*RANGES.values(), strict=True)
    return sum(low), sum(high)
