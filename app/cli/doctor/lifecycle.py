"""The bucket's lifecycle rules: what they must remove, and must not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.cli.doctor.bucket import bucket_setting
from app.cli.doctor.deployment import Deployment
from app.cli.doctor.responses import AwsError, not_permitted
from app.cli.doctor.results import Check, Result
from app.domain.expiry import TAG
from app.domain.grammar import USERS

#: What a link cannot read before it is restored. Instant Retrieval is none of them.
_OUT_OF_REACH = frozenset({"GLACIER", "DEEP_ARCHIVE"})
_CONSOLE = "Console: S3 > the bucket"

LIFECYCLE = Check(
    "bucket.lifecycle",
    "Unfinished uploads are removed",
    "You pay for the parts of abandoned uploads for ever, and no listing shows them.",
    f"`flask doctor --fix`, or {_CONSOLE} > Management > Lifecycle rules: delete incomplete "
    "multipart uploads after 7 days.",
)
KEPT = Check(
    "bucket.expiry",
    "Lifecycle rules do not remove users' assets",
    "They would delete assets, or move them to a class where links answer 403 InvalidObjectState.",
    f"{_CONSOLE} > Management > Lifecycle rules: take users/ out of the rule, or archive to "
    "Glacier Instant Retrieval.",
)
TEMPORARY = Check(
    "bucket.temporary",
    "Temporary files are removed",
    "What was uploaded to go by itself (`expires_in`) stays for ever, and is paid for.",
    "`flask doctor --fix`, `flask provision`, or take the days out of EXPIRY_DAYS. By hand: "
    f"{_CONSOLE} > Management > Lifecycle rules: for the tag {TAG} with the number of days as its "
    "value, expire current versions after that number.",
)


def lifecycle_results(deployment: Deployment) -> Iterator[Result]:
    """What rules remove, and what they must not."""
    try:
        rules = lifecycle_rules(deployment)
    except AwsError as error:
        yield not_permitted(LIFECYCLE, error)
        return
    yield LIFECYCLE.passes_if(aborts_unfinished(rules), "by a rule", "no rule removes them")
    losing = [found for rule in rules if (found := _loses(rule))]
    yield KEPT.passes_if(not losing, "yes", "; ".join(losing))
    if wanted := deployment.settings.expiry_days:
        lacking = without_rule(wanted, rules)
        told = f"no rule for {', '.join(map(str, lacking))} days"
        yield TEMPORARY.passes_if(not lacking, "by rules", told)


def lifecycle_rules(deployment: Deployment) -> list[dict[str, Any]]:
    """The bucket's lifecycle rules. Raises ``AwsError`` when they cannot be read."""
    found = bucket_setting(
        deployment, "get_bucket_lifecycle_configuration", absent="NoSuchLifecycleConfiguration"
    )
    return list(found.get("Rules", []))


def aborts_unfinished(rules: list[dict[str, Any]]) -> bool:
    """Whether a rule for the whole bucket, or for ``users/``, removes unfinished uploads."""
    return any(
        rule.get("Status") == "Enabled"
        and "AbortIncompleteMultipartUpload" in rule
        and USERS.startswith(_prefix(rule))
        for rule in rules
    )


def _loses(rule: Mapping[str, Any]) -> str:
    """What an enabled rule does to current assets below ``users/``; else empty."""
    prefix, chosen = _prefix(rule), rule.get("Filter", {})
    # The gateway tags nothing but temporary files.
    has_tags = "Tag" in chosen or chosen.get("And", {}).get("Tags")
    below = USERS.startswith(prefix) or prefix.startswith(USERS)
    if rule.get("Status") != "Enabled" or not below or has_tags:
        return ""
    name = rule.get("ID", "a rule")
    if {"Days", "Date"} & rule.get("Expiration", {}).keys():
        return f"{name} deletes them"
    classes = {each.get("StorageClass") for each in rule.get("Transitions", [])} & _OUT_OF_REACH
    return f"{name} moves them to {', '.join(sorted(classes))}" if classes else ""


def without_rule(wanted: Iterable[int], rules: list[dict[str, Any]]) -> list[int]:
    """Of these numbers of days, those after which no rule removes temporary files."""
    return [days for days in wanted if not any(_removes(rule, days) for rule in rules)]


def _removes(rule: Mapping[str, Any], days: int) -> bool:
    """Whether an enabled rule removes what is tagged for so many days, then."""
    chosen = rule.get("Filter", {})
    tags = [chosen["Tag"]] if "Tag" in chosen else chosen.get("And", {}).get("Tags", [])
    return (
        rule.get("Status") == "Enabled"
        and tags == [{"Key": TAG, "Value": str(days)}]
        and USERS.startswith(_prefix(rule))
        and rule.get("Expiration", {}).get("Days") == days
    )


def _prefix(rule: Mapping[str, Any]) -> str:
    chosen = rule.get("Filter", {})
    inner = chosen.get("And", {}).get("Prefix", "")
    return str(chosen.get("Prefix", rule.get("Prefix", "")) or inner)
