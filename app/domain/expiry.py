"""Temporary files: S3 removes them by itself, by a lifecycle rule for the tag that they carry.

Rules know whole days, and each knows one number of them. Which ones the bucket has, ``EXPIRY_DAYS``
says. https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-filters.html
"""

from __future__ import annotations

from collections.abc import Collection

from app.domain.errors import ValidationFailed

#: The tag's name; its value is the number of days.
TAG = "expires-after-days"
DAY_SECONDS = 86_400


def expiry_days(expires_in: int | None, known: Collection[int]) -> int | None:
    """The rule by which a file is removed ``expires_in`` seconds after it came; None for none.

    Raises ``ValidationFailed`` when the bucket has no such rule: nothing is to stay for ever that
    was meant to go.
    """
    if expires_in is None:
        return None
    days, rest = divmod(expires_in, DAY_SECONDS)
    if rest or days not in known:
        seconds = ", ".join(str(each * DAY_SECONDS) for each in sorted(known))
        why = f"One of {seconds} seconds" if known else "This service keeps no temporary files"
        raise ValidationFailed.at("/expires_in", f"{why}; leave it out to keep the file.")
    return days


def expiry_header(days: int) -> dict[str, str]:
    """What S3 is to keep with the object, so that the rule finds it."""
    return {"x-amz-tagging": f"{TAG}={days}"}
