"""Two dated tables of prices, in US dollars, for us-east-1, and CloudFront's flat-rate plans.

None of these was fetched: they are list prices, written down by hand. ``flask costs`` prints both
tables with their dates, and where they differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Prices:
    """What a unit costs, and how much of it is free each month.

    ``label`` and ``as_of`` say whose and of when; gigabytes are decimal.
    """

    label: str
    as_of: str
    cognito_mau: float
    cognito_free_mau: float
    s3_gb_month: float
    s3_put_per_1000: float
    s3_get_per_1000: float
    s3_transfer_gb: float
    s3_free_transfer_gb: float
    cloudfront_gb: float
    cloudfront_free_gb: float
    cloudfront_per_10000: float
    cloudfront_free_requests: float


#: The mission's own table: one price a unit, Cognito's old free tier, nothing free elsewhere.
PLANNED = Prices(
    label="mission",
    as_of="the plan's table: list prices before 2024-11",
    cognito_mau=0.0055,
    cognito_free_mau=50_000,
    s3_gb_month=0.023,
    s3_put_per_1000=0.005,
    s3_get_per_1000=0.0004,
    s3_transfer_gb=0.09,
    s3_free_transfer_gb=0,
    cloudfront_gb=0.085,
    cloudfront_free_gb=0,
    cloudfront_per_10000=0.0075,
    cloudfront_free_requests=0,
)

TODAY = Prices(
    label="today",
    as_of="known in 2026-11, not fetched",
    cognito_mau=0.015,
    cognito_free_mau=10_000,
    s3_gb_month=0.023,
    s3_put_per_1000=0.005,
    s3_get_per_1000=0.0004,
    s3_transfer_gb=0.09,
    s3_free_transfer_gb=100,
    cloudfront_gb=0.085,
    cloudfront_free_gb=1000,
    cloudfront_per_10000=0.01,
    cloudfront_free_requests=10_000_000,
)

NOTES: Mapping[str, str] = MappingProxyType(
    {
        "cognito_mau": "pools made since November 2024 are on the Essentials tier; Lite, with "
        "$0.0055 after 10,000, can still be chosen",
        "cognito_free_mau": "accounts that had a pool before keep 50,000 free on Lite",
        "s3_free_transfer_gb": "100 GB a month out to the internet, over all services",
        "cloudfront_free_gb": "1 TB a month out to the internet, always free",
        "cloudfront_per_10000": "$0.0075 is the price of plain HTTP; HTTPS costs $0.01",
        "cloudfront_free_requests": "10 million requests a month, always free",
    }
)


@dataclass(frozen=True, slots=True)
class FlatPlan:
    """A plan of CloudFront's without overage: dollars a month, what it is meant for."""

    name: str
    dollars: float
    requests: float
    traffic_gb: float


#: https://aws.amazon.com/cloudfront/pricing/ (flat-rate plans, since November 2025)
FLAT_PLANS = (
    FlatPlan("Free", 0, 1_000_000, 100),
    FlatPlan("Pro", 15, 10_000_000, 50_000),
    FlatPlan("Business", 200, 125_000_000, 50_000),
    FlatPlan("Premium", 1_000, 500_000_000, 50_000),
)


def differences() -> list[tuple[str, float, float, str]]:
    """Name, the mission's price, today's, and why; for what is not the same."""
    return [
        (item.name, getattr(PLANNED, item.name), getattr(TODAY, item.name), NOTES[item.name])
        for item in fields(Prices)
        if item.name in NOTES
    ]
