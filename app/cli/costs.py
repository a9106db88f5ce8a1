"""``flask costs``: what a month will cost, at two tables of prices."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

import click

from app.cli.estimate import (
    PROFILES,
    RANGES,
    TOTAL_RANGE,
    Usage,
    estimate,
    flat_plan,
    get_requests,
    put_requests,
    range_ends,
    sums_of_ranges,
)
from app.cli.prices import PLANNED, TODAY, Prices, differences

_TABLES = (PLANNED, TODAY)


class _Amount(click.FloatRange):
    """A number that can be reckoned with: ``nan`` is in every range."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        amount: float = super().convert(value, param, ctx)
        if math.isnan(amount):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return amount


_AMOUNT = _Amount(0, 1e12)
_WIDTH = 14


@click.command("costs")
@click.option("--users", default=1000, show_default=True, type=_AMOUNT, help="Active in a month.")
@click.option("--storage-gb", default=500, show_default=True, type=_AMOUNT, help="Kept on average.")
@click.option("--uploads", default=10_000, show_default=True, type=_AMOUNT, help="A month.")
@click.option("--upload-mb", default=20, show_default=True, type=_AMOUNT, help="Mean size.")
@click.option("--views", default=200_000, show_default=True, type=_AMOUNT, help="Requests a month.")
@click.option("--traffic-gb", default=300, show_default=True, type=_AMOUNT, help="To viewers.")
@click.option("--edge/--no-edge", default=True, help="Through CloudFront, or from S3 directly.")
@click.option("--mission", is_flag=True, help="The plan's own table, and who it is meant for.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def costs(as_json: bool, mission: bool, edge: bool, **amounts: float) -> None:
    """Estimate a month: Cognito, S3, CloudFront. Looks nothing up, needs no settings.

    The gateway's own hosting, logs, alarms, mail, taxes and Redis are not in it.
    """
    if mission:
        click.echo(json.dumps(mission_document(), indent=2) if as_json else mission_table())
        return
    usage = Usage(through_edge=edge, **amounts)
    click.echo(json.dumps(document(usage), indent=2) if as_json else table(usage))


def document(usage: Usage) -> dict[str, Any]:
    """Usage, prices, estimates, and what the plan's ranges stand for."""
    low, high = sums_of_ranges()
    return {
        "usage": asdict(usage),
        "requests": {"put": put_requests(usage), "get": get_requests(usage)},
        "prices": {prices.label: asdict(prices) for prices in _TABLES},
        "estimate": {each.label: estimate(usage, each).as_dict() for each in _TABLES},
        "differences": [
            {"price": name, PLANNED.label: before, TODAY.label: now, "why": why}
            for name, before, now, why in differences()
        ],
        "ranges": {prices.label: [asdict(end) for end in range_ends(prices)] for prices in _TABLES},
        "total_range": {"planned": TOTAL_RANGE, "sum_of_parts": (low, high)},
        "flat_rate_plan": asdict(plan) if (plan := flat_plan(usage)) else None,
    }


def mission_document() -> dict[str, Any]:
    """The plan's prices and ranges, and the two months that its ranges stand for."""
    return {
        "prices": asdict(PLANNED),
        "ranges": {**RANGES, "total": TOTAL_RANGE},
        "profiles": {
            name: {
                "usage": asdict(usage),
                "estimate": {each.label: estimate(usage, each).as_dict() for each in _TABLES},
            }
            for name, usage in PROFILES.items()
        },
    }


def mission_table() -> str:
    """The same for a person, in the plan's order."""
    prices = PLANNED
    lines = [
        "AWS Cognito",
        f"  free                     {prices.cognito_free_mau:,.0f} monthly active users",
        f"  each after them          ${prices.cognito_mau}",
        _estimated("cognito"),
        "AWS S3",
        f"  storage                  ${prices.s3_gb_month} a GB-month",
        f"  PUT requests             ${prices.s3_put_per_1000} per 1,000",
        f"  GET requests             ${prices.s3_get_per_1000} per 1,000",
        f"  data out                 ${prices.s3_transfer_gb} a GB",
        _estimated("s3"),
        "CloudFront",
        f"  data out                 ${prices.cloudfront_gb} a GB",
        f"  HTTPS requests           ${prices.cloudfront_per_10000} per 10,000",
        _estimated("cloudfront"),
        f"total                      ${TOTAL_RANGE[0]} to {TOTAL_RANGE[1]} a month",
    ]
    for name, usage in PROFILES.items():
        lines += [
            "",
            f"{name}: {usage.users:,.0f} users, {usage.storage_gb:,.0f} GB stored, "
            f"{usage.uploads:,.0f} uploads of {usage.upload_mb:,.0f} MB, {usage.views:,.0f} views, "
            f"{usage.traffic_gb:,.0f} GB to viewers",
            _line("  dollars a month", *(each.label for each in _TABLES)),
        ]
        found = [estimate(usage, each).as_dict() for each in _TABLES]
        lines += [
            _line(f"  {part}", *(f"{each[part]:,.2f}" for each in found)) for part in found[0]
        ]
    return "\n".join(lines)


def _estimated(part: str) -> str:
    low, high = RANGES[part]
    return f"  estimated                ${low} to {high} a month"


def table(usage: Usage) -> str:
    """The same for a person."""
    lines = [_line("dollars a month", *(each.label for each in _TABLES))]
    found = [estimate(usage, each).as_dict() for each in _TABLES]
    lines += [_line(name, *(f"{each[name]:,.2f}" for each in found)) for name in found[0]]
    lines += ["", *(f"{each.label}: {each.as_of}" for each in _TABLES), "", "where they differ"]
    for name, before, now, why in differences():
        lines.append(_line(f"  {name}", f"{before:,.9g}", f"{now:,.9g}") + f"  {why}")
    for prices in _TABLES:
        lines += ["", f"what the plan's ranges stand for, at {prices.label} prices"]
        lines += _ranges(prices)
    low, high = sums_of_ranges()
    lines += [
        "",
        f"The parts add up to ${low:,.0f} to {high:,.0f}; the plan says ${TOTAL_RANGE[0]} to "
        f"{TOTAL_RANGE[1]}. Who that is: --mission.",
        "",
        _flat(usage),
    ]
    return "\n".join(lines)


def _flat(usage: Usage) -> str:
    plan = flat_plan(usage)
    if plan is None:
        return "CloudFront's flat-rate plans: none is meant for this much."
    return (
        f"CloudFront's flat-rate plan {plan.name}, ${plan.dollars:,.0f} a month, is meant for "
        f"this much ({plan.requests:,.0f} requests, {plan.traffic_gb:,.0f} GB)."
    )


def _ranges(prices: Prices) -> list[str]:
    ends = {(end.part, end.dollars): end for end in range_ends(prices)}
    lines = []
    for part, (low, high) in RANGES.items():
        lower, upper = ends[part, low], ends[part, high]
        at_most = "up to " if low == 0 else ""
        lines.append(
            f"  {part:<11} ${low} to {high}: {at_most}{lower.amount:,.0f} to "
            f"{upper.amount:,.0f} {upper.unit}"
        )
    return lines


def _line(name: str, *cells: str) -> str:
    return f"{name:<26}" + "".join(f"{cell:>{_WIDTH}}" for cell in cells)
