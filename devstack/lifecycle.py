"""What S3 says of an object that a lifecycle rule removes; moto keeps the rules, and does not.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-configuration-examples.html
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from moto.s3.models import FakeKey, s3_backends


def expiration(bucket: Any, key: FakeKey) -> dict[str, str]:
    """The header that tells when the first of the bucket's rules removes ``key``; or none."""
    tags = s3_backends[key.account_id][key.partition].tagger.get_tag_dict_for_resource(key.arn)
    found = [
        (_midnight(key.last_modified + timedelta(days=int(rule.expiration_days))), rule.id)
        for rule in bucket.rules
        if rule.status == "Enabled" and rule.expiration_days and _concerns(rule, key.name, tags)
    ]
    if not found:
        return {}
    at, rule_id = min(found)
    when = format_datetime(at, usegmt=True)
    return {"x-amz-expiration": f'expiry-date="{when}", rule-id="{rule_id}"'}


def _concerns(rule: Any, name: str, tags: dict[str, str]) -> bool:
    chosen = rule.filter
    both = chosen and chosen.and_filter
    prefix = (both and both.prefix) or (chosen and chosen.prefix) or rule.prefix or ""
    wanted = dict(both.tags) if both else {}
    if chosen and chosen.tag_key:
        wanted[chosen.tag_key] = chosen.tag_value
    return name.startswith(prefix) and wanted.items() <= tags.items()


def _midnight(at: datetime) -> datetime:
    """The next one: S3 rounds up."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day if day == at else day + timedelta(days=1)
