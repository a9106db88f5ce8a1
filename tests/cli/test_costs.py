"""`flask costs`: the arithmetic by hand, the ranges, and what a reader sees."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from app.cli.costs import costs
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
from app.cli.prices import FLAT_PLANS, NOTES, PLANNED, TODAY, Prices
from config import Settings

NOTHING = Usage(users=0, storage_gb=0, uploads=0, upload_mb=0, views=0, traffic_gb=0)
TABLES = pytest.mark.parametrize("prices", [PLANNED, TODAY], ids=lambda each: each.label)


def test_a_month_reckoned_by_hand() -> None:
    """60,000 users, 1 TB, 10,000 uploads of 15 MB, a million views, 2 TB out."""
    usage = Usage(
        users=60_000,
        storage_gb=1000,
        uploads=10_000,
        upload_mb=15,
        views=1_000_000,
        traffic_gb=2000,
    )
    # 10,000 billed x 0.0055; 23 + 10 x 0.005 + 1,020 x 0.0004; 2,000 x 0.085 + 100 x 0.0075
    assert estimate(usage, PLANNED).as_dict() == {
        "cognito": 55.0,
        "s3": 23.46,
        "cloudfront": 170.75,
        "total": 249.21,
    }
    # 50,000 x 0.015; the same; 1,000 x 0.085, and the requests are free
    assert estimate(usage, TODAY).as_dict() == {
        "cognito": 750.0,
        "s3": 23.46,
        "cloudfront": 85.0,
        "total": 858.46,
    }


@TABLES
def test_nothing_costs_nothing(prices: Prices) -> None:
    """No base fee is invented."""
    assert estimate(NOTHING, prices).total == 0


def test_very_large_uploads_have_larger_parts() -> None:
    """As the gateway cuts them: 50 GB are a thousand parts and not six thousand."""
    assert put_requests(replace(NOTHING, uploads=1, upload_mb=50_000)) <= 1000 + 2


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "-1", "1e13", "many", ""])
@pytest.mark.parametrize("option", ["--users", "--upload-mb", "--traffic-gb"])
def test_what_is_no_amount_is_refused(option: str, text: str) -> None:
    """With a usage message, and no traceback."""
    done = CliRunner().invoke(costs, [option, text])
    assert done.exit_code == 2, done.output
    assert option in done.output


AMOUNT = st.floats(0, 1e12)


@given(amounts=st.lists(AMOUNT, min_size=6, max_size=6), edge=st.booleans())
def test_any_amounts_have_a_price(amounts: list[float], edge: bool) -> None:
    """From nothing to a trillion: numbers that JSON has, at no less than nothing."""
    names = ("--users", "--storage-gb", "--uploads", "--upload-mb", "--views", "--traffic-gb")
    given = [part for pair in zip(names, map(str, amounts), strict=True) for part in pair]
    done = CliRunner().invoke(costs, [*given, "--json", "--edge" if edge else "--no-edge"])
    assert done.exit_code == 0, done.output
    for prices in json.loads(done.stdout, parse_constant=pytest.fail)["estimate"].values():
        assert all(dollars >= 0 for dollars in prices.values())
    assert CliRunner().invoke(costs, given).exit_code == 0


def test_large_uploads_are_billed_by_part() -> None:
    """One request a part, one to begin and one to end; one in all up to the threshold."""
    defaults = {item.name: item.metadata["default"] for item in fields(Settings)}
    parts = -(-100_000_000 // defaults["part_size_bytes"])
    assert put_requests(replace(NOTHING, uploads=10, upload_mb=100)) == 10 * (parts + 2)
    whole = defaults["multipart_threshold_bytes"] / 1_000_000
    assert put_requests(replace(NOTHING, uploads=10, upload_mb=whole)) == 10
    assert get_requests(replace(NOTHING, uploads=10, views=5)) == 25


def test_without_the_edge_s3_sends_the_bytes() -> None:
    """Traffic is paid for once: at CloudFront's price, or at S3's beyond its free 100 GB."""
    usage = replace(NOTHING, traffic_gb=300, through_edge=False)
    assert estimate(usage, PLANNED).as_dict()["s3"] == 27.0
    assert estimate(usage, TODAY).as_dict()["s3"] == 18.0
    assert estimate(usage, TODAY).cloudfront == 0


@TABLES
def test_each_end_of_a_range_is_a_use_that_costs_it(prices: Prices) -> None:
    """What is printed for an end, put in again, costs that end."""
    fields = {"cognito": "users", "s3": "storage_gb", "cloudfront": "traffic_gb"}
    ends = range_ends(prices)
    assert [(end.part, end.dollars) for end in ends] == [
        (part, dollars) for part, both in RANGES.items() for dollars in both
    ]
    for end in ends:
        usage = replace(NOTHING, **{fields[end.part]: end.amount})
        assert getattr(estimate(usage, prices), end.part) == pytest.approx(end.dollars)


def test_the_parts_add_up_to_the_total() -> None:
    """$0 + 10 + 5 to $50 + 100 + 50 is the plan's $15 to 200."""
    assert sums_of_ranges() == TOTAL_RANGE


amounts = st.floats(0, 1e6)


@TABLES
@given(users=amounts, storage=amounts, views=amounts, traffic=amounts, edge=st.booleans())
def test_more_never_costs_less(
    prices: Prices, users: float, storage: float, views: float, traffic: float, edge: bool
) -> None:
    """Doubling any amount never lowers the sum, and no part is below nothing."""
    usage = Usage(
        users=users,
        storage_gb=storage,
        uploads=1,
        upload_mb=1,
        views=views,
        traffic_gb=traffic,
        through_edge=edge,
    )
    base = estimate(usage, prices)
    assert min(base.cognito, base.s3, base.cloudfront) >= 0
    for name in ("users", "storage_gb", "views", "traffic_gb"):
        more = replace(usage, **{name: 2 * getattr(usage, name)})
        assert estimate(more, prices).total >= base.total


def test_every_difference_is_explained() -> None:
    """Where the two tables differ there is a note, and no note without a difference."""
    names = {name for name in Prices.__dataclass_fields__ if name not in ("label", "as_of")}
    different = {name for name in names if getattr(PLANNED, name) != getattr(TODAY, name)}
    assert different == set(NOTES)


def run(*options: str) -> Any:
    done = CliRunner().invoke(costs, options)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_machine_reads_it() -> None:
    """Everything that the table says is in the JSON."""
    document = json.loads(run("--json", "--users", "60000", "--storage-gb", "0"))
    assert document["estimate"]["today"]["cognito"] == 750.0
    assert document["prices"]["mission"]["as_of"]
    assert document["total_range"]["sum_of_parts"] == [15, 200]


def test_a_person_reads_it() -> None:
    """Both tables with their dates, the differences, and the ranges; no line too wide to read."""
    output = run()
    for text in ("mission", "today", "not fetched", "cognito_mau", "up to 50,000", "$15 to 200"):
        assert text in output
    assert "435 to 4,348 GB stored" in output
    assert "10,000,000" in output
    assert "e+" not in output


@pytest.mark.parametrize(("profile", "end"), [("starting", 0), ("grown", 1)])
def test_the_missions_ranges_are_two_months_of_use(profile: str, end: int) -> None:
    """At the mission's prices each part costs what its range begins or ends with."""
    found = estimate(PROFILES[profile], PLANNED).as_dict()
    for part, dollars in {**RANGES, "total": TOTAL_RANGE}.items():
        assert found[part] == pytest.approx(dollars[end], rel=0.02, abs=0.02), part


def test_the_missions_table_is_printed() -> None:
    """Every price and range of it, as it has them."""
    output = run("--mission")
    for text in (
        *("50,000 monthly active users", "$0.0055", "$0.023 a GB-month", "$0.005 per 1,000"),
        *("$0.0004 per 1,000", "$0.09 a GB", "$0.085 a GB", "$0.0075 per 10,000"),
        *("$0 to 50", "$10 to 100", "$5 to 50", "$15 to 200", "starting:", "grown:"),
    ):
        assert text in output
    document = json.loads(run("--mission", "--json"))
    assert document["ranges"]["total"] == [15, 200]
    assert document["profiles"]["grown"]["usage"]["users"] == 59_000


def test_the_cheapest_plan_that_fits_is_named() -> None:
    """By requests and by traffic; beyond the largest there is none."""
    usage = replace(NOTHING, views=1, traffic_gb=101)
    assert (flat_plan(usage) or FLAT_PLANS[0]).name == "Pro"
    assert flat_plan(replace(NOTHING, views=1e9)) is None
    assert "flat-rate plan Pro, $15 a month" in run()
    assert "none is meant for this much" in run("--views", "1000000000")


def test_amounts_below_nothing_are_refused() -> None:
    """A negative amount is a usage error, not a rebate."""
    assert CliRunner().invoke(costs, ["--users", "-1"]).exit_code == 2
