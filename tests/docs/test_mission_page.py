"""docs/mission.md: numbers and names of the plan, as the code has them."""

from __future__ import annotations

import dataclasses
import re
from secrets import token_hex

import pytest

from app.cli.costs import mission_table
from app.cli.estimate import RANGES, TOTAL_RANGE
from app.cli.prices import PLANNED
from app.cli.stack_changes import Found
from app.cli.stack_environment import front_end_environment
from app.domain.kinds import LIBRARY_KINDS, PROJECT_KINDS
from app.services.signing import addresses
from config import Settings
from tests.docs.pages import DOCS
from tests.infra.templates import REQUIRED, Made, load

PAGE = (DOCS / "mission.md").read_text()
PARAMETERS = load("template.yaml")["Parameters"] | load("edge-alarms.yaml")["Parameters"]


@pytest.fixture(scope="module")
def made() -> Made:
    return Made("template.yaml", REQUIRED)


def test_settings_and_parameters_on_the_page_exist() -> None:
    """Each name in capitals is a setting, each in camel case a parameter of the templates."""
    settings = {item.name.upper() for item in dataclasses.fields(Settings)}
    named = set(re.findall(r"`([A-Z][A-Z0-9]*_[A-Z0-9_]+)", PAGE))
    public = {name for name in named if name.startswith("NEXT_PUBLIC_")}
    found = Found({}, {"UserPoolId": "x", "UserPoolClientId": "x"})
    assert public == set(front_end_environment(found, "x", "")) - {"NEXT_PUBLIC_API_URL"}
    assert named - public - settings == set()
    for name in re.findall(r"`(?:--set )?([A-Z][a-z]\w+)=", PAGE):
        assert name in PARAMETERS, name
    for name in ("ArchiveAfter90Days", "GatewayPrincipal", "CloudTrailDataEvents", "PriceClass"):
        assert f"`{name}`" in PAGE
        assert name in PARAMETERS


def test_prices_and_ranges_are_those_that_are_printed() -> None:
    """The plan's own, to the last digit."""
    prices = {
        f"${PLANNED.cognito_mau}",
        f"${PLANNED.s3_gb_month} a GB-month",
        f"${PLANNED.s3_put_per_1000} per 1,000 PUTs",
        f"${PLANNED.s3_get_per_1000} per 1,000 GETs",
        f"${PLANNED.s3_transfer_gb} a GB out",
        f"${PLANNED.cloudfront_gb} a GB",
        f"${PLANNED.cloudfront_per_10000} per 10,000 HTTPS requests",
        f"{PLANNED.cognito_free_mau:,} users free",
    }
    ranges = {f"${low} to {high} a month" for low, high in (*RANGES.values(), TOTAL_RANGE)}
    for text in prices | ranges:
        assert text in PAGE, text
    for text in ranges:
        assert text in mission_table()


def test_folders_are_the_plans() -> None:
    """Kinds of the library and of a project."""
    assert {str(kind) for kind in LIBRARY_KINDS} == {"audio", "image", "video", "brand_kit"}
    assert {str(kind) for kind in PROJECT_KINDS} == {"audio", "video", "frame", "image"}
    for kind in {*LIBRARY_KINDS, *PROJECT_KINDS}:
        assert f"{kind}`" in PAGE


def test_caches_alarms_and_lifetimes_are_those_of_the_template(made: Made) -> None:
    """24 hours and one, 100 GB, 50 failures, 100,000 requests, 3,000 seconds, 30 days."""
    media = made.properties("MediaCache")["CachePolicyConfig"]
    image = made.properties("ImageCache")["CachePolicyConfig"]
    [cors] = made.properties("Bucket")["CorsConfiguration"]["CorsRules"]
    numbers = [
        f"{media['DefaultTTL']:,} and {image['DefaultTTL']:,} seconds",
        f"{cors['MaxAge']:,} s |",
        f"bucket size over {PARAMETERS['BucketSizeAlarmGigabytes']['Default']} GB",
        f"over {PARAMETERS['RequestsPerHourAlarm']['Default']:,} an hour",
        f"over {PARAMETERS['SignInFailuresAlarm']['Default']} in 5 minutes",
        f"for {PARAMETERS['OldVersionDays']['Default']} days",
        f"from ${PARAMETERS['CostAnomalyDollars']['Default']} a day",
        f"budget of ${PARAMETERS['MonthlyBudgetDollars']['Default']} a month",
        f"`{PARAMETERS['PriceClass']['Default']}` by default",
        f"and `{PARAMETERS['UserPoolClientName']['Default']}`",
    ]
    for text in numbers:
        assert text in PAGE, text


def test_the_pool_and_the_bucket_are_as_planned(made: Made) -> None:
    """Password, sign-in, sign-up, MFA, client; versions, CORS, the archive after 90 days."""
    pool = made.properties("UserPool")
    rules = pool["Policies"]["PasswordPolicy"]
    assert rules["MinimumLength"] == 8
    assert all(rules[f"Require{each}"] for each in ("Uppercase", "Lowercase", "Numbers", "Symbols"))
    assert pool["UsernameAttributes"] == pool["AutoVerifiedAttributes"] == ["email"]
    assert pool["MfaConfiguration"] == "OPTIONAL"
    assert not pool.get("AdminCreateUserConfig", {}).get("AllowAdminCreateUserOnly")
    assert not made.properties("UserPoolClient").get("GenerateSecret")
    bucket = made.properties("Bucket")
    assert bucket["VersioningConfiguration"]["Status"] == "Enabled"
    [cors] = bucket["CorsConfiguration"]["CorsRules"]
    assert set(cors["AllowedMethods"]) == {"GET", "PUT", "POST", "DELETE", "HEAD"}
    assert cors["AllowedHeaders"] == ["*"]
    assert {"ETag", "x-amz-request-id"} < set(cors["ExposedHeaders"])
    for name in ("Location", "x-amz-version-id"):
        assert name in cors["ExposedHeaders"]
    archiving = Made("template.yaml", {**REQUIRED, "ArchiveAfter90Days": "true"})
    rules = archiving.properties("Bucket")["LifecycleConfiguration"]["Rules"]
    [moved] = [each for rule in rules for each in rule.get("Transitions", [])]
    assert moved == {"StorageClass": "GLACIER_IR", "TransitionInDays": 90}


def test_the_plans_own_environment_is_taken_as_it_stands() -> None:
    """Its names and its endpoint; a link is of the bucket's regional host."""
    settings = Settings.from_env(
        {
            "COGNITO_USER_POOL_ID": "us-east-1_xxxxxxxxx",
            "COGNITO_CLIENT_ID": "x" * 26,
            "AWS_REGION": "us-east-1",
            "S3_BUCKET_NAME": "vidverse-assets",
            "S3_REGION": "us-east-1",
            "S3_ACCESS_KEY_ID": "your-access-key-id",
            "S3_SECRET_ACCESS_KEY": "your-secret-access-key",
            "S3_ENDPOINT": "https://s3.amazonaws.com",
            "SECRET_KEY": token_hex(32),
        }
    )
    _, browsers = addresses(settings)
    assert browsers.origin == "https://vidverse-assets.s3.us-east-1.amazonaws.com"
    named = set(re.findall(r"`([A-Z][A-Z0-9]*_[A-Z0-9_]+)`", PAGE))
    assert {"S3_ENDPOINT", "S3_REGION", "AWS_REGION", "COGNITO_USER_POOL_ID"} <= named
