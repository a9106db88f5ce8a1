"""What ``--fix`` may change: settings of the bucket, where nothing can be lost by it.

Rules of others stay: a CORS or lifecycle rule of ours is put beside them, in place of an older one
of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from app.cli.doctor.bucket import BLOCKS, PUBLIC_ACCESS
from app.cli.doctor.cors import ALLOWED, EXPOSE, ORIGINS, RULE_ID, rule_for
from app.cli.doctor.deployment import Deployment
from app.cli.doctor.lifecycle import LIFECYCLE, TEMPORARY, lifecycle_rules, without_rule
from app.cli.doctor.responses import AwsError
from app.cli.doctor.results import Result, Status
from app.domain.expiry import TAG
from app.domain.grammar import USERS

_DAYS = 7


@dataclass(frozen=True, slots=True)
class Fix:
    """One change: what it does in words, and the doing. ``apply`` raises ``AwsError``."""

    what: str
    apply: Callable[[Deployment], None]


def fixes_for(results: Iterable[Result]) -> list[Fix]:
    """The changes that fix these results, each once."""
    faulty = {result.id for result in results if result.status is Status.FAULT}
    offered = [
        ({ORIGINS.id, ALLOWED.id, EXPOSE.id}, Fix("put the CORS rule of the gateway", _cors)),
        ({LIFECYCLE.id}, Fix(f"remove unfinished uploads after {_DAYS} days", _lifecycle)),
        ({TEMPORARY.id}, Fix("remove temporary files after the days of EXPIRY_DAYS", _temporary)),
        ({PUBLIC_ACCESS.id}, Fix("block all public access", _public_access)),
    ]
    return [fix for fixed, fix in offered if fixed & faulty]


def _cors(deployment: Deployment) -> None:
    bucket, ours = deployment.settings.s3_bucket_name, rule_for(deployment.settings.cors_origins)
    try:
        rules = list(deployment.call("s3", "get_bucket_cors", Bucket=bucket)["CORSRules"])
    except AwsError as error:
        if error.code != "NoSuchCORSConfiguration":
            raise
        rules = []
    # The first rule that fits a request answers it, so ours must come first.
    kept = [rule for rule in rules if rule.get("ID") != RULE_ID]
    deployment.call(
        "s3", "put_bucket_cors", Bucket=bucket, CORSConfiguration={"CORSRules": [ours, *kept]}
    )


def _lifecycle(deployment: Deployment) -> None:
    ours = {
        "ID": RULE_ID,
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": _DAYS},
    }
    _put_rules(deployment, [ours])


def _temporary(deployment: Deployment) -> None:
    lacking = without_rule(deployment.settings.expiry_days, lifecycle_rules(deployment))
    _put_rules(
        deployment,
        [
            {
                "ID": f"{RULE_ID}-{days}",
                "Status": "Enabled",
                "Filter": {
                    "And": {"Prefix": USERS, "Tags": [{"Key": TAG, "Value": str(days)}]},
                },
                "Expiration": {"Days": days},
            }
            for days in lacking
        ],
    )


def _put_rules(deployment: Deployment, ours: list[dict[str, Any]]) -> None:
    """Put rules beside those of others, in place of older ones of ours."""
    names = {rule["ID"] for rule in ours}
    kept = [rule for rule in lifecycle_rules(deployment) if rule.get("ID") not in names]
    deployment.call(
        "s3",
        "put_bucket_lifecycle_configuration",
        Bucket=deployment.settings.s3_bucket_name,
        LifecycleConfiguration={"Rules": [*kept, *ours]},
    )


def _public_access(deployment: Deployment) -> None:
    deployment.call(
        "s3",
        "put_public_access_block",
        Bucket=deployment.settings.s3_bucket_name,
        PublicAccessBlockConfiguration=dict.fromkeys(BLOCKS, True),
    )
